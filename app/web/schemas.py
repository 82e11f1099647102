"""The wire: what a request must hold and what a reply looks like. DESIGN.md's Contract, and nothing beside it.

Requests are strict (no coercion, no unknown fields, whole Unicode only) and bounded by ``settings.limits``; a model is made
for those limits, so that the bounds stand in one place and in the OpenAPI file too.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from app.domain import Block, Citation, Conversation, Hit, Item, Reply, Role, Status, Turn
from app.settings import Limits

REGION = r"^[A-Z]{2}$"
LOCALE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
LONGEST_QUERY = 500
MOST_RESULTS = 20


def whole(value: str) -> str:
    """The text itself; a validation error for half characters (lone surrogates)."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise PydanticCustomError("unicode", "holds characters that are not text") from None
    return value


def _said(value: str) -> str:
    if not _SOMETHING.search(value):
        raise PydanticCustomError("blank", "is empty")
    return value


def _integral(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value  # in JSON, 8.0 is a whole number


WholeText = Annotated[str, AfterValidator(whole)]
SaidText = Annotated[str, AfterValidator(whole), AfterValidator(_said)]
# What ``_said`` checks, written so that Python and JavaScript, whose \s differ, mean the same by it.
SOMETHING: dict[str, Any] = {"pattern": "[^\\s\u0085\u001c-\u001f\ufeff]"}
_SOMETHING = re.compile(SOMETHING["pattern"])


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class TurnIn(_Request):
    """An earlier message."""

    role: Role
    content: WholeText


class ChatRequest(_Request):
    """A question, with what was said before it. Bounds come from ``chat_request``."""

    message: SaidText
    history: list[TurnIn] = []
    region: Annotated[str, Field(pattern=REGION)] | None = None
    locale: Annotated[str, Field(pattern=LOCALE)] | None = None

    def conversation(self) -> Conversation:
        """The same as a domain value."""
        return Conversation(
            message=self.message,
            history=tuple(Turn(turn.role, turn.content) for turn in self.history),
            region=self.region,
            locale=self.locale,
        )


class SearchRequest(_Request):
    """A query for passages."""

    query: Annotated[
        str, Field(min_length=1, max_length=LONGEST_QUERY, json_schema_extra=SOMETHING), AfterValidator(whole), AfterValidator(_said)
    ]
    k: Annotated[int, Field(ge=1, le=MOST_RESULTS), BeforeValidator(_integral)] = 8


def chat_request(limits: Limits) -> type[ChatRequest]:
    """``ChatRequest`` bounded by the settings: message, number of turns, and characters in all turns together."""

    def bounded(self: ChatRequest) -> ChatRequest:
        if sum(len(turn.content) for turn in self.history) > limits.history_chars:
            raise PydanticCustomError("history_chars", "history is too long")
        return self

    size = Field(min_length=1, max_length=limits.message_chars, json_schema_extra=SOMETHING)
    message: Any = (Annotated[str, size, AfterValidator(whole), AfterValidator(_said)], ...)
    history: Any = (Annotated[list[TurnIn], Field(max_length=limits.history_turns)], [])
    return create_model(
        "ChatRequest",
        __base__=ChatRequest,
        __doc__="A question, with what was said before it.",
        __validators__={"bounded": model_validator(mode="after")(bounded)},  # type: ignore[dict-item]  # the stub knows field validators only
        message=message,
        history=history,
    )


def _empty(value: list[Any]) -> bool:
    return not value


class LinkOut(_Answer):
    """Something to tap."""

    label: str
    href: str


class ItemOut(_Answer):
    """A line in a block."""

    text: str
    citations: list[int] = []
    links: list[LinkOut] = []


class BlockOut(_Answer):
    """A piece of the reply; ``text`` alone reads as the whole block, ``items`` and ``links`` stand only where there are some."""

    type: str
    text: str
    citations: list[int] = []
    items: Annotated[list[ItemOut], Field(exclude_if=_empty)] = []
    links: Annotated[list[LinkOut], Field(exclude_if=_empty)] = []


class CitationOut(_Answer):
    """A quote that stands in an article, character for character, from ``start`` to ``end``."""

    n: int
    article: str
    title: str
    section: str
    quote: str
    start: int
    end: int
    url: str
    reviewed_on: str | None
    reviewed_by: str | None


class GuardOut(_Answer):
    """What the guard decided. Never holds text."""

    outcome: str
    category: str


class ChatReply(_Answer):
    """A whole reply."""

    id: str
    status: Status
    text: str
    blocks: list[BlockOut]
    citations: list[CitationOut]
    suggestions: list[str]
    guard: GuardOut
    receipt: dict[str, str]


class ResultOut(_Answer):
    """A passage that was found; ``score`` is the mixed score, best first."""

    article: str
    title: str
    section: str
    text: str
    start: int
    end: int
    url: str
    score: float
    cosine: float
    lexical: float


class SearchReply(_Answer):
    """What was found. A query that speaks of danger finds nothing: ``blocks`` is then the crisis reply."""

    results: list[ResultOut]
    guard: GuardOut
    blocks: list[BlockOut] = []


class ErrorBody(BaseModel):
    """``code`` for machines, ``message`` for people, ``request_id`` for the log."""

    code: str
    message: str
    request_id: str


class ErrorReply(BaseModel):
    """The one shape of every error."""

    error: ErrorBody


def block_out(block: Block) -> BlockOut:
    """A block for the wire; empty structure is left out."""
    return BlockOut(
        type=block.type,
        text=block.text,
        citations=list(block.citations),
        items=[_item_out(item) for item in block.items],
        links=[LinkOut.model_validate(link) for link in block.links],
    )


def _item_out(item: Item) -> ItemOut:
    return ItemOut(text=item.text, citations=list(item.citations), links=[LinkOut.model_validate(link) for link in item.links])


def citation_out(citation: Citation) -> CitationOut:
    """A citation for the wire."""
    return CitationOut.model_validate(citation)


def reply_out(reply: Reply) -> ChatReply:
    """A whole reply for the wire."""
    return ChatReply(
        id=reply.id,
        status=reply.status,
        text=reply.text,
        blocks=[block_out(block) for block in reply.blocks],
        citations=[citation_out(citation) for citation in reply.citations],
        suggestions=list(reply.suggestions),
        guard=GuardOut(outcome=reply.guard.outcome.value, category=reply.guard.category),
        receipt=dict(reply.receipt),
    )


def result_out(hit: Hit, url: str) -> ResultOut:
    """A hit for the wire; ``url`` opens its passage."""
    passage = hit.passage
    return ResultOut(
        article=passage.article, title=passage.title, section=passage.section, text=passage.text, start=passage.start, end=passage.end,
        url=url, score=hit.score, cosine=hit.cosine, lexical=hit.lexical,
    )  # fmt: skip
