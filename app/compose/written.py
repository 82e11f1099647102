"""Answers written by a language model, sentence by sentence, each shown only when it has passed every check.

The model is given passages as data and writes lines (``app.compose.lines``). Of each line, the quote must stand in the passage it
names; the verifier must find that the quote supports the sentence; the guard must let it out. Nothing else of what the model writes
is ever shown. Where a quote stands and the sentence fails, the article's own sentence is shown in its place: the model has chosen well
and said it badly. Where the checks end: what is left out is not known.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from anyio import to_thread

from app.citation_url import citation_url
from app.compose.lines import LONGEST_LINE, LONGEST_SENTENCE, find_quote, parse
from app.compose.prompt import load_prompt, new_fence
from app.compose.sentences import dangles, quotable
from app.domain import Article, Citation, Passage, Span
from app.errors import UpstreamError
from app.text import plain

LEAST_SENTENCES = 2  # fewer are no answer
MOST_SENTENCES = 8
_THINKS, _THOUGHT = "<think>", "</think>"  # some models think aloud first
MOST_DROPPED = 16  # lines: a model that writes so much that can't be shown is stopped


class Chat(Protocol):
    """The language model; ``app.models.chat.Chat`` is the real one."""

    @property
    def name(self) -> str: ...
    @property
    def problem(self) -> str: ...
    def stream(self, system: str, user: str, *, seconds: float = ..., most_tokens: int | None = ...) -> AsyncGenerator[str]: ...


class Support(Protocol):
    """The verifier's finding; ``reason`` is a short code."""

    @property
    def ok(self) -> bool: ...
    @property
    def reason(self) -> str: ...


class Verifies(Protocol):
    """Says whether a quote supports a sentence; ``app.compose.verify.Verifier`` is the real one."""

    def check(self, sentence: str, quote: str) -> Support: ...


@dataclass(frozen=True, slots=True)
class Material:
    """What may be written from: the question as it was looked up, passages, best first, and the articles they stand in by slug."""

    question: str
    passages: tuple[Passage, ...]
    articles: Mapping[str, Article]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that has passed, and the quote it rests on. ``own``: the model's words; else the article's, in place of the model's."""

    text: str
    citation: Citation
    own: bool = True


class Writer:
    """Writes from passages with one model. Safe to share between requests."""

    def __init__(self, chat: Chat, verifier: Verifies, allows: Callable[[str, str], bool], most_passages: int = 6) -> None:
        self.chat = chat
        self._verifier = verifier
        self._allows = allows
        self._most_passages = most_passages
        self._prompt = load_prompt("write")

    @property
    def receipt(self) -> dict[str, str]:
        """What wrote: the model's name and the prompt's hash."""
        return {"composer": "written", "writer": self.chat.name, "prompt": self._prompt.digest}

    def draft(self, material: Material) -> Draft:
        """An answer to be written."""
        return Draft(self, material)

    def ask(self, material: Material, seconds: float) -> AsyncGenerator[str]:
        """The model's own words, in pieces."""
        fence = new_fence()
        passages = "\n\n".join(
            f"<passage {number} {fence}>\n{_given(passage)}\n</passage {number} {fence}>"
            for number, passage in enumerate(self.passages(material), start=1)
        )
        system, user = self._prompt.fill(fence=fence, passages=passages, question=plain(material.question))
        return self.chat.stream(system, user, seconds=seconds)

    def passages(self, material: Material) -> Sequence[Passage]:
        """The passages that the model is given, numbered from 1."""
        return material.passages[: self._most_passages]

    def fault(self, sentence: str, quote: str) -> str:
        """Why a sentence can't be shown with this quote, as a code; "" when it can."""
        if not self._allows(sentence, quote):
            return "guard"
        found = self._verifier.check(sentence, quote)
        return "" if found.ok else found.reason or "unsupported"

    def allows(self, words: str) -> bool:
        """Whether an article's own words may be shown."""
        return self._allows(words, words)


class Draft:
    """One answer under way. ``dropped`` counts, by reason, what was not shown."""

    def __init__(self, writer: Writer, material: Material) -> None:
        self._writer = writer
        self._material = material
        self._passages = writer.passages(material)
        self._seen: set[str] = set()
        self._numbers: dict[tuple[str, int, int], int] = {}
        self._last: Passage | None = None
        self.dropped: Counter[str] = Counter()

    async def sentences(self, seconds: float = math.inf) -> AsyncGenerator[Sentence]:
        """The sentences that pass, each as soon as it has; the first waits for the second, since one alone is no answer.

        Ends without any when fewer than two pass, or when none of them is the model's own: quotes mode chooses better. Raises
        ``UpstreamError`` when the model fails, maybe in the middle.
        """
        held: list[Sentence] = []
        shown = 0
        async with aclosing(_lines(self._writer.ask(self._material, seconds))) as lines:
            async for line in lines:
                held += await to_thread.run_sync(self.checked, line)
                if shown or (len(held) >= LEAST_SENTENCES and any(sentence.own for sentence in held)):
                    for sentence in held[: MOST_SENTENCES - shown]:
                        yield sentence
                    shown += len(held)
                    held = []
                if shown >= MOST_SENTENCES or self.dropped.total() >= MOST_DROPPED:
                    return

    def checked(self, line: str) -> list[Sentence]:
        """What of a line may be shown. Takes time: call it in a thread."""
        if not line.strip():
            return []
        parsed = parse(line)
        if isinstance(parsed, str):
            self.dropped[parsed] += 1
            return []
        return [sentence for said in parsed.said if (sentence := self._sentence(said, parsed.evidence)) is not None]

    def _sentence(self, said: str, evidence: Sequence[tuple[int, str]]) -> Sentence | None:
        if self._again(said):
            self.dropped["repeated"] += 1
            return None
        why, stands = "citation", None
        for number, words in (*evidence, (0, said)):  # last the sentence itself: it may stand in a passage beside the words copied
            found = find_quote(number, words, self._passages)
            article = self._material.articles.get(found[0].article) if found is not None else None
            if found is None or article is None:
                continue
            passage, span = found
            why = self._writer.fault(said, article.text[span.start : span.end]) or self._leans(said, passage)
            if not why:
                return self._taken(Sentence(said, self._cite(article, passage, span.start, span.end)), passage)
            stands = stands or (article, passage, span)
        self.dropped[why] += 1
        return self._instead(*stands) if stands is not None and why != "guard" else None

    def _instead(self, article: Article, passage: Passage, span: Span) -> Sentence | None:
        """The article's own words, where they can stand as a sentence of the answer."""
        words = plain(article.text[span.start : span.end])
        if len(words) > LONGEST_SENTENCE or not quotable(words) or self._leans(words, passage) or not self._writer.allows(words):
            return None
        if self._again(words):
            return None
        return self._taken(Sentence(words, self._cite(article, passage, span.start, span.end), own=False), passage)

    def _again(self, words: str) -> bool:
        """Whether this was said before, or tried; now it has been."""
        key = " ".join(words.lower().split())
        seen = key in self._seen
        self._seen.add(key)
        return seen

    def _leans(self, words: str, passage: Passage) -> str:
        """ "It takes ten weeks" belongs to what was said just before; after words of another passage it would be said of something else."""
        return "leans" if dangles(words) and passage is not self._last else ""

    def _taken(self, sentence: Sentence, passage: Passage) -> Sentence:
        self._last = passage
        return sentence

    def _cite(self, article: Article, passage: Passage, start: int, end: int) -> Citation:
        number = self._numbers.setdefault((article.slug, start, end), len(self._numbers) + 1)
        return Citation(
            n=number,
            article=article.slug,
            title=article.title,
            section=passage.section,
            quote=article.text[start:end],
            start=start,
            end=end,
            url=citation_url(article.slug, start, end),
            reviewed_on=article.reviewed_on,
            reviewed_by=article.reviewed_by,
        )


async def _lines(pieces: AsyncGenerator[str]) -> AsyncGenerator[str]:
    """Whole lines, as soon as they end; the last one when the model is done. Raises ``UpstreamError`` on a line without end."""
    rest = ""
    async with aclosing(_spoken(pieces)) as spoken:
        async for piece in spoken:
            *whole, rest = (rest + piece).split("\n")
            for line in whole:
                yield line
            if len(rest) > LONGEST_LINE:
                raise UpstreamError("The language model wrote a line without end.", code="garbled")
    yield rest


async def _spoken(pieces: AsyncGenerator[str]) -> AsyncGenerator[str]:
    """The pieces without what a model thinks aloud first."""
    head = ""
    async with aclosing(pieces):
        async for piece in pieces:
            head = (head + piece).lstrip()
            if len(head) >= len(_THINKS) or not _THINKS.startswith(head):
                break
        if head.startswith(_THINKS):
            while not (parts := head.partition(_THOUGHT))[1]:
                head = head[-len(_THOUGHT) :] + await anext(pieces, _THOUGHT)
            head = parts[2]
        if head:
            yield head
        async for piece in pieces:
            yield piece


def _given(passage: Passage) -> str:
    """A passage as the model sees it: its heading, then its text."""
    return f"({passage.title}: {passage.section})\n{passage.text}" if passage.section else f"({passage.title})\n{passage.text}"
