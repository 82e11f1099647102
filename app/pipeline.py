"""One request, one way: the only place that knows the order of the steps. Read it top to bottom."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Protocol, TypeVar

import numpy as np
from anyio import to_thread
from numpy.typing import NDArray

from app.compose.answer import Asked
from app.compose.fixed import intent_of
from app.compose.reply import Replies, paragraph
from app.compose.rewrite import Rewriter
from app.compose.texts import Texts, load_texts
from app.compose.written import Material, Sentence, Writer
from app.domain import Conversation, Event, Reply, Turn, Verdict
from app.errors import IndexUnavailable, UpstreamError
from app.guard.replies import Book
from app.guard.screen import Guard
from app.retrieve.followup import standalone
from app.retrieve.question import Question, understand
from app.session import Opened, Session
from app.settings import Settings

Vectors = NDArray[np.float32]
T = TypeVar("T")
IN_TIME = 1.5  # seconds before the reply's deadline at which a model is stopped, so that what there is can still be sent
log = logging.getLogger("rapport.pipeline")


class Approved(Protocol):
    """Answers that the clinic wrote and signed; see ``app.compose.approved``."""

    def match(self, message: str, vector: Vectors | None) -> Any: ...


class Queries(Protocol):
    """The part of an embedding model that a question needs."""

    @property
    def name(self) -> str: ...
    @property
    def dimension(self) -> int: ...
    def readings(self, texts: Sequence[str]) -> Vectors: ...


@dataclass
class OnePass:
    """Embeds everything that one request needs in one forward pass.

    The guard asks first, for its windows: it reads whole rows, a vector and the scores of the model's second top behind it. What
    retrieval will search for rides along in the same batch. Kept for this request only.
    """

    embedder: Queries
    also: Callable[[], Sequence[str]]
    known: dict[str, Vectors] = field(default_factory=dict)

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """(n, d + scores) rows of ``texts``, as the guard reads them."""
        missing = [text for text in dict.fromkeys([*texts, *self.also()]) if text not in self.known]
        if missing:
            self.known.update(zip(missing, self.embedder.readings(missing), strict=True))
        return np.stack([self.known[text] for text in texts])

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """(n, d) unit vectors of ``texts``."""
        return self(texts)[:, : self.embedder.dimension]


class Pipeline:
    """Conversation in, events out. Never raises: whatever breaks, the reply says so kindly, and a crisis still gets its referral."""

    def __init__(
        self,
        settings: Settings,
        guard: Guard,
        book: Book,
        session: Session,
        embedder: Queries | None,
        approved: Approved | None = None,
        on_declined: Callable[[str], None] | None = None,
    ) -> None:
        self._settings = settings
        self._guard = guard
        self._replies = Replies(settings, guard, book)
        self._session = session
        self.embedder = embedder
        self.approved = approved
        self.writer: Writer | None = None
        self.rewriter: Rewriter | None = None
        self._on_declined = on_declined

    async def respond(self, conversation: Conversation) -> AsyncIterator[Event]:
        """The reply as events. The work is done in a thread, so that other requests are served meanwhile."""
        if self.writer is None:
            for event in events(await to_thread.run_sync(self._quoted, conversation)):
                yield event
            return
        async with aclosing(self._written(conversation, self.writer)) as written:
            async for event in written:
                yield event

    def answer(self, conversation: Conversation) -> Reply:
        """The whole reply. Never raises. With a language model, not to be called where an event loop runs: use ``respond`` there."""
        return self._quoted(conversation) if self.writer is None else asyncio.run(self._last(conversation))

    # --- the steps ----------------------------------------------------------------------------------------------------

    def _steps(self, conversation: Conversation) -> Reply:
        """Without a language model: everything in one go, over one build."""
        with self._session.index_or_none() as opened:
            asked = self._understand(conversation, opened)
            if isinstance(asked, Reply):
                return asked
            assert opened is not None  # noqa: S101 - nothing is understood without an open build
            return self._look_up(asked, opened)[0]

    async def _written(self, conversation: Conversation, writer: Writer) -> AsyncGenerator[Event]:
        """With a language model: the same steps, and between them the model, which sees nothing that the guard has not passed."""
        end = monotonic() + self._settings.limits.reply_seconds - IN_TIME
        asked = await to_thread.run_sync(self._begin, conversation)
        if isinstance(asked, _Understood) and asked.sendable:
            asked = await self._rewritten(asked, end - monotonic())
        found = (asked, None) if isinstance(asked, Reply) else await to_thread.run_sync(self._finish, asked)
        quoted, material = found
        if isinstance(asked, Reply) or material is None:
            for event in events(quoted):
                yield event
            return
        async with aclosing(self._compose(asked, quoted, material, writer, end - monotonic())) as composed:
            async for event in composed:
                yield event

    def _understand(self, conversation: Conversation, opened: Opened | None) -> Reply | _Understood:
        """From the guard to what is asked; a whole reply where nothing has to be looked up."""
        texts = load_texts(conversation.locale or self._settings.locale)
        asking = _Asking(self, conversation, opened)
        one_pass = OnePass(self.embedder, asking.texts) if self.embedder is not None else None

        intent = intent_of(conversation.message)
        verdict = self._screen(conversation, one_pass, opening_small_talk=intent is not None and not conversation.history)
        if verdict.blocks:
            return self._replies.referral(conversation, verdict)

        if intent is not None and intent[1] != "no_answer":
            return self._replies.fixed(conversation, verdict, texts, *intent)

        if opened is not None and one_pass is not None and self.approved is not None:
            approved = self.approved.match(conversation.message, one_pass.vectors([conversation.message])[0])
            if approved is not None:
                return self._replies.signed(conversation, verdict, approved)
        if intent is not None:  # "do you take insurance": the clinic can tell, and has signed no answer
            return self._replies.fixed(conversation, verdict, texts, *intent)
        if opened is None or one_pass is None:
            raise self._session.problem()
        return _Understood(conversation, verdict, texts, one_pass, asking.question, asking.leans)

    def _look_up(self, asked: _Understood, opened: Opened) -> tuple[Reply, Material | None]:
        """The reply in quotes, or a decline; and what a language model may write from where there is something to answer with."""
        question = asked.question
        vectors = asked.one_pass.vectors([question.text, *question.parts])
        wanted = Asked(question.text, vectors[0], tuple(zip(question.parts, vectors[1:], strict=True)))
        answer = self._replies.allowed(opened.answerer.answer(wanted, asked.texts), asked.texts, opened.shown)
        if answer.status in ("no_answer", "off_topic") and self._on_declined is not None:
            self._on_declined(opened.nearest_article(vectors[0]))
        receipt = {"build": opened.index.name, "composer": "quotes", "model": opened.index.manifest.model}
        receipt |= {"score": f"{answer.probability:.3f}", "cutoff": f"{opened.answerer.answerable.answer_from:.3f}"}
        reply = self._replies.whole(
            asked.conversation, answer.status, answer.blocks, asked.verdict, answer.citations, answer.suggestions, receipt
        )
        if self.writer is None or not answer.citations:
            return reply, None
        slugs = {passage.article for passage in answer.passages}
        articles = {slug: article for slug in slugs if (article := opened.index.article(slug)) is not None}
        return reply, Material(question.text, answer.passages, articles)

    async def _compose(
        self, asked: _Understood, quoted: Reply, material: Material, writer: Writer, seconds: float
    ) -> AsyncGenerator[Event]:
        """Sentences as they pass; the quotes when fewer than two do or the model fails at once; an honest line when it fails later."""
        draft = writer.draft(material)
        shown: list[Sentence] = []
        fault = ""
        try:
            async with aclosing(draft.sentences(seconds)) as sentences:
                async for sentence in sentences:
                    if not shown:
                        yield Event("meta", {"id": quoted.id, "status": quoted.status})
                    if all(sentence.citation.n != other.citation.n for other in shown):
                        yield Event("citation", sentence.citation)
                    shown.append(sentence)
                    yield Event("block", paragraph(sentence))
        except UpstreamError as error:
            fault = error.code
        except Exception as error:  # noqa: BLE001 - whatever breaks in writing, there are the quotes
            log.error("event=writing_failed error=%s at=%s", type(error).__name__, _where(error))
            fault = "failed"
        if not shown and not fault:
            fault = "too_few"  # sentences that pass: quotes are shown because the model's were not good enough
        log.info("event=written shown=%d dropped=%d fault=%s", len(shown), draft.dropped.total(), fault)
        receipt = quoted.receipt | ({"code": "degraded", "fault": fault} if fault else {})
        if not shown:
            for event in events(replace(quoted, receipt=receipt)):
                yield event
            return
        verbatim = sum(not sentence.own for sentence in shown)
        counts = {"sentences": len(shown), "verbatim": verbatim, "dropped": draft.dropped.total() - verbatim}
        receipt |= writer.receipt | {name: str(count) for name, count in counts.items()}
        reply = self._replies.prose(asked.conversation, quoted, shown, receipt, cut=bool(fault))
        for block in reply.blocks[len(shown) :]:
            yield Event("notice" if block.type == "notice" else "block", block)
        yield Event("done", reply)

    async def _rewritten(self, asked: _Understood, seconds: float) -> _Understood:
        """A follow-up as the language model puts it, where that can be used."""
        text = await self.rewriter.rewrite(asked.conversation.message, asked.sendable, seconds) if self.rewriter is not None else None
        return asked if text is None else replace(asked, question=Question(text, (text,)))

    def _quoted(self, conversation: Conversation) -> Reply:
        return self._kindly(conversation, lambda: self._steps(conversation))

    def _begin(self, conversation: Conversation) -> Reply | _Understood:
        """``_understand``, and which turns the model may be shown when a follow-up is to be rewritten. Never raises."""

        def begin() -> Reply | _Understood:
            with self._session.index_or_none() as opened:
                asked = self._understand(conversation, opened)
                if isinstance(asked, Reply) or self.rewriter is None or not asked.leans:
                    return asked
                return replace(asked, sendable=self.history_before(conversation, asked.one_pass))

        return self._kindly(conversation, begin)

    def _finish(self, asked: _Understood) -> tuple[Reply, Material | None]:
        """``_look_up`` over the current build, which may be a newer one by now. Never raises."""

        def finish() -> tuple[Reply, Material | None]:
            with self._session.use() as opened:
                return self._look_up(asked, opened)

        found = self._kindly(asked.conversation, finish)
        return (found, None) if isinstance(found, Reply) else found

    async def _last(self, conversation: Conversation) -> Reply:
        async for event in self.respond(conversation):
            if isinstance(event.data, Reply):
                return event.data
        raise AssertionError("a reply ends with a done event")

    def _kindly(self, conversation: Conversation, step: Callable[[], T]) -> T | Reply:
        """What a step gives, or a kind reply when it breaks."""
        try:
            return step()
        except IndexUnavailable:
            return self._replies.unavailable(conversation, "index_unavailable")
        except Exception as error:  # noqa: BLE001 - the last line of defence: a person never meets a stack trace
            log.error("event=pipeline_failed error=%s at=%s", type(error).__name__, _where(error))
            return self._replies.unavailable(conversation, "failed")

    def _screen(self, conversation: Conversation, embed: OnePass | None, *, opening_small_talk: bool) -> Verdict:
        """The guard. "Hello" or "are you a robot?" as a first message, whole, is released from the classifier; never from the rules."""
        return self._guard.screen_rules(conversation) if opening_small_talk else self._guard.screen(conversation, embed)

    def history_before(self, conversation: Conversation, embed: OnePass | None = None) -> tuple[Turn, ...]:
        """The earlier turns that a follow-up may lean on: none that the guard blocked, nor the reply to it.

        With ``embed`` the whole guard looks, else the rules alone: what leaves the machine is looked at harder.
        """
        kept: list[Turn] = []
        skipping = False
        for turn in conversation.history:
            if turn.role == "user":
                alone = Conversation(turn.content)
                skipping = (self._guard.screen_rules(alone) if embed is None else self._guard.screen(alone, embed)).blocks
            if not skipping:
                kept.append(turn)
        return tuple(kept)


@dataclass(frozen=True)
class _Understood:
    """What is asked, once the guard has passed it. ``sendable`` are the earlier turns that a model may see to rewrite it."""

    conversation: Conversation
    verdict: Verdict
    texts: Texts
    one_pass: OnePass
    question: Question
    leans: bool
    sendable: tuple[Turn, ...] = ()


class _Asking:
    """Works out, once and only when asked, what the message means as a question that stands alone."""

    def __init__(self, pipeline: Pipeline, conversation: Conversation, opened: Any) -> None:
        self._pipeline, self._conversation, self._opened = pipeline, conversation, opened
        self._question: Question | None = None
        self.leans = False

    @property
    def question(self) -> Question:
        """The stand-alone, spell-checked question and its parts."""
        if self._question is None:
            turns = self._pipeline.history_before(self._conversation)
            meant = standalone(self._conversation.message, turns, self._opened.topics)
            text = self._opened.speller.correct(meant.text)
            self.leans = meant.leans
            # What was carried over from an earlier question is context, not a second question to answer.
            self._question = Question(text, (text,)) if meant.leans else understand(text)
        return self._question

    def texts(self) -> Sequence[str]:
        """What retrieval will want vectors of."""
        if self._opened is None:
            return ()
        return (self._conversation.message, self.question.text, *self.question.parts)


def events(reply: Reply) -> Iterator[Event]:
    """A whole reply as the events that lead up to it: each citation comes before the block that uses it."""
    yield Event("meta", {"id": reply.id, "status": reply.status})
    cited = {citation.n: citation for citation in reply.citations}
    for block in reply.blocks:
        for number in block.citations:
            if number in cited:
                yield Event("citation", cited.pop(number))
        yield Event("notice" if block.type == "notice" else "block", block)
    yield Event("done", reply)


def _where(error: BaseException) -> str:
    """File and line of the innermost frame: where, and nothing of what."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "?"
