"""How sure a count is: Wilson's interval for a share, McNemar's exact test for a change. Standard library only."""

from __future__ import annotations

from math import comb, floor, sqrt

Z95 = 1.959963984540054  # the normal quantile of 0.975


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
