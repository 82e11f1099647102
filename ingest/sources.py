"""What to read: files, folders, lists of addresses, addresses and site maps, in an order that depends on nothing but their names.

In a folder every file of a known kind is read, folders below included, other than READMEs and names that start with a dot. So
``corpus/`` means the articles in it and whatever a clinic adds; ``topics.toml`` and ``answers.csv`` are of no kind that is read.
"""

from __future__ import annotations

import html
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.errors import SourceError
from ingest.document import Kind, SetAside, SourceFile
from ingest.extract.kinds import kind_of_name, kind_of_type
from ingest.fetch import Fetcher, Page

URL_LIST = ".urls"
_UNREAD = frozenset(
    {".doc", ".odt", ".rtf", ".pages", ".epub", ".ppt", ".pptx", ".xls", ".xlsx", ".mobi", ".tex", ".rst", ".mhtml", ".zip"}
)
_LOCATION = re.compile(rb"<loc>\s*([^<\s]{1,2000})\s*</loc>")
_SITE_MAP = re.compile(rb"<(urlset|sitemapindex)\b")
_MOST_PAGES = 2_000
_MOST_MAPS = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A document not read yet: ``path`` for a file, ``page`` when it came with looking, else ``origin`` is an address."""

    origin: str
    path: Path | None = None
    page: Page | None = None


def find(sources: Sequence[str], fetcher: Fetcher) -> Iterator[Found | SetAside]:
    """All documents of the sources, each once, in the order of the sources and by name within each."""
    seen: set[str] = set()
    for source in sources:
        for found in _find_one(source, fetcher):
            key = str(found.path.resolve()) if isinstance(found, Found) and found.path else found.origin
            if key not in seen:
                seen.add(key)
                yield found


def load(found: Found, fetcher: Fetcher, most_bytes: int) -> SourceFile:
    """The document's bytes and kind. Raises ``SourceError``: "too_large", "unreadable", "wrong_type", and what ``Fetcher.fetch`` raises."""
    if found.path is not None:
        return SourceFile(found.origin, _bytes_of(found.path, most_bytes), kind_of_name(found.path.name) or "text")
    page = found.page or fetcher.fetch(found.origin)
    kind = _page_kind(page)
    if kind is None:
        raise SourceError("The address gives no document that can be read.", code="wrong_type")
    return SourceFile(found.origin, page.data, kind)


def urls_in(path: Path) -> list[str]:
    """The lines of a list of addresses, less blank ones and those that start with ``#``."""
    lines = path.read_text("utf-8-sig", errors="replace").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _find_one(source: str, fetcher: Fetcher) -> Iterator[Found | SetAside]:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:(?!\\)", source):
        yield from _find_address(source, fetcher)
        return
    path = Path(source)
    if path.is_dir():
        yield from _find_in_folder(path, fetcher)
    elif not path.exists():
        yield SetAside(source, "not_found", "There is no such file or folder.")
    else:
        yield from _find_file(path, path.name, fetcher)


def _find_file(path: Path, origin: str, fetcher: Fetcher) -> Iterator[Found | SetAside]:
    if path.suffix.lower() == URL_LIST:
        for address in urls_in(path):
            yield from _find_address(address, fetcher)
    elif kind_of_name(path.name) is None:
        yield SetAside(origin, "unsupported_type", "Files of this type are not read: save it as PDF, Word (.docx), HTML, Markdown or text.")
    else:
        yield Found(origin, path)


def _find_in_folder(folder: Path, fetcher: Fetcher) -> Iterator[Found | SetAside]:
    root = folder.resolve()
    for path in sorted(_files_below(root), key=lambda path: path.relative_to(root).as_posix()):
        origin = path.relative_to(root).as_posix()
        known = kind_of_name(path.name) or path.suffix.lower() in {URL_LIST, *_UNREAD}
        if not known or path.stem.lower() == "readme":
            continue
        if not path.resolve().is_relative_to(root):
            yield SetAside(origin, "outside", "It is a link to a place outside the folder.")
        elif path.exists():
            yield from _find_file(path, origin, fetcher)


def _files_below(root: Path) -> Iterator[Path]:
    for folder, subfolders, names in os.walk(root):  # links to folders are not followed
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        yield from (Path(folder) / name for name in names if not name.startswith("."))


def _find_address(address: str, fetcher: Fetcher) -> Iterator[Found | SetAside]:
    if not address.lower().startswith(("http://", "https://")):
        yield SetAside(address[:200], "refused", "Only http and https addresses are read.")
    elif urlsplit(address).path.lower().endswith(".xml"):
        yield from _find_in_map(address, fetcher)
    else:
        yield Found(address)


def _find_in_map(address: str, fetcher: Fetcher) -> Iterator[Found | SetAside]:
    """The pages of a site map, and of the site maps it names; addresses on other sites are left out."""
    waiting, pages, read = [address], list[str](), 0
    while waiting and read < _MOST_MAPS:
        current, read = waiting.pop(0), read + 1
        try:
            page = fetcher.fetch(current)
        except SourceError as error:
            yield SetAside(current, error.code, str(error))
            continue
        kind = _SITE_MAP.search(page.data[:4096])
        if kind is None:
            yield Found(current, page=page)
            continue
        own = [url for url in _locations(page.data) if urlsplit(url).netloc == urlsplit(address).netloc]
        (pages if kind[1] == b"urlset" else waiting).extend(own)
    unique = sorted(set(pages))
    yield from (Found(url) for url in unique[:_MOST_PAGES])
    if len(unique) > _MOST_PAGES:
        yield SetAside(address, "too_large", f"Its site map names {len(unique)} pages; the first {_MOST_PAGES} by name were read.")


def _locations(data: bytes) -> list[str]:
    return [html.unescape(location.decode("utf-8", "replace")) for location in _LOCATION.findall(data)]


def _page_kind(page: Page) -> Kind | None:
    return kind_of_type(page.content_type) or (kind_of_name(urlsplit(page.url).path) if not page.content_type else None)


def _bytes_of(path: Path, most_bytes: int) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError("It is not a regular file.")
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise SourceError(f"It could not be opened ({type(error).__name__}).") from None
    if len(data) > most_bytes:
        raise SourceError(f"It is larger than {most_bytes:,} bytes.", code="too_large")
    return data
