"""Intervals and the paired tests against scipy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]  # scipy has no types
from scipy.stats import binomtest  # type: ignore[import-untyped]  # scipy has no types

from evals.intervals import bootstrap, in_words, mcnemar, percent, randomisation, wilson


@given(st.integers(1, 3000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_wilson_agrees_with_scipy(pair: tuple[int, int]) -> None:
    hits, of = pair
    theirs = binomtest(hits, of).proportion_ci(0.95, "wilson")
    assert wilson(hits, of) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_agrees_with_scipy(worse: int, better: int) -> None:
    theirs = binomtest(worse, worse + better).pvalue if worse + better else 1.0
    assert mcnemar(worse, better) == pytest.approx(theirs, abs=1e-9)


def test_words() -> None:
    assert in_words(17, 20) == "17 of 20, likely 64 to 95 %"
    assert in_words(0, 0) == "none to count"
    assert in_words(2000, 2000) == "2000 of 2000, likely over 99 to 100 %"


@pytest.mark.parametrize(("share", "words"), [(1, "100"), (0, "0"), (0.999, "over 99"), (0.001, "under 1"), (0.5, "50"), (0.005, "1")])
def test_percent_never_claims_all_or_nothing(share: float, words: str) -> None:
    assert percent(share) == words


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=12, max_size=60))
def test_bootstrap_is_the_percentile_bootstrap(values: list[float]) -> None:
    low, high = bootstrap(values)
    assert low <= sum(values) / len(values) + 1e-9
    assert high >= sum(values) / len(values) - 1e-9
    spread = float(np.std(values))
    if spread > 1e-6:
        other = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(1)).confidence_interval
        assert abs(low - other.low) < 0.1 * spread
        assert abs(high - other.high) < 0.1 * spread


def test_bootstrap_at_the_edges() -> None:
    assert bootstrap([]) == (0.0, 1.0)
    assert bootstrap([0.4, 0.4]) == pytest.approx((0.4, 0.4))
    assert bootstrap([0.0, 1.0] * 20) == bootstrap([0.0, 1.0] * 20)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1, 1).map(lambda value: round(value, 3)), min_size=1, max_size=9))
def test_randomisation_is_exact_for_few(changes: list[float]) -> None:
    moved = [change for change in changes if change]
    sums = [abs(sum(sign * change for sign, change in zip(signs, moved, strict=True))) for signs in product((1, -1), repeat=len(moved))]
    wanted = sum(value >= abs(sum(moved)) - 1e-9 for value in sums) / len(sums)
    assert randomisation(changes) == pytest.approx(wanted)


def test_randomisation_of_many_agrees_with_scipy() -> None:
    changes = np.random.default_rng(7).normal(0.1, 0.5, 60)
    other = stats.permutation_test((changes,), np.mean, permutation_type="samples", n_resamples=20_000, rng=np.random.default_rng(1))
    assert abs(randomisation(list(changes)) - other.pvalue) < 0.03
    assert randomisation([0.5] * 60) < 0.001
    assert randomisation([0.0] * 60) == 1.0
