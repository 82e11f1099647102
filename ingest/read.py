"""The way in for a build: sources to articles. One document's trouble sets that document aside, and the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from app.domain import Article
from app.errors import SourceError
from app.settings import Settings
from ingest.assemble import Slugs, assemble
from ingest.clean import clean
from ingest.document import SetAside
from ingest.fetch import Fetcher
from ingest.sandbox import Sandbox
from ingest.screen import screen
from ingest.sources import Found, find, load

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What was read, in the order of the sources, and what was not. No two articles share a slug."""

    articles: list[Article]
    set_aside: list[SetAside]


def read_sources(
    sources: Sequence[str], settings: Settings, on_progress: Progress | None = None, *, fetcher: Fetcher | None = None
) -> ReadResult:
    """Read every document of ``sources`` (files, folders, lists of addresses, addresses, site maps).

    ``on_progress`` gets ``("read", done, total)``. Raises nothing for a bad document or source; see ``ReadResult.set_aside``.
    """
    web = fetcher or Fetcher()
    found = list(find(sources, web))
    articles, set_aside, texts, slugs = list[Article](), list[SetAside](), set[str](), Slugs()
    with Sandbox(settings.limits.document_seconds) as sandbox:
        for done, item in enumerate(found, start=1):
            if isinstance(item, SetAside):
                set_aside.append(item)
            else:
                try:
                    article = _read(item, settings, web, sandbox, texts, slugs)
                except SourceError as error:
                    set_aside.append(SetAside(item.origin, error.code, str(error)))
                else:
                    articles.append(article)
            if on_progress:
                on_progress("read", done, len(found))
    return ReadResult(articles, set_aside)


def _read(item: Found, settings: Settings, web: Fetcher, sandbox: Sandbox, texts: set[str], slugs: Slugs) -> Article:
    source = load(item, web, settings.limits.document_bytes)
    document = sandbox.read(source)
    screen(document)
    cleaned = clean(document)
    digest = sha256("\n".join(block.text for block in cleaned.blocks).encode("utf-8", "surrogatepass")).hexdigest()
    if cleaned.blocks and digest in texts:
        raise SourceError("Another document has the same text.", code="duplicate")
    article = assemble(cleaned, item.origin, slugs)
    texts.add(digest)
    return article
