"""Word documents, by way of mammoth's HTML. The sizes that the zip declares are looked at before anything is unpacked."""

from __future__ import annotations

import io
import re
import zipfile

import mammoth

from app.errors import SourceError
from ingest.document import RawDocument
from ingest.extract.html import read_html

_MOST_BYTES = 100_000_000  # unpacked, all parts; pictures are in it
_MOST_TEXT_BYTES = 40_000_000  # unpacked, one XML part
_MOST_PARTS = 5_000
_TAG = re.compile(rb"<[^<>]*>")
_STYLES = "p[style-name='Title'] => h1:fresh\np.Title => h1:fresh\np[style-name='Subtitle'] => p:fresh"


def read_docx(data: bytes) -> RawDocument:
    """The document's text; headings by their style, comments and page headers left out.

    Raises ``SourceError``: "wrong_type", "encrypted", "too_large" (a zip bomb), "hostile" (a document type), "empty", "text_lost".
    """
    crude = _checked_text_bytes(data)
    try:
        page = mammoth.convert_to_html(io.BytesIO(data), style_map=_STYLES, convert_image=mammoth.images.img_element(lambda _: {})).value
    except (KeyError, ValueError, AttributeError, OSError, zipfile.BadZipFile):
        raise SourceError("It is not a readable Word document.") from None
    if len(page) < crude / 10 and crude > 500:
        raise SourceError("Nearly all of its text was lost in reading.", code="text_lost")
    return read_html(f"<main>{page}</main>".encode())


def _checked_text_bytes(data: bytes) -> int:
    """About how much text the document holds, by taking its tags away."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):  # the old container: a .doc, or a .docx with a password
        raise SourceError("It is protected by a password, or in Word's old format.", code="encrypted")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_BYTES:
                raise SourceError("It unpacks to far more than a document holds.", code="too_large")
            xml = [part for part in parts if part.filename.endswith((".xml", ".rels"))]
            if any(part.file_size > _MOST_TEXT_BYTES for part in xml):
                raise SourceError("It unpacks to far more than a document holds.", code="too_large")
            if any(b"<!DOCTYPE" in archive.read(part)[:4096] for part in xml):
                raise SourceError("It declares a document type, which Word never does.", code="hostile")
            return len(_TAG.sub(b"", archive.read("word/document.xml")).strip())
    except KeyError:
        raise SourceError("It is a zip file, but not a Word document.", code="wrong_type") from None
    except RuntimeError:  # zipfile: a member with a password
        raise SourceError("It is protected by a password.", code="encrypted") from None
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        raise SourceError("It is not a readable Word document.") from None
