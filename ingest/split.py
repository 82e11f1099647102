"""An article into passages: along its headings, never across one, whole paragraphs where they fit.

A passage holds at most 1,000 characters. A section's short remainder (under about 200) takes a paragraph from its neighbour when both stay
in bounds. A longer paragraph is cut between sentences, a longer sentence between words.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from app.domain import Article, Passage, Span, TextBlock
from app.text import sentences

SPLITTER_VERSION = "1"  # for manifests and reports; builds themselves compare the source files (ingest/recipe.py)
LONGEST = 1_000
SHORT = 200


def split(article: Article) -> list[Passage]:
    """The article's passages, in reading order: same article, same ids. ``passage.text == article.text[start:end]``."""
    counts: Counter[str] = Counter()
    return [
        _passage(article, section, group, counts)
        for section, blocks in _sections(article)
        for group in _groups(_units(article.text, blocks))
    ]


def _sections(article: Article) -> Iterator[tuple[str, list[TextBlock]]]:
    section, blocks = "", list[TextBlock]()
    for block in article.blocks:
        if block.kind != "heading":
            blocks.append(block)
            continue
        yield section, blocks
        section, blocks = article.text[block.start : block.end], []
    yield section, blocks


def _units(text: str, blocks: list[TextBlock]) -> list[list[Span]]:
    """What is kept in one piece, as runs of sentences: a block, or a part of one that is too long."""
    units = []
    for block in blocks:
        spans = [
            piece
            for span in sentences(text[block.start : block.end])
            for piece in _cut(text, block.start + span.start, block.start + span.end)
        ]
        units.extend(_packed(spans))
    return units


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """A sentence, in pieces of at most ``LONGEST`` characters, cut at white space where there is any."""
    while end - start > LONGEST:
        space = text.rfind(" ", start + 1, start + LONGEST + 1)
        cut = space if space > start else start + LONGEST
        yield Span(start, cut)
        start = cut + (space > start)
    if end > start:
        yield Span(start, end)


def _packed(spans: list[Span]) -> list[list[Span]]:
    runs: list[list[Span]] = []
    for span in spans:
        if runs and span.end - runs[-1][0].start <= LONGEST:
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs


def _groups(units: list[list[Span]]) -> list[list[Span]]:
    """Units packed into passages, first come first in; then a short last one takes what its neighbour can spare."""
    groups: list[list[list[Span]]] = []
    for unit in units:
        if groups and unit[-1].end - groups[-1][0][0].start <= LONGEST:
            groups[-1].append(unit)
        else:
            groups.append([unit])
    if len(groups) > 1 and _length(groups[-1]) < SHORT and len(groups[-2]) > 1:
        moved = [groups[-2][-1], *groups[-1]]
        if _length(moved) <= LONGEST and _length(groups[-2][:-1]) >= SHORT:
            groups[-2:] = [groups[-2][:-1], moved]
    return [[span for unit in group for span in unit] for group in groups]


def _length(group: list[list[Span]]) -> int:
    return group[-1][-1].end - group[0][0].start


def _passage(article: Article, section: str, spans: list[Span], counts: Counter[str]) -> Passage:
    start, end = spans[0].start, spans[-1].end
    text = article.text[start:end]
    key = f"{article.slug}\0{section}\0{text}"
    counts[key] += 1
    identity = key if counts[key] == 1 else f"{key}\0{counts[key]}"
    name = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Passage(name, article.slug, article.title, section, start, end, text, tuple(spans))
