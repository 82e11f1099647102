"""PDF, by way of pypdf: lines with their size and place, then paragraphs and headings.

Headings are told by size, or by shape (``ingest.extract.text``); running heads and page numbers go, words cut at a line's end are joined.
Not done: columns beyond what pypdf orders itself, tables, scans.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pypdf import PdfReader
from pypdf.errors import LimitReachedError, PyPdfError

from app.errors import SourceError
from app.text import plain
from ingest.document import RawBlock, RawDocument
from ingest.extract.text import reads_like_a_title
from ingest.extract.unseen import refuse_unseen
from ingest.frontmatter import FrontMatter

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st"})
_BULLET = re.compile(r"\s*(?:[-•–‣▪◦·●○]|\d{1,2}[.)])\s+")
_PAGE_NUMBER = re.compile(r"\W*(?:page|seite|página|p\.)?\s*\d{1,4}(?:\s*(?:/|of|von|de)\s*\d{1,4})?\W*", re.I)
_SENTENCE_END = re.compile(r"[.!?:…][\"'”’)\]]*$")
_CUT_WORD = re.compile(r"[^\W\d_]{2,}-$")
_EDGE_LINES = 2  # lines at the head and foot of a page that may be running ones
_BIGGER = 1.12  # times the body's size, from which a line is a heading
_GAP = 1.35  # times the usual distance of lines, from which a paragraph ends
_SHORT = 0.8  # of the page's line length: a paragraph's last line
_LONGEST_HEADING = 150
_LEAST_PAGES_TO_COMPARE = 2


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: float
    y: float
    page: int


def read_pdf(data: bytes) -> RawDocument:
    """The document's text; its title is the first line in the largest type, or the one the file declares.

    Raises ``SourceError``: "wrong_type", "encrypted", "too_large" (a bomb), "unreadable", "empty" (no text layer).
    """
    if b"%PDF-" not in data[:1024]:
        raise SourceError("It is not a PDF.", code="wrong_type")
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise SourceError("It is protected by a password.", code="encrypted")
        lines = [line for number, page in enumerate(reader.pages) for line in _page_lines(page, number)]
        declared = plain(str(reader.metadata.title or "")) if reader.metadata else ""
    except LimitReachedError:
        raise SourceError("It unpacks to far more than a document holds.", code="too_large") from None
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        OSError,
        NotImplementedError,
    ):  # what pypdf lets through
        raise SourceError("It is not a readable PDF.") from None
    lines = _without_running_lines(lines)
    if not lines:
        raise SourceError("It holds no text: perhaps it is a scan.", code="empty")
    blocks = _blocks(lines)
    title = next((block.text for block in blocks if block.kind == "heading" and block.level == 1), "")
    kept = tuple(
        RawBlock(block.kind, block.text, max(2, block.level) if block.kind == "heading" else 0) for block in blocks if block.text != title
    )
    return RawDocument(title or declared, kept, FrontMatter())


def _page_lines(page: object, number: int) -> list[_Line]:
    rows: list[list[tuple[str, float, float]]] = [[]]

    def visit(text: str, cm: list[float], tm: list[float], _font: object, size: float) -> None:
        height = abs(size * (tm[3] * cm[3] or tm[1] * cm[2] or 1.0))
        y = tm[5] * cm[3] + cm[5]
        for at, part in enumerate(text.split("\n")):
            if at:
                rows.append([])
            refuse_unseen(part)
            if part.strip():
                rows[-1].append((part, height, y))

    page.extract_text(visitor_text=visit)  # type: ignore[attr-defined]
    lines = []
    for row in rows:
        text = plain("".join(part for part, _, _ in row)).translate(_LIGATURES)
        if text:
            lines.append(_Line(text, max(height for _, height, _ in row), row[0][2], number))
    return lines


def _without_running_lines(lines: list[_Line]) -> list[_Line]:
    """Lines less page numbers, and less what stands at the head or foot of half the pages or more."""
    pages: dict[int, list[_Line]] = {}
    for line in lines:
        pages.setdefault(line.page, []).append(line)
    at_edge = {line for page in pages.values() for line in (*page[:_EDGE_LINES], *page[-_EDGE_LINES:])}
    pages_with = Counter(shape for shape, _ in {(_shape(line.text), line.page) for line in at_edge})
    needed = max(_LEAST_PAGES_TO_COMPARE, len(pages) / 2)
    return [
        line for line in lines if line not in at_edge or not (_PAGE_NUMBER.fullmatch(line.text) or pages_with[_shape(line.text)] >= needed)
    ]


def _shape(text: str) -> str:
    return re.sub(r"\d+", "0", text.lower())


def _blocks(lines: list[_Line]) -> list[RawBlock]:
    body = _body_size(lines)
    gap = _usual_gap(lines)
    width = max(len(line.text) for line in lines)
    larger = sorted({round(line.size, 1) for line in lines if _is_large(line, body)}, reverse=True)
    levels = {size: at + 1 for at, size in enumerate(larger)}
    words = {word.lower() for line in lines for word in re.findall(r"[\w-]+", line.text)}
    blocks: list[RawBlock] = []
    group: list[_Line] = []
    for line in lines:
        if group and _starts_anew(group[-1], line, body, gap, width):
            blocks.append(_block(group, levels, body, words))
            group = []
        group.append(line)
    return [*blocks, _block(group, levels, body, words)]


def _starts_anew(before: _Line, line: _Line, body: float, gap: float, width: int) -> bool:
    if _is_large(before, body) != _is_large(line, body) or (_is_large(line, body) and abs(before.size - line.size) > 0.5):
        return True
    if _BULLET.match(line.text):
        return True
    ended = bool(_SENTENCE_END.search(before.text))
    if before.page != line.page:
        return ended and line.text[0].isupper() and len(before.text) < _SHORT * width
    if before.y - line.y > _GAP * gap or line.y > before.y:
        return True
    return ended and len(before.text) < _SHORT * width and line.text[0].isupper()


def _block(group: list[_Line], levels: dict[float, int], body: float, words: set[str]) -> RawBlock:
    text = _joined(group, words)
    first = group[0]
    if _is_large(first, body) and len(text) <= _LONGEST_HEADING:
        return RawBlock("heading", text, min(6, levels[round(first.size, 1)]))
    if len(group) == 1 and len(text) <= _LONGEST_HEADING // 2 and reads_like_a_title(text, _LONGEST_HEADING // 2):
        return RawBlock("heading", text, min(6, len(levels) + 2))
    bullet = _BULLET.match(text)
    return RawBlock("item", text[bullet.end() :]) if bullet else RawBlock("paragraph", text)


def _joined(group: list[_Line], words: set[str]) -> str:
    text = group[0].text
    for line in group[1:]:
        if _CUT_WORD.search(text) and line.text[:1].islower():
            first, second = text.rsplit(None, 1)[-1].lower(), line.text.split(None, 1)[0].strip(".,;:!?)”’\"'").lower()
            text = (text if first + second in words else text[:-1]) + line.text
        else:
            text = f"{text} {line.text}"
    return plain(text)


def _body_size(lines: list[_Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0]


def _usual_gap(lines: list[_Line]) -> float:
    gaps = [a.y - b.y for a, b in pairwise(lines) if a.page == b.page and 0 < a.y - b.y < 100]
    return median(gaps) if gaps else 1.0


def _is_large(line: _Line, body: float) -> bool:
    return line.size > _BIGGER * body
