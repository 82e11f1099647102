"""Which reader reads which kind of document, and what a file's first bytes and name say its kind is."""

from __future__ import annotations

import re

from app.errors import SourceError
from ingest.document import Kind, RawDocument

_BY_SUFFIX: dict[str, Kind] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".txt": "text",
    ".text": "text",
    ".pdf": "pdf",
    ".docx": "docx",
}
_BY_TYPE: dict[str, Kind] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "text",
    "text/markdown": "markdown",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}
_FIRST_BYTES: tuple[tuple[bytes, Kind | None], ...] = (
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "docx"),
    (b"\xd0\xcf\x11\xe0", "docx"),  # the container of old and of encrypted Office files
    *(
        (start, None)
        for start in (
            b"\x89PNG",
            b"\xff\xd8\xff\xe0",
            b"GIF8",
            b"\x1f\x8b",
            b"\x7fELF",
            b"MZ\x90",
            b"Rar!",
            b"7z\xbc\xaf",
            b"SQLite format",
        )
    ),
)


def kind_of_name(name: str) -> Kind | None:
    """The kind that a file name's ending promises; None when it is none that is read."""
    found = re.search(r"\.[a-z]+$", name.lower())
    return _BY_SUFFIX.get(found[0]) if found else None


def kind_of_type(content_type: str) -> Kind | None:
    """The kind that a Content-Type header promises."""
    return _BY_TYPE.get(content_type.split(";", maxsplit=1)[0].strip().lower())


def read(kind: Kind, data: bytes) -> RawDocument:
    """Read one document. Raises ``SourceError``; "empty" for no bytes, "wrong_type" when the bytes are of another kind than promised."""
    if not data.strip():
        raise SourceError("It is empty.", code="empty")
    for start, actual in _FIRST_BYTES:
        if data.startswith(start) and actual != kind:
            raise SourceError("Its content is of another type than its name says.", code="wrong_type")
    if kind == "markdown":
        from ingest.extract.markdown import read_markdown as reader
    elif kind == "html":
        from ingest.extract.html import read_html as reader
    elif kind == "text":
        from ingest.extract.text import read_text as reader
    elif kind == "pdf":
        from ingest.extract.pdf import read_pdf as reader
    else:
        from ingest.extract.docx import read_docx as reader
    return reader(data)
