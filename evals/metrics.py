"""Retrieval metrics under their standard names, over one query's ranking or over many.

A ranking is a list of document ids, best first; relevances map an id to its grade, 0 or less meaning not relevant. All values lie in
0 to 1. Formulas are trec_eval's: nDCG has linear gain (the grade itself) and a log2(rank + 1) discount, over the ideal ranking of all
judged documents; reciprocal rank and recall count any grade above 0. A query without relevant documents scores 0, and ``mean`` leaves it
out, as trec_eval does.
An id that stands twice in a ranking is counted where it first stands.

Not done: ties (the ranking's own order decides), condensed lists, and any other gain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import log2

Relevances = Mapping[str, float]
Metric = Callable[[Sequence[str], Relevances, int], float]


def ndcg(ranking: Sequence[str], relevances: Relevances, k: int) -> float:
    """Normalised discounted cumulative gain of the first ``k`` (nDCG@k)."""
    ideal = _discounted(sorted((grade for grade in relevances.values() if grade > 0), reverse=True)[:k])
    if ideal == 0:
        return 0.0
    return _discounted([max(relevances.get(found, 0.0), 0.0) for found in _first(ranking, k)]) / ideal


def mrr(ranking: Sequence[str], relevances: Relevances, k: int) -> float:
    """Reciprocal rank of the first relevant document among the first ``k``; 0 when there is none (its mean is MRR@k)."""
    rank = first_rank(ranking, relevances, k)
    return 1 / rank if rank else 0.0


def recall(ranking: Sequence[str], relevances: Relevances, k: int) -> float:
    """Share of the relevant documents that stand among the first ``k`` (recall@k)."""
    relevant = {found for found, grade in relevances.items() if grade > 0}
    return len(relevant.intersection(_first(ranking, k))) / len(relevant) if relevant else 0.0


def first_rank(ranking: Sequence[str], relevances: Relevances, k: int) -> int | None:
    """Place, from 1, of the first relevant document among the first ``k``; None when there is none."""
    return next((place for place, found in enumerate(_first(ranking, k), 1) if relevances.get(found, 0) > 0), None)


def mean(metric: Metric, rankings: Mapping[str, Sequence[str]], relevances: Mapping[str, Relevances], k: int) -> float:
    """The metric's mean over the queries that have a relevant document; a query without a ranking scores 0; 0 when no query counts."""
    judged = [query for query, grades in relevances.items() if any(grade > 0 for grade in grades.values())]
    return sum(metric(rankings.get(query, ()), relevances[query], k) for query in judged) / len(judged) if judged else 0.0


def _first(ranking: Sequence[str], k: int) -> list[str]:
    return list(dict.fromkeys(ranking))[:k]


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(place + 1) for place, gain in enumerate(gains, 1))
