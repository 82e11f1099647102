"""Web pages: bytes to blocks.

``<main>`` (or one ``<article>``) is kept whole first. Without it the whole body is read, less what tags, roles, classes and link density
show to be furniture. Emergency call-outs are kept wherever they stand. Tables and definition lists become items; what a reader can't see
is kept apart, for ``ingest.screen``. Not done: style sheets in other files, text that scripts would write, pictures of text.
"""

from __future__ import annotations

import re

from lxml import etree
from lxml import html as lxml_html

from app.errors import SourceError
from app.text import plain
from ingest.document import RawDocument
from ingest.extract.encoding import decode
from ingest.extract.page_parts import Element, hidden_names, is_invisible, is_pale, page_parts
from ingest.extract.page_tables import lists_from_tables
from ingest.extract.page_walk import Walk
from ingest.extract.unseen import refuse_unseen
from ingest.frontmatter import FrontMatter

_NOT_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,2000}?-->\s*)*(?:<!DOCTYPE\s+(?!html)|<(?:svg|rss|feed|urlset|sitemapindex|math|plist)\b)",
    re.I | re.S,
)
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style|noscript|template|svg|head)\b.*?</\1\s*>", re.I | re.S)
_TAG = re.compile(r"<[^<>]*>")
_TITLE_PARTS = re.compile(r"\s+[|–—·»:-]+\s+")
_MUCH = 2_000  # characters of a page from which an article is expected
_LITTLE = 200  # characters under which a page has no article
_MOST_CANDIDATES = 50


def read_html(data: bytes) -> RawDocument:
    """The page's article as blocks; ``title`` is its first ``<h1>``, or the page's title without the site's name.

    Raises ``SourceError``: "wrong_type", "hostile" (entities, nesting too deep), "empty", "text_lost", and what ``decode`` raises.
    """
    text = decode(data)
    if "<!ENTITY" in text[:20_000]:
        raise SourceError("It declares entities, which pages don't.", code="hostile")
    if _NOT_HTML.match(text):
        raise SourceError("It is XML or a drawing, not a page.", code="wrong_type")
    page = _parse(text)
    refuse_unseen("".join(page.itertext()))
    hidden, pale = _take_away_unseen(page)
    declared = _declared_title(page)
    body = _body(page)
    lists_from_tables(body)
    walk = Walk(body, _root(body))
    blocks = walk.blocks()
    seen = walk.length + sum(map(len, hidden))
    _check_nothing_lost(text, kept=sum(len(block.text) for block in blocks), seen=seen)
    return RawDocument(walk.title or declared or walk.banner, blocks, FrontMatter(), (*hidden, *pale))


def _parse(text: str) -> Element:
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True)
    try:
        page = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        raise SourceError("It has no text.", code="empty") from None
    if any("depth" in error.message.lower() for error in parser.error_log):
        raise SourceError("Its elements are nested too deep to be read.", code="hostile")
    return page


def _take_away_unseen(page: Element) -> tuple[list[str], list[str]]:
    """Remove what no reader sees; give its texts, and the texts that may be unseen and stay."""
    names = hidden_names(" ".join(style.text or "" for style in page.iter("style")))
    unread, gone, hidden, pale = page_parts().unread_tags, [], [], []
    walker = etree.iterwalk(page, events=("start", "comment", "pi"))
    for event, element in walker:
        if event != "start":
            gone.append(element)
            hidden.append(element.text or "")
            continue
        hidden.extend(value for name in ("alt", "title", "aria-label", "content") if (value := element.get(name)))
        if element.tag in unread and element.tag != "head":
            gone.append(element)
            walker.skip_subtree()
        elif element is not page and is_invisible(element, names):
            gone.append(element)
            hidden.append("".join(element.itertext()))
            walker.skip_subtree()
        elif is_pale(element):
            pale.append("".join(element.itertext()))
    for element in gone:
        if element.getparent() is not None:
            element.drop_tree()
    return [text for text in map(plain, hidden) if text], [text for text in map(plain, pale) if text]


def _body(page: Element) -> Element:
    """The part that is shown. The parser leaves what it doesn't know, such as ``<main>``, in the head of a page without ``<body>``."""
    etree.strip_elements(page, "title", "base", with_tail=False)
    body = page.find("body")
    return page if body is None or page.find("head/main") is not None or page.find("head/article") is not None else body


def _root(body: Element) -> Element:
    """Where the article is: the one ``<main>``, else the ``<article>`` that holds most of the text, else the body."""
    mains = [element for element in body.iter("main", "div", "section") if element.tag == "main" or element.get("role") == "main"]
    if len(mains) == 1 and _length(mains[0]) >= _LITTLE:
        return mains[0]
    articles = sorted(
        ((_length(element), at, element) for at, element in enumerate(body.iter("article")) if at < _MOST_CANDIDATES), reverse=True
    )
    if articles and articles[0][0] >= max(_LITTLE, sum(length for length, _, _ in articles) / 2):
        return articles[0][2]
    return body


def _length(element: Element) -> int:
    return sum(len(text.strip()) for text in element.itertext())


def _declared_title(page: Element) -> str:
    """The ``<title>`` without the site's name, which is taken to be the shorter part."""
    return max(_TITLE_PARTS.split(plain(page.xpath("string(//title)"))), key=len, default="")


def _check_nothing_lost(source: str, *, kept: int, seen: int) -> None:
    crude = len(plain(_TAG.sub(" ", _UNSEEN.sub(" ", source))))
    if crude == 0 or seen == 0:
        raise SourceError("It has no text.", code="empty")
    if seen < crude / 10 or (kept < _LITTLE and crude > _MUCH):
        raise SourceError("Nearly all of its text was lost in reading.", code="text_lost")
    if kept == 0:
        raise SourceError("It has no article text.", code="empty")
