"""How sure a figure is: Wilson's interval for a share and McNemar's exact test for its change; for a mean over questions (nDCG and its
kin) a bootstrap interval, and a randomisation test for its change. The last two draw with a fixed seed: same values, same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, floor, sqrt

import numpy as np

Z95 = 1.959963984540054  # the normal quantile of 0.975
DRAWS = 2_000  # of the bootstrap, and of the randomisation test where not every split of signs can be looked at
EXACT = 12  # questions that changed, up to which every split of signs is looked at
SEED = 20261122


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share, without continuity correction (Wilson 1927); (0, 1) of nothing."""
    if of == 0:
        return 0.0, 1.0
    share, square = hits / of, Z95 * Z95
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z95 / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of * of))
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return low, 1.0 if hits == of else min(1.0, middle + half)


def in_words(hits: int, of: int) -> str:
    """ "17 of 20, likely 64 to 95 %"."""
    if of == 0:
        return "none to count"
    low, high = wilson(hits, of)
    return f"{hits} of {of}, likely {percent(low)} to {percent(high)} %"


def percent(share: float) -> str:
    """A share in whole per cent; never "100" or "0" for what isn't quite."""
    whole = floor(100 * share + 0.5)
    if whole == 100 and share < 1:
        return "over 99"
    if whole == 0 and share > 0:
        return "under 1"
    return str(whole)


def mcnemar(worse: int, better: int) -> float:
    """McNemar's exact two-sided p: how likely a split at least as uneven as ``worse`` against ``better`` is, were change a coin's toss."""
    changed = worse + better
    tail = sum(comb(changed, k) for k in range(min(worse, better) + 1))
    return min(1.0, 2 * tail / (1 << changed))


def bootstrap(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of a mean over questions; (0, 1) of nothing.

    Of values that are all the same it is that value alone: with few questions read it beside their number.
    """
    if not values:
        return 0.0, 1.0
    drawn = np.random.default_rng(SEED)
    given = np.asarray(values, np.float64)
    means = [given[drawn.integers(0, len(given), len(given))].mean() for _ in range(DRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def randomisation(changes: Sequence[float]) -> float:
    """Fisher's two-sided paired randomisation test: how likely a mean change at least as large is, were each one's sign a coin's toss.

    Exact up to ``EXACT`` questions that changed, else from ``DRAWS`` random splits (which can't give less than 1 in ``DRAWS`` + 1).
    """
    moved = np.asarray([change for change in changes if change], np.float64)
    if not len(moved):
        return 1.0
    seen = abs(moved.sum()) - 1e-12
    if len(moved) <= EXACT:
        signs = 1 - 2 * ((np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved))) & 1)
        return float((abs(signs @ moved) >= seen).mean())
    drawn = np.random.default_rng(SEED)
    sums = np.asarray([abs((drawn.integers(0, 2, len(moved)) * 2 - 1) @ moved) for _ in range(DRAWS)])
    return float(((sums >= seen).sum() + 1) / (DRAWS + 1))
