"""Retrieval metrics against ranx, and where their definitions bite."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics import first_rank, mean, mrr, ndcg, recall
from tests.evals.ranx_oracle import ranx_means

IDS = [f"d{n}" for n in range(30)]


def _random_run(seed: int) -> tuple[dict[str, dict[str, int]], dict[str, list[str]]]:
    random = np.random.default_rng(seed)
    qrels, runs = {}, {}
    for n in range(25):
        judged = random.choice(IDS, size=random.integers(1, 12), replace=False)
        grades = {str(found): int(random.integers(0, 4)) for found in judged}
        grades[str(judged[0])] = int(random.integers(1, 4))
        qrels[f"q{n}"] = grades
        runs[f"q{n}"] = [str(found) for found in random.permutation(IDS)[: random.integers(1, 25)]]
    return qrels, runs


def test_agrees_with_ranx() -> None:
    cutoffs = (1, 5, 10)
    names = [f"{name}@{k}" for k in cutoffs for name in ("ndcg", "mrr", "recall")]
    cases = [_random_run(seed) for seed in range(8)]
    theirs = ranx_means([{"qrels": qrels, "runs": runs} for qrels, runs in cases], names)
    for (qrels, runs), expected in zip(cases, theirs, strict=True):
        ours = [mean(metric, runs, qrels, k) for k in cutoffs for metric in (ndcg, mrr, recall)]
        assert dict(zip(names, ours, strict=True)) == pytest.approx(expected, abs=1e-6)


def test_ndcg_by_hand() -> None:
    # gains 1, 0, 3 against the ideal 3, 1: (1/1 + 3/2) / (3/1 + 1/log2(3))
    assert ndcg(["a", "b", "c"], {"a": 1, "c": 3}, 10) == pytest.approx(2.5 / (3 + 1 / np.log2(3)))


def test_a_repeated_id_counts_once() -> None:
    assert ndcg(["a", "a", "b"], {"a": 1, "b": 1}, 2) == pytest.approx(1.0)
    assert recall(["a", "a", "b"], {"a": 1, "b": 1}, 2) == pytest.approx(1.0)


def test_nothing_relevant_or_nothing_found_is_zero() -> None:
    for metric in (ndcg, mrr, recall):
        assert metric(["a"], {"a": 0}, 10) == 0
        assert metric([], {"a": 1}, 10) == 0
    assert first_rank(["a"], {"b": 1}, 5) is None


def test_mean_leaves_out_queries_without_relevant_documents_and_counts_missing_rankings_as_zero() -> None:
    relevances = {"q1": {"a": 1}, "q2": {"a": 0}, "q3": {"b": 2}}
    assert mean(recall, {"q1": ["a"], "q2": ["a"]}, relevances, 5) == pytest.approx(0.5)
    assert mean(recall, {}, {}, 5) == 0


@given(st.lists(st.sampled_from(IDS), unique=True), st.dictionaries(st.sampled_from(IDS), st.integers(-1, 3)), st.integers(1, 12))
def test_bounds_and_growth(ranking: list[str], grades: dict[str, int], k: int) -> None:
    for metric in (ndcg, mrr, recall):
        assert 0 <= metric(ranking, grades, k) <= 1 + 1e-12
    assert recall(ranking, grades, k) <= recall(ranking, grades, k + 1)
    assert mrr(ranking, grades, k) <= mrr(ranking, grades, k + 1)
