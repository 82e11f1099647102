"""What extraction gives: a document as blocks, before it becomes an article. Plain values that can cross a process border as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from app.domain import BlockKind
from ingest.frontmatter import FrontMatter

Kind = Literal["markdown", "html", "text", "pdf", "docx"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One document as it was found. ``origin`` is a path below the source folder, or a URL."""

    origin: str
    data: bytes
    kind: Kind


@dataclass(frozen=True, slots=True)
class SetAside:
    """A document that was not read: ``code`` is for machines, ``reason`` one sentence for people, without the document's words."""

    origin: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A heading (``level`` 1 to 6), paragraph, list item or call-out, on one line of plain text."""

    kind: BlockKind
    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class RawDocument:
    """``blocks`` in reading order; ``hidden`` is what a page holds and does not show (comments, alternative texts, invisible elements)."""

    title: str
    blocks: tuple[RawBlock, ...]
    meta: FrontMatter
    hidden: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready dict; ``from_json`` reads it back to an equal value."""
        return {
            "title": self.title,
            "blocks": [asdict(block) for block in self.blocks],
            "meta": self.meta.model_dump(mode="json"),
            "hidden": list(self.hidden),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RawDocument:
        """The document that ``to_json`` wrote."""
        blocks = tuple(RawBlock(**block) for block in data["blocks"])
        return cls(data["title"], blocks, FrontMatter.model_validate(data["meta"]), tuple(data["hidden"]))
