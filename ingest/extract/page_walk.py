"""One pass over a page's elements, in order and without recursion, that gives its blocks."""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree

from app.domain import BlockKind
from app.text import plain
from ingest.document import RawBlock
from ingest.extract.page_parts import Element, is_callout, is_furniture, speaks_of_emergency

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_BLOCK_TAGS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt", "fieldset"}
    | {"figcaption", "figure", "footer", "form", "header", "hr", "legend", "li", "main", "nav", "ol", "p", "pre", "section", "summary"}
    | {"table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", *_HEADINGS}
)
_LINK_LISTS = ("ul", "ol", "div", "section", "table", "p", "nav")
_SPACE = re.compile(r"\s+")
_PARAGRAPHS = re.compile(r"\n\s*\n")
_LONGEST_CALLOUT = 1_500
_LONGEST_HEADING = 200
_LINKS_OF_A_MENU = 3


class Walk:
    """Reads ``body``; what is inside ``root`` and not furniture is kept, and emergency call-outs anywhere.

    ``length`` is the number of characters seen, kept or not; ``title`` the text of the article's own first ``<h1>``, ``banner`` of any.
    """

    def __init__(self, body: Element, root: Element) -> None:
        self.title = self.banner = ""
        self._body, self._root = body, root
        self._texts, self._links, self._link_counts = _measure(body)
        self.length = self._texts[body]
        self._blocks: list[RawBlock] = []
        self._buffer: list[str] = []
        self._inside = self._furniture = self._item = 0
        self._level = 1
        self._heading = 0
        self._callout_from: Element | None = None

    def blocks(self) -> tuple[RawBlock, ...]:
        """The blocks, in reading order, no two call-outs alike."""
        for event, element in etree.iterwalk(self._body, events=("start", "end")):
            if event == "start":
                self._open(element)
                self._buffer.append(_SPACE.sub(" ", element.text or ""))
            else:
                self._close(element)
                self._buffer.append(_SPACE.sub(" ", element.tail or "") if element is not self._body else "")
        self._flush()
        return tuple(_without_repeats(self._blocks))

    def _open(self, element: Element) -> None:
        if element.tag == "br":
            self._buffer.append("\n")
        if element.tag not in _BLOCK_TAGS:
            return
        self._flush()
        self._inside += element is self._root
        if not self._furniture and self._is_furniture(element):
            self._furniture = 1
        elif self._furniture:
            self._furniture += 1
        if self._callout_from is None and is_callout(element) and self._is_emergency(element):
            self._callout_from = element
        self._item += element.tag == "li"
        self._heading = _HEADINGS.get(element.tag, min(self._level + 1, 6) if element.tag in ("summary", "dt") else 0)

    def _close(self, element: Element) -> None:
        if element.tag not in _BLOCK_TAGS:
            return
        self._flush()
        self._heading = 0
        self._inside -= element is self._root
        self._furniture -= self._furniture > 0
        self._item -= element.tag == "li"
        if self._callout_from is element:
            self._callout_from = None

    def _is_furniture(self, element: Element) -> bool:
        if element is self._root or element is self._body:
            return False
        if element.tag == "header":
            return not self._inside or self._root is self._body
        if element.tag == "figcaption":
            return True
        small = self._texts[element] < 0.4 * self._texts[self._root]
        if self._inside and is_furniture(element):
            return small or element.tag in ("nav", "footer", "aside")
        if not self._inside and is_furniture(element):
            return small or self._root is not self._body
        return small and element.tag in _LINK_LISTS and self._is_menu(element)

    def _is_menu(self, element: Element) -> bool:
        links, share = self._link_counts[element], self._links[element] / max(1, self._texts[element])
        return (links >= _LINKS_OF_A_MENU and share >= 0.7) or (links == _LINKS_OF_A_MENU - 1 and share == 1)

    def _is_emergency(self, element: Element) -> bool:
        if self._texts[element] > _LONGEST_CALLOUT:
            return False
        return speaks_of_emergency(" ".join(islice(element.itertext(), 200)))

    def _flush(self) -> None:
        source, self._buffer = "".join(self._buffer), []
        if not source.strip():
            return
        pieces = [source] if self._heading else _PARAGRAPHS.split(source)
        for text in filter(None, map(plain, pieces)):
            self._keep(text)

    def _keep(self, text: str) -> None:
        if self._heading == 1 and not self.title:
            self.title = text if self._inside and not self._furniture else ""
            self.banner = self.banner or text
            if self.title:
                return
        if self._callout_from is not None or (
            (self._furniture or not self._inside) and len(text) <= _LONGEST_CALLOUT // 3 and not self._heading and speaks_of_emergency(text)
        ):
            self._blocks.append(RawBlock("callout", text))
        elif self._inside and not self._furniture:
            self._blocks.append(self._block(text))

    def _block(self, text: str) -> RawBlock:
        if self._heading and len(text) <= _LONGEST_HEADING:
            if self._heading in _HEADINGS.values():
                self._level = min(self._heading, 5)
            return RawBlock("heading", text, max(2, self._heading))
        kind: BlockKind = "item" if self._item else "paragraph"
        return RawBlock(kind, text)


def _measure(body: Element) -> tuple[dict[Element, int], dict[Element, int], dict[Element, int]]:
    """For each element: its characters, its characters inside links, and its links."""
    texts: dict[Element, int] = {}
    links: dict[Element, int] = {}
    counts: dict[Element, int] = {}
    for _, element in etree.iterwalk(body, events=("end",)):
        children = list(element)
        own = len((element.text or "").strip()) + sum(len((child.tail or "").strip()) for child in children)
        texts[element] = own + sum(texts.get(child, 0) for child in children)
        is_link = element.tag == "a" and element.get("href") is not None
        links[element] = texts[element] if is_link else sum(links.get(child, 0) for child in children)
        counts[element] = int(is_link) + sum(counts.get(child, 0) for child in children)
    return texts, links, counts


def _without_repeats(blocks: list[RawBlock]) -> list[RawBlock]:
    seen: set[str] = set()
    kept = []
    for block in blocks:
        if block.kind == "callout" and block.text in seen:
            continue
        if block.kind == "callout":
            seen.add(block.text)
        kept.append(block)
    return kept
