"""One score from three views of a passage: its own vector, its article's, and its keywords.

    score = z(cosine of passage and article, mixed) + share * (BM25 / the question's best BM25)

``z`` counts in standard deviations of the question's cosines over the whole library, so that one ``share`` fits models whose cosines
are packed close together and models whose are wide apart. The README of this folder has what was tried and the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.domain import Hit
from app.retrieve.index import Index

Vector = NDArray[np.float32]

ARTICLE_WEIGHT = 0.4  # of the dense score; the rest is the passage's own
LEXICAL_SHARE = 1.5  # standard deviations that the best keyword match is worth
SAMPLE = 4_096  # passages that the spread of cosines is estimated from
LEAST_SPREAD = 0.02  # of cosines, for libraries of a page or two


@dataclass(frozen=True, slots=True)
class Candidates:
    """Scored passages of one question, by row: aligned arrays, in no order. ``article`` is each passage's article row."""

    rows: NDArray[np.int64]
    article: NDArray[np.int64]
    score: Vector
    cosine: Vector
    lexical: Vector


class Mixer:
    """Scores the passages of one open build."""

    def __init__(self, index: Index, lexical_share: float = LEXICAL_SHARE) -> None:
        self._index = index
        self._share = lexical_share

    def candidates(self, query: str, vector: Vector, depth: int) -> Candidates:
        """The passages among the ``depth`` nearest by meaning or by keywords, scored. ``vector`` is the query's, of unit length."""
        index = self._index
        by_words = dict(index.lexical.search(query, depth))
        by_meaning = dict(index.dense(vector, depth))
        rows = np.array(sorted(by_meaning.keys() | by_words.keys()), np.int64)
        if not len(rows):
            nothing = np.zeros(0, np.float32)
            return Candidates(rows, rows, nothing, nothing, nothing)
        cosine = index.vectors[rows] @ vector
        article = index.article_row_of[rows].astype(np.int64)
        whole = index.heads[article] @ vector
        best = max(by_words.values(), default=1.0)
        lexical = np.array([by_words.get(int(row), 0.0) / best for row in rows], np.float32)
        mean, spread = self._usual(vector)
        dense = (1 - ARTICLE_WEIGHT) * cosine + ARTICLE_WEIGHT * whole
        score = (dense - mean) / spread + self._share * lexical
        return Candidates(rows, article, score.astype(np.float32), cosine.astype(np.float32), lexical)

    def _usual(self, vector: Vector) -> tuple[float, float]:
        """Mean and standard deviation of this question's cosines over the library."""
        center, covariance = self._moments
        spread = float(np.sqrt(max(float(vector @ covariance @ vector), 0.0)))
        return float(vector @ center), max(spread, LEAST_SPREAD)

    @cached_property
    def _moments(self) -> tuple[Vector, Vector]:
        vectors = self._index.vectors
        step = max(1, len(vectors) // SAMPLE)
        sample = np.asarray(vectors[::step], np.float32)
        center = sample.mean(0)
        apart = sample - center
        return center, (apart.T @ apart / max(len(sample), 1)).astype(np.float32)


def top(candidates: Candidates, k: int, per_article: int) -> NDArray[np.int64]:
    """Positions of the ``k`` best candidates, best first, at most ``per_article`` of one article."""
    taken: dict[int, int] = {}
    chosen: list[int] = []
    for position in np.argsort(-candidates.score, kind="stable"):
        article = int(candidates.article[position])
        if taken.get(article, 0) < per_article:
            taken[article] = taken.get(article, 0) + 1
            chosen.append(int(position))
            if len(chosen) == k:
                break
    return np.array(chosen, np.int64)


def hits(index: Index, candidates: Candidates, positions: Sequence[int] | NDArray[np.int64]) -> list[Hit]:
    """The passages at ``positions``, read from the build, with their scores."""
    rows = [int(candidates.rows[position]) for position in positions]
    return [
        Hit(
            passage,
            row,
            float(candidates.score[position]),
            float(candidates.cosine[position]),
            float(candidates.lexical[position]),
        )
        for row, position, passage in zip(rows, positions, index.passages(rows), strict=True)
    ]
