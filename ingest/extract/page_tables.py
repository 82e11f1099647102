"""Tables and definition lists, made into lists that read as sentences, before a page is walked."""

from __future__ import annotations

from lxml import etree

from app.text import plain
from ingest.extract.page_parts import Element

_LONGEST_CELL = 400
_BLOCKS = ("p", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "table", "dl", "div", "section", "article")


def lists_from_tables(body: Element) -> None:
    """Replace each table of data and each list of short definitions under ``body`` by a list; tables that only lay out a page stay."""
    for table in list(body.iter("table")):
        rows = _rows(table)
        if rows is not None:
            _replace(table, _row_texts(rows))
    for definitions in list(body.iter("dl")):
        pairs = _pairs(definitions)
        if pairs is not None:
            _replace(definitions, pairs)


def _rows(table: Element) -> list[list[tuple[bool, str]]] | None:
    """The cells as (is a heading, text); None for a table that lays out a page."""
    rows = []
    for row in table.iter("tr"):
        cells = [(cell.tag == "th", cell) for cell in row if cell.tag in ("td", "th")]
        if any(_holds_blocks(cell) for _, cell in cells):
            return None
        texts = [(heads, plain("".join(cell.itertext()))) for heads, cell in cells]
        if any(len(text) > _LONGEST_CELL for _, text in texts):
            return None
        rows.append(texts)
    return rows if any(len(row) > 1 for row in rows) else None


def _row_texts(rows: list[list[tuple[bool, str]]]) -> list[str]:
    heads = [text for _, text in rows[0]] if rows and len(rows) > 1 and rows[0] and all(is_head for is_head, _ in rows[0]) else []
    texts = []
    for row in rows[1:] if heads else rows:
        cells = [text for _, text in row]
        if heads and len(heads) == len(cells):
            named = [f"{head}: {text}" if head else text for head, text in zip(heads, cells, strict=True) if text]
            texts.append("; ".join(named))
        elif len(cells) > 1 and row[0][0]:
            texts.append(f"{cells[0]}: {', '.join(filter(None, cells[1:]))}")
        else:
            texts.append("; ".join(filter(None, cells)))
    return [text for text in texts if text]


def _pairs(definitions: Element) -> list[str] | None:
    """Each term with its definitions; None when they are long enough to be sections of their own."""
    texts, term = [], ""
    for entry in definitions.iter("dt", "dd"):
        text = plain("".join(entry.itertext()))
        if _holds_blocks(entry) or len(text) > _LONGEST_CELL:
            return None
        if entry.tag == "dt":
            term = f"{term}, {text}" if term else text
        elif text:
            texts.append(f"{term.rstrip(':')}: {text}" if term else text)
            term = ""
    return texts


def _holds_blocks(cell: Element) -> bool:
    inner = [element for element in cell.iter(*_BLOCKS) if element is not cell]
    return len(inner) > 1 or any(element.tag not in ("p", "div") for element in inner)


def _replace(element: Element, texts: list[str]) -> None:
    items = etree.Element("ul")
    for text in texts:
        etree.SubElement(items, "li").text = text
    items.tail = element.tail
    parent = element.getparent()
    if parent is not None:
        parent.replace(element, items)
