"""The way in for a build: sources to articles. One document's trouble sets that document aside, and the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from app.domain import Article
from app.errors import SourceError
from app.settings import Settings
from ingest.assemble import Slugs, assemble
from ingest.clean import clean
from ingest.document import RawDocument, SetAside
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
    articles, set_aside = list[Article](), list[SetAside]()
    with Sandbox(settings.limits.document_seconds) as sandbox:
        reader = _Reader(web, sandbox, settings.limits.document_bytes)
        for done, item in enumerate(found, start=1):
            outcome = item if isinstance(item, SetAside) else reader.read(item)
            if isinstance(outcome, SetAside):
                set_aside.append(outcome)
            else:
                articles.append(outcome)
            if on_progress:
                on_progress("read", done, len(found))
    return ReadResult(articles, set_aside)


@dataclass
class _Reader:
    web: Fetcher
    sandbox: Sandbox
    most_bytes: int
    slugs: Slugs = field(default_factory=Slugs)
    texts: set[str] = field(default_factory=set)

    def read(self, item: Found) -> Article | SetAside:
        try:
            document = self.sandbox.read(load(item, self.web, self.most_bytes))
            screen(document)
            return self._article(clean(document), item.origin)
        except SourceError as error:
            return SetAside(item.origin, error.code, str(error))

    def _article(self, document: RawDocument, origin: str) -> Article:
        digest = sha256("\n".join(block.text for block in document.blocks).encode("utf-8", "surrogatepass")).hexdigest()
        if document.blocks and digest in self.texts:
            raise SourceError("Another document has the same text.", code="duplicate")
        self.texts.add(digest)
        return assemble(document, origin, self.slugs)
