"""A small service behind the web layer: real domain values, scripted behaviour."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.citation_url import citation_url
from app.domain import (
    Article,
    Block,
    BlockKind,
    Citation,
    Conversation,
    Event,
    Hit,
    Item,
    Link,
    Outcome,
    Passage,
    Reply,
    Source,
    Status,
    TextBlock,
    Verdict,
)  # fmt: skip
from app.errors import IndexUnavailable
from app.settings import Settings

DANGER = "i want to kill myself"
ADVICE = "should i stop my tablets"
CRISIS_LINE = "Call or text 988 now."


def make_article(slug: str = "first-session", **changes: Any) -> Article:
    """An article with an opening, two sections, a list, a call-out."""
    parts: list[tuple[BlockKind, int, str]] = [
        ("paragraph", 0, "A first session is mostly a conversation. You set the pace."),
        ("heading", 2, "What happens in a first session?"),
        ("paragraph", 0, "Your therapist asks what brings you. You can say as little as you like."),
        ("item", 0, "Most first sessions last about fifty minutes."),
        ("item", 0, "Therapists often take a few notes & explain <why>."),
        ("callout", 0, "If you are in danger now: call your local emergency number."),
        ("heading", 3, "What should I bring to a first session?"),
        ("paragraph", 0, "You don't need to bring anything to a first session."),
        ("heading", 2, "What happens in a first session?"),
        ("paragraph", 0, "The same heading twice still gets an address of its own."),
    ]
    blocks, texts, at = [], [], 0
    for kind, level, text in parts:
        blocks.append(TextBlock(kind, at, at + len(text), level))
        texts.append(text)
        at += len(text) + 2
    values: dict[str, Any] = {
        "slug": slug,
        "title": "What happens in the first therapy session?",
        "text": "\n\n".join(texts),
        "blocks": tuple(blocks),
        "summary": "A first session is a conversation about what brings you.",
        "topics": ("starting",),
        "sources": (Source("American Psychological Association", "Understanding psychotherapy", 2012, "https://example.org/psychotherapy"),
                    Source("A clinic", "A leaflet", None, "javascript:alert(1)")),
        "written_on": "2026-11-22",
        "review_due": "2027-05-22",
    }  # fmt: skip
    return Article(**{**values, **changes})


QUOTE = "Your therapist asks what brings you."


@dataclass
class State:
    ready: bool = True
    reason: str = ""
    build: str = "b-1"
    articles: int = 2
    passages: int = 9
    model: str = "fake"
    degraded: tuple[str, ...] = ()


@dataclass
class FakeRapport:
    """Behaves as ``app.wiring.Rapport`` promises.

    ``pause`` is slept before each block, ``cpu`` in a thread; ``crash`` is raised in the middle; ``left`` counts readers who left.
    """

    settings: Settings
    state: State = field(default_factory=State)
    pause: float = 0.0
    cpu: float = 0.0
    crash: Exception | None = None
    cut_short: bool = False
    closed: bool = False
    left: int = 0
    seen: list[Conversation] = field(default_factory=list)
    library: tuple[Article, ...] = (make_article(), make_article("cost", title="What does therapy cost?", topics=("starting",)))

    async def respond(self, conversation: Conversation) -> AsyncIterator[Event]:
        self.seen.append(conversation)
        verdict = self.guard_screen(conversation)
        try:
            async for event in self._events(verdict):
                yield event
        except (asyncio.CancelledError, GeneratorExit):
            self.left += 1
            raise

    async def _events(self, verdict: Verdict) -> AsyncIterator[Event]:
        yield Event("meta", {"id": "r1", "build": self.state.build})
        if verdict.outcome is Outcome.CRISIS:
            crisis = Block(
                "resources", CRISIS_LINE, items=(Item("988 Lifeline", links=(Link("Call 988", "tel:988"), Link("Text 988", "sms:988"))),)
            )
            yield Event("block", crisis)
            yield Event("done", self._reply("crisis", (crisis,), verdict))
            return
        if not self.state.ready:
            sorry = Block("paragraph", "The articles can't be searched right now.")
            yield Event("done", self._reply("error", (sorry,), verdict))
            return
        if self.cpu:
            await asyncio.to_thread(time.sleep, self.cpu)
        article = self.library[0]
        start = article.text.index(QUOTE)
        url = citation_url(article.slug, start, start + len(QUOTE))
        citation = Citation(1, article.slug, article.title, "What happens?", QUOTE, start, start + len(QUOTE), url)
        blocks = (
            Block("paragraph", QUOTE, (1,)),
            Block("points", f"• {QUOTE}", items=(Item(QUOTE, (1,)),)),
        )
        yield Event("citation", citation)
        for block in blocks:
            await asyncio.sleep(self.pause)
            if self.crash:
                raise self.crash
            yield Event("block", block)
        if not self.cut_short:
            yield Event("done", self._reply("answered", blocks, verdict, (citation,)))

    def _reply(self, status: Status, blocks: tuple[Block, ...], verdict: Verdict, citations: tuple[Citation, ...] = ()) -> Reply:
        suggestions = ("What does therapy cost?",) if status == "answered" else ()
        return Reply("r1", status, blocks, citations, suggestions, verdict, {"build": self.state.build, "composer": "quotes"})

    def guard_screen(self, conversation: Conversation) -> Verdict:
        said = " ".join(conversation.user_turns).casefold()
        if DANGER in said:
            return Verdict(Outcome.CRISIS, "suicide", "rules")
        if ADVICE in said:
            return Verdict(Outcome.CLINICAL_ADVICE, "medication", "rules")
        return Verdict(Outcome.PASS)

    def search(self, query: str, k: int) -> Sequence[Hit]:
        self._open()
        article = self.library[0]
        start = article.text.index(QUOTE)
        passage = Passage("p1", article.slug, article.title, "What happens?", start, start + len(QUOTE), QUOTE)
        return [] if "zebra" in query else [Hit(passage, 0, 0.9, 0.8, 0.5)][:k]

    def article(self, slug: str) -> Article | None:
        self._open()
        return next((article for article in self.library if article.slug == slug), None)

    def articles(self) -> Sequence[Article]:
        self._open()
        return self.library

    def readiness(self) -> State:
        return self.state

    def safety(self) -> Mapping[str, Any]:
        line = {"name": "988 Lifeline", "call": "988", "text": "741 741", "text_word": "HOME", "chat": "https://988lifeline.org/chat/"}
        lines = [{**line, "verified": "source", "verified_on": "2026-11-22"}, {**line, "name": "Poison help", "verified": "check"}]
        return {
            "version": "1",
            "kinds": {"crisis": ["suicide", "self_harm"]},
            "regions": [{"region": "AU", "emergency": "", "lines": []}, {"region": "US", "emergency": "911", "lines": lines}],
        }

    def close(self) -> None:
        self.closed = True

    def _open(self) -> None:
        if not self.state.ready:
            raise IndexUnavailable("no build is open")
