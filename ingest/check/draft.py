"""An article as its writer sees it: front matter, and parts that know the line they stand on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.domain import Article, BlockKind
from app.errors import SourceError
from app.text import sentences
from ingest.extract.encoding import decode
from ingest.frontmatter import FrontMatter, split_front_matter

_FIELD = re.compile(r"^([a-z_]+):", re.M)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_UNWANTED = {"image": "image", "html_inline": "HTML", "html_block": "HTML", "table_open": "table", "fence": "code", "code_block": "code"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, on one line of plain text, and the line of the file it starts on."""

    text: str
    line: int
    kind: BlockKind

    @property
    def words(self) -> list[str]:
        return words_of(self.text)

    @property
    def opening(self) -> str:
        """Its first words, to find it by."""
        return " ".join(self.text.split()[:5])


@dataclass(frozen=True, slots=True)
class Part:
    """A heading, paragraph, list item or call-out. ``text`` is plain, with the file's line breaks; ``line`` counts from 1, 0 is unknown."""

    kind: BlockKind
    text: str
    line: int
    level: int = 0

    def sentences(self) -> Iterator[Sentence]:
        """Its sentences, in order."""
        for span in sentences(self.text):
            line = self.line + self.text.count("\n", 0, span.start) if self.line else 0
            yield Sentence(" ".join(self.text[span.start : span.end].split()), line, self.kind)


@dataclass(frozen=True, slots=True)
class Link:
    """A link as written."""

    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it; the opening of an article has no heading."""

    heading: Part | None
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "\n".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class Draft:
    """One document. ``ours`` is true for an article that is held to the guide; ``fields`` gives the line of each front matter entry."""

    name: str
    slug: str
    ours: bool
    meta: FrontMatter
    parts: tuple[Part, ...]
    links: tuple[Link, ...] = ()
    fields: dict[str, int] | None = None
    unwanted: tuple[tuple[str, int], ...] = ()

    @property
    def headings(self) -> list[Part]:
        return [part for part in self.parts if part.kind == "heading"]

    def sentences(self) -> Iterator[Sentence]:
        """All sentences but headings, in order."""
        for part in self.parts:
            if part.kind != "heading":
                yield from part.sentences()

    def sections(self) -> list[Section]:
        """The opening (without a heading, when there is one) and each section, in order."""
        found: list[tuple[Part | None, list[Part]]] = [(None, [])]
        for part in self.parts:
            if part.kind == "heading":
                found.append((part, []))
            else:
                found[-1][1].append(part)
        return [Section(heading, tuple(parts)) for heading, parts in found if heading or parts]

    def line_of(self, field: str) -> int:
        """The line of a front matter entry, else the first line."""
        return (self.fields or {}).get(field, 1)


def words_of(text: str) -> list[str]:
    """The words of a text as written: "don't" and "well-known" are one each."""
    return _WORD.findall(text)


def read_draft(path: Path, name: str) -> Draft:
    """An article of our own kind: Markdown with front matter.

    Raises ``SourceError``: "front_matter", "empty", "hostile", and what ``decode`` raises.
    """
    text = decode(path.read_bytes())
    meta, body = split_front_matter(text)
    if not body.strip():
        raise SourceError("It has no text below its front matter.", code="empty")
    head = text[: len(text) - len(body)]
    first = head.count("\n") + 1
    fields = {match[1]: head.count("\n", 0, match.start()) + 1 for match in _FIELD.finditer(head)}
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    parts, links, unwanted = list[Part](), list[Link](), list[tuple[str, int]]()
    for kind, level, token in _blocks(tokens):
        line = first + (token.map[0] if token.map else 0)
        parts.append(Part(kind, _plain(token), line, level))
        for child in token.children or ():
            if child.type == "link_open":
                links.append(Link(str(child.attrGet("href") or ""), line))
            if child.type in _UNWANTED:
                unwanted.append((_UNWANTED[child.type], line))
    for token in tokens:
        if token.type in _UNWANTED:
            unwanted.append((_UNWANTED[token.type], first + (token.map[0] if token.map else 0)))
    return Draft(name, path.stem, True, meta, tuple(parts), tuple(links), fields, tuple(unwanted))


def draft_of(article: Article) -> Draft:
    """A document of another make, as ingest reads it: without lines, links or front matter lines."""
    parts = tuple(Part(block.kind, article.text[block.start : block.end], 0, block.level) for block in article.blocks)
    meta = FrontMatter(title=article.title, summary=article.summary, questions=article.questions, aliases=article.aliases)
    if article.review_due:
        meta = FrontMatter.model_validate({**meta.model_dump(), "review_due": article.review_due})
    return Draft(article.origin, article.slug, False, meta, parts)


def _blocks(tokens: list[Token]) -> Iterator[tuple[BlockKind, int, Token]]:
    """Each run of inline text, with what it stands in."""
    around: list[str] = []
    for token in tokens:
        if token.nesting == 1:
            around.append(token.tag)
        elif token.nesting == -1:
            around.pop()
        elif token.type == "inline":
            yield (*_kind(around), token)


def _kind(around: list[str]) -> tuple[BlockKind, int]:
    if "blockquote" in around:
        return "callout", 0
    if "li" in around:
        return "item", 0
    if re.fullmatch(r"h[1-6]", around[-1]):
        return "heading", int(around[-1][1])
    return "paragraph", 0


def _plain(token: Token) -> str:
    breaks = {"softbreak", "hardbreak"}
    kept = {"text", "code_inline"}
    return "".join("\n" if child.type in breaks else child.content if child.type in kept else "" for child in token.children or ())
