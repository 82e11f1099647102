"""The words of the product, as frozen values.

Everything here is plain data from the standard library: no I/O, no vendor types, no behaviour beyond reading oneself.
Offsets are in Python characters (code points) into ``Article.text``; ``end`` is exclusive, so that
``article.text[s.start:s.end]`` is the span, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

# --- the conversation -------------------------------------------------------------------------------------------------

Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message. Assistant turns come from the client and are never trusted."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """One request: the new message, and what was said before it, oldest first."""

    message: str
    history: tuple[Turn, ...] = ()
    region: str | None = None
    locale: str | None = None

    @property
    def user_turns(self) -> tuple[str, ...]:
        """What the person wrote, oldest first, the new message last."""
        return (*(turn.content for turn in self.history if turn.role == "user"), self.message)


# --- the guard --------------------------------------------------------------------------------------------------------


class Outcome(StrEnum):
    """What the guard decides, from no concern to the gravest."""

    PASS = "pass"
    PASS_WITH_LINE = "pass_with_line"
    CLINICAL_ADVICE = "clinical_advice"
    CRISIS = "crisis"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The guard's decision.

    ``category`` is the kind ("suicide", "overdose", "medication" …; empty for a pass), ``layer`` what fired ("rules", "classifier",
    "history", "failsafe"; empty for a pass). Neither ever holds text from the conversation.
    """

    outcome: Outcome
    category: str = ""
    layer: str = ""

    @property
    def blocks(self) -> bool:
        """True when a fixed referral replaces the answer."""
        return self.outcome in (Outcome.CRISIS, Outcome.CLINICAL_ADVICE)


# --- articles ---------------------------------------------------------------------------------------------------------

BlockKind = Literal["heading", "paragraph", "item", "callout"]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One block of an article: a heading (level 2 to 6), a paragraph, a list item, or an emergency call-out."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A publication an article rests on."""

    by: str
    title: str
    year: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """An article as stored: ``text`` is the whole plain text, blocks joined by blank lines; ``blocks`` tile it in order."""

    slug: str
    title: str
    text: str
    blocks: tuple[TextBlock, ...]
    summary: str = ""
    topics: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    regions: tuple[str, ...] = ("all",)
    locale: str = "en"
    aliases: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    written_on: str | None = None
    reviewed_by: str | None = None
    reviewed_on: str | None = None
    review_due: str | None = None
    origin: str = ""  # where it came from: a path below the source folder, or a URL


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an article's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of blocks under one heading: the unit of retrieval.

    ``id`` is a hash of the article's slug, the section and the text: same input, same id. ``sentences`` are spans in the article, in
    order, inside ``start:end``; the heading is not part of the text.
    """

    id: str
    article: str
    title: str
    section: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage. ``score`` is the mixed score in standard deviations (about -3 to 8), ``cosine`` the passage's own (-1 to 1).

    ``lexical`` is its share of the question's best BM25 (0 to 1); ``row`` its number in the build.
    """

    passage: Passage
    row: int
    score: float
    cosine: float
    lexical: float


# --- the reply --------------------------------------------------------------------------------------------------------

Status = Literal["answered", "partial", "no_answer", "crisis", "clinical_advice", "off_topic", "greeting", "about", "error"]


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote that stands in an article: ``quote == article.text[start:end]``, exactly."""

    n: int
    article: str
    title: str
    section: str
    quote: str
    start: int
    end: int
    url: str
    reviewed_on: str | None = None
    reviewed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Something to tap: ``href`` is ``tel:``, ``sms:``, ``https:`` or a path on this server."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Item:
    """A line in a list: a quoted sentence with its citations, or a resource with its links."""

    text: str
    citations: tuple[int, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the reply. ``text`` alone reads as the whole block in plain text; ``items`` and ``links`` give it structure.

    Types: "paragraph" (prose), "points" (``items``), "notice" (a quiet line), "resources" (help lines, ``items`` with ``links``),
    "contact" (the clinic's own contact), "heading".
    """

    type: str
    text: str
    citations: tuple[int, ...] = ()
    items: tuple[Item, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply; the wire form is ``app.web.schemas.ChatReply``."""

    id: str
    status: Status
    blocks: tuple[Block, ...]
    citations: tuple[Citation, ...] = ()
    suggestions: tuple[str, ...] = ()
    guard: Verdict = Verdict(Outcome.PASS)
    receipt: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The reply in plain text, blocks apart by a blank line."""
        return "\n\n".join(block.text for block in self.blocks if block.text)


EventKind = Literal["meta", "block", "citation", "notice", "done", "error"]


@dataclass(frozen=True, slots=True)
class Event:
    """What the pipeline yields: ``meta``, then each ``citation`` before the ``block`` that uses it, then ``done`` with the ``Reply``.

    ``data`` is a dict for meta and error, a ``Block`` for block and notice, a ``Citation``, or a ``Reply``.
    """

    kind: EventKind
    data: dict[str, str] | Block | Citation | Reply
