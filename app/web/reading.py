"""An article as a page: sections with addresses, and the cited words marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from app.citation_url import CITED
from app.domain import Article, Span, TextBlock

OFFSET = re.compile(r"[0-9]{1,8}")
TAKEN = (CITED, "main", "contents", "sources", "top", "q")


@dataclass(frozen=True)
class Piece:
    """A run of text, marked or not. ``first`` is the first marked one, which carries the id."""

    text: str
    marked: bool = False
    first: bool = False


@dataclass(frozen=True)
class Part:
    """A paragraph or a call-out (one run of pieces), or a list (one run an item)."""

    kind: str
    runs: list[list[Piece]]


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; the opening of an article has no heading."""

    anchor: str
    level: int
    heading: list[Piece]
    title: str
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True)
class Review:
    """What the page says about who has checked the article: ``state`` is "unreviewed", "reviewed" or "overdue"."""

    state: str
    by: str
    on: str
    due: str


def cited_span(start: str | None, end: str | None, article: Article) -> Span | None:
    """The span that an address names; None unless both are plain numbers that lie, in order, in the article."""
    if not start or not end or not OFFSET.fullmatch(start) or not OFFSET.fullmatch(end):
        return None
    span = Span(int(start), int(end))
    return span if span.start < span.end <= len(article.text) else None


def sections(article: Article, cited: Span | None = None) -> list[Section]:
    """The article's blocks under their headings, in order."""
    marker = _Marker(article.text, cited)
    found = [Section("top", 1, [], article.title)]
    anchors = set(TAKEN)
    for block in article.blocks:
        if block.kind == "heading":
            title = article.text[block.start : block.end]
            found.append(Section(_anchor(title, anchors), min(max(block.level, 2), 6), marker.pieces(block), title))
        else:
            _add(found[-1].parts, block.kind, marker.pieces(block))
    return found


def review_of(article: Article, today: date) -> Review:
    """The review state on a day."""
    by, on, due = article.reviewed_by or "", article.reviewed_on or "", article.review_due or ""
    if not (by and on):
        return Review("unreviewed", "", "", due)
    return Review("overdue" if due and due < today.isoformat() else "reviewed", by, on, due)


class _Marker:
    """Cuts blocks into marked and unmarked pieces."""

    def __init__(self, text: str, cited: Span | None) -> None:
        self._text = text
        self._cited = cited
        self._begun = False

    def pieces(self, block: TextBlock) -> list[Piece]:
        cited = self._cited
        if cited is None or cited.end <= block.start or cited.start >= block.end:
            return [Piece(self._text[block.start : block.end])]
        start, end = max(cited.start, block.start), min(cited.end, block.end)
        first, self._begun = not self._begun, True
        parts = [
            Piece(self._text[block.start : start]),
            Piece(self._text[start:end], marked=True, first=first),
            Piece(self._text[end : block.end]),
        ]
        return [piece for piece in parts if piece.text]


def _add(parts: list[Part], kind: str, run: list[Piece]) -> None:
    if kind == "item" and parts and parts[-1].kind == "item":
        parts[-1].runs.append(run)
    else:
        parts.append(Part(kind, [run]))


def _anchor(title: str, used: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", title).casefold()
    base = re.sub(r"[^\w]+", "-", "".join(c for c in plain if not unicodedata.combining(c))).strip("-")[:60] or "section"
    anchor, n = base, 1
    while anchor in used:
        n += 1
        anchor = f"{base}-{n}"
    used.add(anchor)
    return anchor


def plain_date(value: str | None) -> str:
    """ "2026-11-22" as "22 November 2026"; anything else as it is."""
    try:
        day = date.fromisoformat(value or "")
    except ValueError:
        return value or ""
    return f"{day.day} {day.strftime('%B %Y')}"


def titles_of(found: Sequence[Section]) -> list[Section]:
    """What the contents list holds: the second-level headings."""
    return [section for section in found if section.level == 2]
