"""Where things stand in an index folder.

::

    CURRENT              the name of the build being served, one line; moved by one atomic rename
    HISTORY              names in the order they were published, newest first; a hint for rollback and fallback
    builds/<name>/       immutable, complete, sealed by its manifest.json
    builds/.tmp-*        a build being written; rubbish once its writer is gone
    cache.sqlite         vectors by hash of text, model and side: no text
    .lock                held by the one build that may run
"""

from __future__ import annotations

import re
from pathlib import Path

from app.errors import IndexUnavailable

CURRENT = "CURRENT"
HISTORY = "HISTORY"
BUILDS = "builds"
STAGING_PREFIX = ".tmp-"

CHROMA = "chroma"
LEXICAL = "lexical"
CONTENT = "content.sqlite"
PASSAGES = "passages.npy"
ARTICLE_ROWS = "article_rows.npy"
HEADS = "heads.npy"
QUESTIONS = "questions.npy"
QUESTION_ROWS = "question_rows.npy"
OUTSIDE = "outside.npy"
SENTENCES = "sentences.npy"
SENTENCE_STARTS = "sentence_starts.npy"


def is_build_name(name: str) -> bool:
    """Whether ``name`` can be a build's: 16 hex digits, so never a path."""
    return re.fullmatch("[0-9a-f]{16}", name) is not None


def build_folder(index_dir: Path, name: str) -> Path:
    """The folder of build ``name``."""
    return index_dir / BUILDS / name


def current_name(index_dir: Path) -> str:
    """The name CURRENT holds. Raises ``IndexUnavailable`` when there is none or it isn't a build's name."""
    try:
        name = (index_dir / CURRENT).read_text("ascii").strip()
    except (OSError, ValueError):
        raise IndexUnavailable(f"There is no index in {index_dir}. Run: rapport ingest", code="index_missing") from None
    if not is_build_name(name):
        raise IndexUnavailable(f"CURRENT in {index_dir} doesn't name a build. Run: rapport ingest", code="index_missing")
    return name


def published_names(index_dir: Path) -> list[str]:
    """Builds that are on disk, most lately published first; those HISTORY doesn't know come last, by name."""
    folder = index_dir / BUILDS
    present = {path.name for path in folder.iterdir() if path.is_dir() and is_build_name(path.name)} if folder.is_dir() else set()
    known = [name for name in _history(index_dir) if name in present]
    return known + sorted(present.difference(known))


def names_before(index_dir: Path, name: str) -> list[str]:
    """Builds on disk that were published before ``name``, latest first; all others when HISTORY doesn't know ``name``."""
    names = published_names(index_dir)
    if name in names and name in _history(index_dir):
        return names[names.index(name) + 1 :]
    return [other for other in names if other != name]


def fallbacks(index_dir: Path, name: str) -> list[str]:
    """All other builds on disk in the order to try them when ``name`` can't be served: earlier ones first."""
    before = names_before(index_dir, name)
    return before + [other for other in published_names(index_dir) if other not in before and other != name]


def _history(index_dir: Path) -> list[str]:
    try:
        return list(dict.fromkeys((index_dir / HISTORY).read_text("ascii").split()))
    except (OSError, ValueError):
        return []
