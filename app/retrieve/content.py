"""The words of a build: articles and passages in one SQLite file, by row number.

Rows run from 0 and are shared with the vectors and the lexical index. Reading opens the file as immutable, so that it works on a
read-only disk and leaves no trace; one connection is shared by all threads behind a lock, since a read takes microseconds.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from app.domain import Article, Passage, Span
from app.errors import IndexDamaged

_SCHEMA = """
CREATE TABLE articles (row INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, title TEXT NOT NULL, summary TEXT NOT NULL, topics TEXT NOT NULL,
                       locale TEXT NOT NULL, reviewed_on TEXT, review_due TEXT, article TEXT NOT NULL);
CREATE TABLE passages (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, article INTEGER NOT NULL REFERENCES articles (row),
                       section TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, text TEXT NOT NULL, sentences TEXT NOT NULL);
"""
_PASSAGE = """SELECT p.row, p.id, a.slug, a.title, p.section, p.start, p.stop, p.text, p.sentences
              FROM passages p JOIN articles a ON a.row = p.article WHERE p.row IN (%s)"""
_PASSAGES_KEPT = 4_096  # in memory: about 8 MB
_ARTICLES_KEPT = 256  # in memory: about 5 MB


@dataclass(frozen=True, slots=True)
class ArticleCard:
    """What a list of articles shows."""

    slug: str
    title: str
    summary: str
    topics: tuple[str, ...]
    locale: str
    reviewed_on: str | None
    review_due: str | None


def write_content(path: Path, articles: Sequence[Article], passages: Iterable[Passage]) -> None:
    """Write ``path`` anew: articles and passages get rows 0, 1, 2 … as given. Every passage's article must be among the articles."""
    row_of = {article.slug: row for row, article in enumerate(articles)}
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")  # a build that is cut short is thrown away whole
        connection.execute("PRAGMA synchronous = OFF")  # publishing syncs every file
        connection.executescript(_SCHEMA)
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO articles VALUES (?,?,?,?,?,?,?,?,?)", (_article_row(row, a) for row, a in enumerate(articles)))
        connection.executemany(
            "INSERT INTO passages VALUES (?,?,?,?,?,?,?,?)",
            (
                (row, p.id, row_of[p.article], p.section, p.start, p.end, p.text, json.dumps([(s.start, s.end) for s in p.sentences]))
                for row, p in enumerate(passages)
            ),
        )
        connection.execute("COMMIT")
    finally:
        connection.close()


class Content:
    """Reads a content file; thread-safe. ``close()`` when done."""

    def __init__(self, path: Path) -> None:
        try:
            self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            self.passage_count = int(self._connection.execute("SELECT count(*) FROM passages").fetchone()[0])
        except sqlite3.DatabaseError:
            raise IndexDamaged(f"{path.name} can't be opened.") from None
        self._lock = threading.Lock()
        self._passages: dict[int, Passage] = {}
        self._articles: dict[str, Article] = {}

    def ids(self) -> list[str]:
        """Passage ids by row."""
        return [row[0] for row in self._rows("SELECT id FROM passages ORDER BY row")]

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """The passages of ``rows``, in that order, in at most one read. Raises ``KeyError`` for a row that doesn't exist."""
        if len(self._passages) > _PASSAGES_KEPT:
            self._passages = {}  # other threads keep the one they hold
        known = self._passages
        missing = [int(row) for row in rows if row not in known]
        if missing:
            query = _PASSAGE % ",".join("?" * len(missing))
            known.update((row[0], _passage(row)) for row in self._rows(query, missing))
        return [known[row] for row in rows]

    def article(self, slug: str) -> Article | None:
        """The article, or None."""
        known = self._articles
        if slug not in known:
            found = self._rows("SELECT article FROM articles WHERE slug = ?", (slug,))
            if not found:
                return None
            if len(known) > _ARTICLES_KEPT:
                known = self._articles = {}
            known[slug] = _article_adapter().validate_json(found[0][0])
        return known[slug]

    def cards(self) -> list[ArticleCard]:
        """All articles, by row."""
        rows = self._rows("SELECT slug, title, summary, topics, locale, reviewed_on, review_due FROM articles ORDER BY row")
        return [ArticleCard(r[0], r[1], r[2], tuple(json.loads(r[3])), r[4], r[5], r[6]) for r in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _rows(self, query: str, values: Sequence[int | str] = ()) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()


def article_json(article: Article) -> str:
    """The article as canonical JSON: what is stored, and what its content hash is taken of."""
    return json.dumps(asdict(article), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _article_row(row: int, article: Article) -> tuple[int | str | None, ...]:
    topics = json.dumps(article.topics, ensure_ascii=False)
    dates = (article.reviewed_on, article.review_due)
    return (row, article.slug, article.title, article.summary, topics, article.locale, *dates, article_json(article))


def _passage(row: Any) -> Passage:
    spans = tuple(Span(start, stop) for start, stop in json.loads(row[8]))
    return Passage(row[1], row[2], row[3], row[4], row[5], row[6], row[7], spans)


@cache
def _article_adapter() -> TypeAdapter[Article]:
    return TypeAdapter(Article)
