"""A cleaned document into an article: a name, one text, and blocks that point into it."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from app.domain import Article, Source, TextBlock
from app.errors import SourceError
from ingest.document import RawBlock, RawDocument

_GAP = "\n\n"
_SLUG_LENGTH = 80
_NAMELESS = frozenset({"", "index", "default", "home", "main", "page", "article", "untitled", "document"})


@dataclass
class Slugs:
    """Gives each document of a run a name of its own: the second of two alike gets its folder's name in front, or a number behind."""

    taken: set[str] = field(default_factory=set)

    def name(self, origin: str, title: str) -> str:
        """A name from the file name, else from the title, else from a hash of the origin: same origins in the same order, same names."""
        path = PurePosixPath(unquote(urlsplit(origin).path) if "://" in origin else origin)
        stem = slugify(path.stem)
        base = (stem if stem not in _NAMELESS else slugify(title)) or f"article-{hashlib.sha256(origin.encode()).hexdigest()[:8]}"
        folder = slugify(path.parent.name)
        choices = [base, f"{folder}-{base}"[:_SLUG_LENGTH] if folder else base]
        slug = next((choice for choice in choices if choice not in self.taken), "")
        number = 2
        while not slug:
            slug = f"{base}-{number}" if f"{base}-{number}" not in self.taken else ""
            number += 1
        self.taken.add(slug)
        return slug


def slugify(text: str) -> str:
    """Lower-case ASCII letters and digits with single dashes between; empty when the text has none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower().replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_LENGTH].strip("-")


def assemble(document: RawDocument, origin: str, slugs: Slugs) -> Article:
    """The article. ``article.text[b.start:b.end]`` is the text of each block, exactly.

    Raises ``SourceError`` "empty" when there is nothing to read but headings.
    """
    blocks = _without_title(document.blocks, document.title)
    if all(block.kind == "heading" for block in blocks):
        raise SourceError("Nothing is left of it but headings and site furniture.", code="empty")
    title = document.title or _first_words(blocks)
    meta = document.meta
    return Article(
        slug=slugs.name(origin, title),
        title=title,
        text=_GAP.join(block.text for block in blocks),
        blocks=_placed(blocks),
        summary=meta.summary,
        topics=meta.topics,
        audience=meta.audience,
        regions=meta.region or ("all",),
        locale=meta.locale,
        aliases=meta.aliases,
        questions=meta.questions,
        sources=tuple(Source(source.by, source.title, source.year, source.url) for source in meta.sources),
        written_on=_iso(meta.written_on),
        reviewed_by=meta.reviewed_by,
        reviewed_on=_iso(meta.reviewed_on),
        review_due=_iso(meta.review_due),
        origin=origin,
    )


def _placed(blocks: Sequence[RawBlock]) -> tuple[TextBlock, ...]:
    placed, at = [], 0
    for block in blocks:
        level = min(6, max(2, block.level)) if block.kind == "heading" else 0
        placed.append(TextBlock(block.kind, at, at + len(block.text), level))
        at += len(block.text) + len(_GAP)
    return tuple(placed)


def _without_title(blocks: Sequence[RawBlock], title: str) -> list[RawBlock]:
    def repeats(block: RawBlock) -> bool:
        return block.kind == "heading" and block.text.casefold() == title.casefold()

    return [block for block in blocks if block.text and not repeats(block)]


def _first_words(blocks: Sequence[RawBlock]) -> str:
    headings = [block.text for block in blocks if block.kind == "heading"]
    return headings[0] if headings else " ".join(blocks[0].text.split()[:8])


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
