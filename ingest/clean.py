"""Takes away what stands around an article: site furniture, and names placed on the page for promotion.

The patterns are in ``furniture.toml`` and ``names.toml``. What is left is the text that is stored, so that quotes are exact against it.
Emergency call-outs always stay.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import re2

from app.errors import SettingsError
from ingest.document import RawBlock, RawDocument
from ingest.extract.page_parts import speaks_of_emergency
from ingest.names import promotional_names, without_names

CLEANER_VERSION = "1"  # for manifests and reports; builds themselves compare the source files (ingest/recipe.py)
_LONGEST_LINE = 240  # characters; furniture is short
_BYLINE = re.compile(r"by (?:[A-Z][\w.'’-]*,? ?){2,5}(?:[,(|·•–—-].{0,80})?", re.S)


@dataclass(frozen=True, slots=True)
class _Furniture:
    end: re2._Regexp[str]
    section: re2._Regexp[str]
    line: re2._Regexp[str]
    promotion: re2._Regexp[str]


@cache
def _furniture() -> _Furniture:
    data = tomllib.loads(Path(__file__).with_name("furniture.toml").read_text("utf-8"))
    return _Furniture(**{name: _any_of(name, patterns) for name, patterns in data.items()})


def _any_of(name: str, patterns: Iterable[str]) -> re2._Regexp[str]:
    for pattern in patterns:
        try:
            re2.compile(pattern)
        except re2.error:
            raise SettingsError(f"furniture.toml, {name}: this is not a pattern: {pattern}") from None
    return re2.compile(f"(?is)(?:{'|'.join(f'(?:{pattern})' for pattern in patterns)})")


def clean(document: RawDocument) -> RawDocument:
    """The document without furniture and promotional names; headings with nothing under them go too. ``clean(clean(d)) == clean(d)``."""
    blocks = [block for block in _article_part(document.blocks) if not _is_furniture(block)]
    names = promotional_names(document.title, [block.text for block in document.blocks])
    title = without_names(document.title, names, is_title=True) if names else document.title
    if names:
        blocks = [replace(block, text=without_names(block.text, names, is_title=block.kind == "heading")) for block in blocks]
    kept = [block for block in blocks if re.search(r"\w", block.text)]
    return replace(document, title=title, blocks=tuple(_without_empty_sections(kept)))


def _article_part(blocks: Iterable[RawBlock]) -> list[RawBlock]:
    """Blocks up to the article's end, less sections of furniture; call-outs whatever follows."""
    furniture, kept = _furniture(), list[RawBlock]()
    ended, skipping = False, 0
    for block in blocks:
        if block.kind == "callout":
            kept.append(block)
            continue
        line = block.text if len(block.text) <= _LONGEST_LINE else ""
        ended = ended or (bool(kept) and bool(line) and bool(furniture.end.fullmatch(line)))
        if block.kind == "heading":
            skipping = (block.level or 6) if furniture.section.fullmatch(line) else (skipping if skipping and block.level > skipping else 0)
        if not ended and not skipping:
            kept.append(block)
    return kept


def _is_furniture(block: RawBlock) -> bool:
    text = block.text
    if block.kind == "callout" or len(text) > _LONGEST_LINE or speaks_of_emergency(text):
        return False
    furniture = _furniture()
    if furniture.line.fullmatch(text) or _BYLINE.fullmatch(text[:1].lower() + text[1:]):
        return True
    return block.kind != "heading" and bool(furniture.section.fullmatch(text) or furniture.promotion.fullmatch(text))


def _without_empty_sections(blocks: list[RawBlock]) -> list[RawBlock]:
    kept: list[RawBlock] = []
    for block in reversed(blocks):
        follows = kept[-1] if kept else None
        if block.kind == "heading" and (follows is None or (follows.kind == "heading" and follows.level <= block.level)):
            continue
        kept.append(block)
    return kept[::-1]
