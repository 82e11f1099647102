"""Intervals and the paired test against scipy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest  # type: ignore[import-untyped]  # scipy has no types

from evals.intervals import in_words, mcnemar, percent, wilson


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
