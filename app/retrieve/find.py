"""From a question to the passages worth quoting, and the signs that say whether they answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain import Hit
from app.retrieve.followup import Topics
from app.retrieve.index import Index
from app.retrieve.mix import Mixer, hits, top
from app.retrieve.words import terms

Vector = NDArray[np.float32]

KEPT = 8_192  # passages whose words are kept at hand
NEAREST_ASKED = 5
NEAREST_OUTSIDE = 3


@dataclass(frozen=True, slots=True)
class Signs:
    """What was seen of one question's best passages; ``answerable.toml`` weighs them.

    Cosines: ``passage`` and ``sentence`` of the best ones, ``asked`` the mean of the nearest questions and headings of the library,
    ``outside`` the mean of the nearest questions that no such library answers, ``article`` of the nearest whole article. ``covered`` is
    the share (0 to 1, by rarity) of the question's words that stand in the best passages. ``length`` is the logarithm of the number of its
    words: a short question lies near to everything, so that the same cosines say less. ``named`` is 1 when it is nothing but names that
    the library has for its topics ("panic attacks"), else 0.
    """

    passage: float
    sentence: float
    asked: float
    outside: float
    covered: float
    article: float
    length: float
    named: float


@dataclass(frozen=True, slots=True)
class Found:
    """The best passages of a question, best first, and the signs."""

    hits: tuple[Hit, ...]
    signs: Signs


class Finder:
    """Finds passages in one open build."""

    def __init__(self, index: Index, *, per_article: int, depth: int, lexical_share: float, names: Topics | None = None) -> None:
        self.index = index
        self._names = names
        self._mixer = Mixer(index, lexical_share)
        self._per_article = per_article
        self._terms: dict[int, frozenset[str]] = {}
        self._depth = depth

    def rank(self, query: str, vector: Vector, k: int) -> list[Hit]:
        """The ``k`` best passages, whatever they are worth."""
        candidates = self._mixer.candidates(query, vector, max(self._depth, k))
        return hits(self.index, candidates, top(candidates, k, self._per_article))

    def find(self, query: str, vector: Vector, k: int) -> Found:
        """The ``k`` best passages, and the signs of whether they answer ``query``. ``vector`` is the query's, of unit length."""
        found = self.rank(query, vector, k)
        return Found(tuple(found), self._signs(query, vector, found))

    def best_articles(self, query: str, vector: Vector, k: int) -> list[int]:
        """The rows of the ``k`` best articles, each by its best passage."""
        candidates = self._mixer.candidates(query, vector, self._depth)
        return [int(candidates.article[position]) for position in top(candidates, k, per_article=1)]

    def _signs(self, query: str, vector: Vector, found: Sequence[Hit]) -> Signs:
        best = found[:3]
        sentence = max((float((self.index.sentence_vectors(hit.row) @ vector).max(initial=-1)) for hit in best), default=-1.0)
        return Signs(
            passage=max((hit.cosine for hit in best), default=-1.0),
            sentence=sentence,
            asked=_nearest(self.index.questions.vectors @ vector, NEAREST_ASKED),
            outside=_nearest(self.index.outside @ vector, NEAREST_OUTSIDE),
            covered=self._covered(query, best),
            article=_nearest(self.index.heads @ vector, 1),
            length=float(np.log1p(len(query.split()))),
            named=float(self._names is not None and self._names.all_of(query)),
        )

    def _covered(self, query: str, best: Sequence[Hit]) -> float:
        """The share of the query's words that the best passages hold: rare words weigh more."""
        wanted = list(dict.fromkeys(terms(query)))
        if not wanted:
            return 0.0
        rarity = [self.index.lexical.rarity(term) for term in wanted]
        size = max(self.index.lexical.size, 1)
        weights = np.log1p(size / (np.array(rarity, np.float32) + 0.5))
        present: set[str] = set().union(*(self._terms_of(hit) for hit in best))
        covered = np.array([term in present for term in wanted])
        return float(weights[covered].sum() / weights.sum())

    def _terms_of(self, hit: Hit) -> frozenset[str]:
        known = self._terms.get(hit.row)
        if known is None:
            if len(self._terms) >= KEPT:
                self._terms.clear()
            known = self._terms[hit.row] = frozenset(terms(f"{hit.passage.title} {hit.passage.section} {hit.passage.text}"))
        return known


def _nearest(cosines: Vector, count: int) -> float:
    """The mean of the ``count`` highest cosines; -1 when there are none."""
    if not len(cosines):
        return -1.0
    count = min(count, len(cosines))
    return float(np.partition(cosines, -count)[-count:].mean())
