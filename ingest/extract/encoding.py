"""Bytes to text: by byte order mark, by what the document declares, as UTF-8, and only then by guessing."""

from __future__ import annotations

import codecs
import re
from itertools import islice

from charset_normalizer import from_bytes

from app.errors import SourceError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""<(?:meta[^>]{0,200}?charset|\?xml[^>]{0,100}?encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.I)
_GUESS_ON = 60_000  # bytes shown to the guesser: enough to tell, and quick
_LEAST_VARIETY = 8  # different characters that any real text of some length has


def decode(data: bytes) -> str:
    """The text of a document.

    Raises ``SourceError``: "empty" when there is nothing, "wrong_type" when it is not text, "unreadable" when no encoding fits.
    """
    if not data.strip():
        raise SourceError("It is empty.", code="empty")
    text = _by_mark(data)
    if text is None:
        if b"\x00" in data[:4096]:
            raise SourceError("It is not text.", code="wrong_type")
        text = _by_declaration(data) or _as(data, "utf-8") or _by_guess(data)
    if len(text) > 1_000 and len(set(islice(text, 100_000))) < _LEAST_VARIETY:
        raise SourceError("It holds no readable text.", code="unreadable")
    return text


def _by_mark(data: bytes) -> str | None:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _as(data, name)
    return None


def _by_declaration(data: bytes) -> str | None:
    found = _DECLARED.search(data[:2048])
    return _as(data, found[1].decode("ascii")) if found else None


def _as(data: bytes, name: str) -> str | None:
    try:
        return data.decode("windows-1252" if name.lower() in ("iso-8859-1", "latin1", "latin-1") else name)  # as browsers do
    except (UnicodeError, LookupError):
        return None


def _by_guess(data: bytes) -> str:
    best = from_bytes(data[:_GUESS_ON]).best()
    if best is None:
        raise SourceError("No known text encoding fits it.", code="unreadable")
    return data.decode(best.encoding, errors="replace")
