"""Numbers with a unit, in digits or words: "6 to 20 sessions", "about an hour", "two years"."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

_WORDS = {
    **{
        "one": 1,
        "two": 2,
        "three": 3,
        "four": 4,
        "five": 5,
        "six": 6,
        "seven": 7,
        "eight": 8,
        "nine": 9,
        "ten": 10,
        "eleven": 11,
        "twelve": 12,
    },
    **{"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90},
}
_NUMBER = rf"\d+(?:\.\d+)?|{'|'.join(_WORDS)}"
_UNIT = r"sessions?|minutes?|hours?|days?|weeks?|months?|years?|per ?cent|%"
_AMOUNT = re.compile(rf"\b(?P<low>{_NUMBER})(?:\s*(?:to|or|-|–)\s*(?P<high>{_NUMBER}))?\s*(?:[a-z-]+\s+)?(?P<unit>{_UNIT})(?!\w)", re.I)

Range = tuple[float, float]


def amounts(text: str) -> dict[str, list[Range]]:
    """The amounts in a text by unit ("session", "week", "%"), each as (low, high)."""
    found: defaultdict[str, list[Range]] = defaultdict(list)
    for match in _AMOUNT.finditer(text):
        low = _value(match["low"])
        high = _value(match["high"]) if match["high"] else low
        found[_unit(match["unit"])].append((min(low, high), max(low, high)))
    return dict(found)


def differing(one: str, other: str) -> Iterator[tuple[str, str, str]]:
    """Units in which two texts both give amounts and no two of them overlap: (unit, amounts of one, amounts of the other)."""
    mine, theirs = amounts(one), amounts(other)
    for unit in sorted(mine.keys() & theirs.keys()):
        if not any(low <= end and start <= high for low, high in mine[unit] for start, end in theirs[unit]):
            yield unit if unit == "%" else f"{unit}s", _shown(mine[unit]), _shown(theirs[unit])


def _value(text: str) -> float:
    return float(_WORDS.get(text.lower(), text))


def _unit(text: str) -> str:
    lower = text.lower().replace(" ", "")
    return "%" if lower in ("percent", "%") else lower.removesuffix("s")


def _shown(ranges: list[Range]) -> str:
    return ", ".join(f"{low:g}" if low == high else f"{low:g} to {high:g}" for low, high in dict.fromkeys(ranges))
