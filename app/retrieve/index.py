"""One open build: everything that answering reads, by row number.

Opening checks every file against the manifest before any library sees it, so that a damaged file is an error with a reason, never a crash
or a wrong result. Vectors are mapped, words are read from SQLite when asked for: an open build takes little memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from app.domain import Article, Passage, Span
from app.errors import IndexDamaged, IndexUnavailable
from app.retrieve import layout
from app.retrieve.arrays import Arrays, Questions, Rows, Vectors, load_arrays
from app.retrieve.content import ArticleCard, Content
from app.retrieve.dense import DenseIndex, EmbeddedStore, ServerStore, Store
from app.retrieve.lexical import LexicalIndex
from app.retrieve.manifest import Manifest, check_file, read_manifest
from app.retrieve.serving_copy import ServingCopy

COPIED = (layout.CHROMA, layout.LEXICAL)


@dataclass(frozen=True)
class Index:
    """A verified build, open for reading; thread-safe. ``open_build`` and ``open_current`` make it; ``close()`` when its last user is done.

    ``problem`` says why this older build is served instead of the current one; it is empty when all is well.
    """

    manifest: Manifest
    content: Content
    arrays: Arrays
    lexical: LexicalIndex
    problem: str
    _dense: DenseIndex
    _resources: ExitStack

    @property
    def name(self) -> str:
        """The build's name."""
        return self.manifest.name

    @property
    def degraded(self) -> bool:
        """True when the current build can't be served and this is an older one."""
        return bool(self.problem)

    @property
    def vectors(self) -> Vectors:
        """(passages, d) unit vectors by passage row."""
        return self.arrays.passages

    @property
    def heads(self) -> Vectors:
        """(articles, d) vectors of whole articles by article row: halfway between the opening and the mean of the passages."""
        return self.arrays.heads

    @property
    def article_row_of(self) -> Rows:
        """(passages,) the article row of each passage row."""
        return self.arrays.article_rows

    @property
    def questions(self) -> Questions:
        """The articles' own questions and headings, with the rows that answer them."""
        return self.arrays.questions

    @property
    def outside(self) -> Vectors:
        """(examples, d) unit vectors of questions that the library doesn't answer."""
        return self.arrays.outside

    def dense(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """Up to ``k`` (passage row, cosine), best first; ``vector`` is (d,), of unit length."""
        return self._dense.search(vector, k)

    def passage(self, row: int) -> Passage:
        """The passage of ``row``."""
        return self.content.passages((row,))[0]

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """The passages of ``rows``, in that order, in at most one read."""
        return self.content.passages(rows)

    def sentences(self, row: int) -> tuple[tuple[Span, ...], Vectors]:
        """The sentences of passage ``row`` and their unit vectors (n, d)."""
        return self.passage(row).sentences, self.sentence_vectors(row)

    def sentence_vectors(self, row: int) -> Vectors:
        """(n, d) unit vectors of the sentences of passage ``row``, without reading it; kept in half precision, cosine error below 0.001."""
        starts = self.arrays.sentence_starts
        return self.arrays.sentences[starts[row] : starts[row + 1]].astype(np.float32)

    def article(self, slug: str) -> Article | None:
        """The article, or None."""
        return self.content.article(slug)

    def articles(self) -> Sequence[ArticleCard]:
        """What a list of articles shows, by article row."""
        return self._cards

    def close(self) -> None:
        """Let go of files and memory; safe to repeat."""
        self._resources.close()

    @cached_property
    def _cards(self) -> tuple[ArticleCard, ...]:
        return tuple(self.content.cards())


def dense_store(folder: Path, name: str, chroma_url: str) -> Store:
    """Where the vectors of build ``name`` are: on the Chroma server when there is one, else in ``folder``."""
    return ServerStore(chroma_url, f"rapport-{name}") if chroma_url else EmbeddedStore(folder / layout.CHROMA)


def open_build(folder: Path, *, fingerprint: str | None = None, chroma_url: str = "", problem: str = "") -> Index:
    """Check and open one build.

    Raises ``IndexDamaged`` when a file is not what was written, ``IndexUnavailable`` when the build is another model's (``fingerprint`` is
    the embedder's; None takes any), empty, or kept on a Chroma server that isn't configured.
    """
    manifest = read_manifest(folder)
    _check_usable(manifest, fingerprint, chroma_url)
    with ExitStack() as stack:
        for name, seal in manifest.files.items():
            if not name.startswith(tuple(f"{copied}/" for copied in COPIED)):
                check_file(folder / name, seal)
        copy = ServingCopy(folder, manifest, COPIED)
        stack.callback(copy.close)
        content = Content(folder / layout.CONTENT)
        stack.callback(content.close)
        if content.passage_count != manifest.passages:
            raise IndexDamaged(f"{layout.CONTENT} doesn't hold what the manifest counts.")
        dense = dense_store(copy.path, manifest.name, chroma_url).open(content.ids(), manifest.dimension)
        stack.callback(dense.close)
        lexical = _open_lexical(copy.path / layout.LEXICAL)
        return Index(manifest, content, load_arrays(folder, manifest), lexical, problem, dense, stack.pop_all())


def open_current(index_dir: Path, fingerprint: str | None = None, *, chroma_url: str = "") -> Index:
    """Open the build that CURRENT names, or else the last good one (then ``degraded``, with the ``problem``).

    Raises ``IndexUnavailable`` with the reason when there is none to serve.
    """
    name = layout.current_name(index_dir)
    try:
        return open_build(layout.build_folder(index_dir, name), fingerprint=fingerprint, chroma_url=chroma_url)
    except IndexUnavailable as error:
        first = error
    for older in layout.fallbacks(index_dir, name):
        try:
            return open_build(layout.build_folder(index_dir, older), fingerprint=fingerprint, chroma_url=chroma_url, problem=str(first))
        except IndexUnavailable:
            continue
    raise first


def _check_usable(manifest: Manifest, fingerprint: str | None, chroma_url: str) -> None:
    if fingerprint is not None and manifest.fingerprint != fingerprint:
        message = f"The index was made with another embedding model ({manifest.model}). Run: rapport ingest"
        raise IndexUnavailable(message, code="index_foreign_model")
    if not manifest.passages:
        raise IndexUnavailable("The index holds no passages. Run: rapport ingest", code="index_empty")
    if (manifest.store == "server") != bool(chroma_url):
        message = (
            "The index was made for a Chroma server: set CHROMA_URL."
            if manifest.store == "server"
            else "The index isn't on the Chroma server."
        )
        raise IndexUnavailable(f"{message} Or run: rapport ingest", code="index_store")


def _open_lexical(folder: Path) -> LexicalIndex:
    try:
        return LexicalIndex.open(folder)
    except (ValueError, OSError):
        raise IndexDamaged("The keyword index can't be opened.") from None
