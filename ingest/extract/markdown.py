"""Markdown with front matter: rendered to HTML and read as a page, so that raw HTML inside it is judged as in any page."""

from __future__ import annotations

from dataclasses import replace

from markdown_it import MarkdownIt

from app.errors import SourceError
from ingest.document import RawDocument
from ingest.extract.encoding import decode
from ingest.extract.html import read_html
from ingest.frontmatter import split_front_matter


def read_markdown(data: bytes) -> RawDocument:
    """The document; its front matter's title wins over a ``#`` heading.

    Raises ``SourceError``: "front_matter", "empty", and what ``decode`` and ``read_html`` raise.
    """
    meta, body = split_front_matter(decode(data))
    if not body.strip():
        raise SourceError("It has no text below its front matter.", code="empty")
    page = MarkdownIt("commonmark").enable("table").render(body)
    document = read_html(f"<main>{page}</main>".encode())
    return replace(document, title=meta.title or document.title, meta=meta)
