"""From sources to a published build: read, plan, write, verify, publish.

One build at a time in an index folder; the old one serves until the end.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from app.domain import Article, Passage
from app.errors import BuildError, DiskFull, IndexUnavailable, RapportError
from app.models.embed import Embedder, open_embedder
from app.retrieve import layout
from app.retrieve.content import article_json
from app.retrieve.dense import ServerStore
from app.retrieve.index import dense_store, open_build
from app.retrieve.manifest import SetAside, check_files, read_manifest
from app.settings import Settings
from ingest import publish as publishing
from ingest.cache import VectorCache
from ingest.document import SetAside as Unread
from ingest.orders import load_judge, without_orders
from ingest.recipe import recipe_of
from ingest.split import split
from ingest.stage import Plan, write_build
from ingest.vectors import CachedEmbedder, Progress
from ingest.verify import verify_build

CACHE = "cache.sqlite"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_ROOM_SQLITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}  # the second is what a limit on file sizes becomes
_ROOM = 1 << 20  # with less than this free, a failed write is put down to the disk


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a run did. ``changed`` is false when the index was up to date; ``embedded`` and ``reused`` count distinct texts."""

    name: str
    changed: bool
    articles: int
    passages: int
    embedded: int
    reused: int
    set_aside: tuple[SetAside, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class BuildStatus:
    """One build on disk. ``problems`` are sentences; ``age_seconds`` counts from when it was made."""

    name: str
    current: bool
    articles: int
    passages: int
    model: str
    created: str
    age_seconds: float
    problems: tuple[str, ...]


def run(
    sources: Sequence[str], settings: Settings, *, on_progress: Progress | None = None, embedder: Embedder | None = None
) -> BuildReport:
    """Bring the index up to date with ``sources`` (files, folders, URLs). ``embedder`` stands in for the one that the settings name.

    Raises ``BuildLocked`` at once when another build runs, ``ModelError``, ``DiskFull``, ``BuildError``; the index is then what it was.
    """
    from ingest.read import read_sources  # parsers, which a build of ready articles does without

    progress = on_progress or _silent
    began = time.monotonic()
    with publishing.build_lock(settings.index_dir):
        publishing.remove_leftovers(settings.index_dir)
        embedder = embedder or open_embedder(settings.embedding_model, settings.models_dir, settings.threads)
        read = read_sources(sources, settings, progress)
        articles, ordering, embedded = _screened(read.articles, settings, embedder, progress)
        set_aside = tuple(SetAside(item.origin, item.code, item.reason) for item in (*read.set_aside, *ordering))
        report = _bring_up_to_date(plan_of(articles, set_aside, embedder, settings.chroma_url), settings, embedder, progress, began)
        return replace(report, embedded=report.embedded + embedded, reused=max(0, report.reused - embedded))


def build(
    articles: Iterable[Article], settings: Settings, embedder: Embedder, *, on_progress: Progress | None = None, sentences: bool = True
) -> BuildReport:
    """As ``run``, from articles that are already read; without ``sentences`` the build can be searched but not quoted from."""
    began = time.monotonic()
    with publishing.build_lock(settings.index_dir):
        publishing.remove_leftovers(settings.index_dir)
        plan = plan_of(articles, (), embedder, settings.chroma_url)
        if not sentences:
            name = hashlib.sha256(f"{plan.name} without sentences".encode()).hexdigest()[:16]
            plan = replace(plan, name=name, passages=tuple(replace(passage, sentences=()) for passage in plan.passages))
        return _bring_up_to_date(plan, settings, embedder, on_progress or _silent, began)


def status(index_dir: Path) -> list[BuildStatus]:
    """All builds, most lately published first, each with every file checked. Empty when there is none."""
    try:
        current = layout.current_name(index_dir)
    except IndexUnavailable:
        current = ""
    return [_status(layout.build_folder(index_dir, name), name == current) for name in layout.published_names(index_dir)]


def rollback(index_dir: Path) -> str:
    """Serve the build published before the current one; return its name. Raises ``BuildError`` when there is none or it is damaged."""
    with publishing.build_lock(index_dir):
        return publishing.rollback(index_dir, publishing.Disk())


def drop_backups(index_dir: Path, chroma_url: str = "") -> list[str]:
    """Remove all builds but the current one, so that nothing erased from the articles is left; return the names removed."""
    with publishing.build_lock(index_dir):
        removed = publishing.prune(index_dir, publishing.Disk(), keep=0)
        _drop_collections(removed, chroma_url)
        return removed


def plan_of(articles: Iterable[Article], set_aside: tuple[SetAside, ...], embedder: Embedder, chroma_url: str) -> Plan:
    """What a build of ``articles`` will hold: same articles, same plan, whatever their order. Of two with one slug the first stays."""
    by_slug: dict[str, Article] = {}
    doubles: list[SetAside] = []
    for article in articles:
        if by_slug.setdefault(article.slug, article) is not article:
            doubles.append(SetAside(article.origin, "duplicate_slug", "Another document has the same title or file name."))
    kept = tuple(by_slug[slug] for slug in sorted(by_slug))
    hashes = {article.slug: hashlib.sha256(article_json(article).encode("utf-8", "surrogatepass")).hexdigest() for article in kept}
    recipe = recipe_of(embedder, chroma_url)
    name = hashlib.sha256(json.dumps([recipe, hashes], sort_keys=True).encode()).hexdigest()[:16]
    passages: dict[str, Passage] = {}
    for article in kept:
        for passage in split(article):
            passages.setdefault(passage.id, passage)  # the same words twice in a section are one passage
    if not passages:
        raise BuildError("No article could be read: the index stays as it was.", code="no_articles")
    return Plan(name, recipe, hashes, kept, tuple(passages.values()), (*set_aside, *doubles))


def _screened(
    articles: list[Article], settings: Settings, embedder: Embedder, progress: Progress
) -> tuple[list[Article], list[Unread], int]:
    """The articles without those that speak to a machine, these, and how many texts were embedded for it, which the cache then has."""
    with _failures(settings.index_dir):
        cache = VectorCache(settings.index_dir / CACHE, embedder.dimension)
        try:
            vectors = CachedEmbedder(embedder, cache, progress)
            kept, ordering = without_orders(articles, vectors, load_judge())
        finally:
            cache.close()
    return kept, ordering, vectors.embedded


def _bring_up_to_date(plan: Plan, settings: Settings, embedder: Embedder, progress: Progress, began: float) -> BuildReport:
    index_dir, embedded, reused = settings.index_dir, 0, 0
    current = _current(index_dir)
    intact = _intact(layout.build_folder(index_dir, plan.name), settings.chroma_url)
    with _failures(index_dir):
        if not intact:
            embedded, reused = _write_and_publish(plan, settings, embedder, progress)
        elif current != plan.name:  # the articles are again what they once were
            publishing.point_at(index_dir, plan.name, publishing.Disk())
    changed = not intact or current != plan.name
    seconds = time.monotonic() - began
    return BuildReport(plan.name, changed, len(plan.articles), len(plan.passages), embedded, reused, plan.set_aside, seconds)


def _write_and_publish(plan: Plan, settings: Settings, embedder: Embedder, progress: Progress) -> tuple[int, int]:
    index_dir = settings.index_dir
    staging = index_dir / layout.BUILDS / f"{layout.STAGING_PREFIX}{os.getpid()}"
    folder = staging / plan.name
    cache = VectorCache(index_dir / CACHE, embedder.dimension)
    try:
        vectors = CachedEmbedder(embedder, cache, progress)
        write_build(folder, plan, vectors, dense_store(folder, plan.name, settings.chroma_url))
        progress("verifying", 0, 1)
        verify_build(folder, settings.chroma_url)
        progress("verifying", 1, 1)
        removed = publishing.publish(index_dir, folder, plan.name, publishing.Disk())
        _drop_collections(removed, settings.chroma_url)
        _forget_others(cache, vectors.used, index_dir / CACHE)
    finally:
        cache.close()
        shutil.rmtree(staging, ignore_errors=True)
    return vectors.embedded, vectors.reused


def _forget_others(cache: VectorCache, used: set[bytes], path: Path) -> None:
    try:
        cache.keep_only(used)
    except sqlite3.OperationalError:  # no room to rewrite it: what must be forgotten matters more than the time it saves
        path.unlink(missing_ok=True)


def _drop_collections(names: Iterable[str], chroma_url: str) -> None:
    for name in names if chroma_url else ():
        ServerStore(chroma_url, f"rapport-{name}").drop()


def _current(index_dir: Path) -> str:
    try:
        return layout.current_name(index_dir)
    except IndexUnavailable:
        return ""


def _intact(folder: Path, chroma_url: str) -> bool:
    try:
        open_build(folder, chroma_url=chroma_url).close()
    except IndexUnavailable:
        return False
    return True


def _status(folder: Path, current: bool) -> BuildStatus:
    try:
        manifest = read_manifest(folder)
    except IndexUnavailable as error:
        return BuildStatus(folder.name, current, 0, 0, "", "", 0.0, (str(error),))
    problems = [f"Set aside: {item.origin} ({item.code})." for item in manifest.set_aside]
    try:
        check_files(folder, manifest)
    except IndexUnavailable as error:
        problems.insert(0, str(error))
    age = (datetime.now(UTC) - datetime.fromisoformat(manifest.created)).total_seconds()
    counts = (len(manifest.articles), manifest.passages)
    return BuildStatus(folder.name, current, *counts, manifest.model, manifest.created, age, tuple(problems))


@contextmanager
def _failures(index_dir: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # SQLite, Chroma, tantivy and the system each have their own words for a full disk
        if _is_disk_full(error, index_dir):
            raise DiskFull(f"There is no room for the new build in {index_dir}. The old one is untouched.") from error
        if isinstance(error, RapportError):
            raise
        raise BuildError(f"The build failed ({type(error).__name__}). The old one is untouched.") from error


def _is_disk_full(error: Exception, index_dir: Path) -> bool:
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return True
    if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode in _NO_ROOM_SQLITE:
        return True
    if isinstance(error, BuildError) and error.code == "disk_full":
        return True
    return shutil.disk_usage(index_dir).free < _ROOM


def _silent(phase: str, done: int, total: int) -> None:
    """No progress is shown."""
