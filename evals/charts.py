"""Small charts as inline SVG: drawn here, coloured by the page's style sheet, each with its figures in words for those who don't see it.

Widths are in CSS pixels of the view box; the page scales them. No chart holds text from a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import sqrt

from evals.intervals import percent, wilson
from evals.summary import Share

BINS = 20
WIDTH = 330.0


@dataclass(frozen=True)
class Bar:
    """A row of a bar chart. ``tone`` is a class of the style sheet: good, middling, bad or plain."""

    label: str
    count: int
    tone: str = "plain"


@dataclass(frozen=True)
class Dot:
    """A point of a trend."""

    label: str
    hits: int
    of: int


def interval_bar(share: Share, least: float | None = None) -> str:
    """A share as a dot with its 95 % interval on a scale of 0 to 100 %; a tick where the bar to reach is."""
    width, middle = 160.0, 9.0
    low, high = share.interval
    at = 4 + (width - 8) * (share.value or 0)
    left, right = 4 + (width - 8) * low, 4 + (width - 8) * high
    parts = [
        _line(4, middle, width - 4, middle, "track"),
        f'<rect class="likely" x="{left:.1f}" y="{middle - 4:.1f}" width="{max(right - left, 2):.1f}" height="8" rx="4"/>',
        f'<circle class="dot" cx="{at:.1f}" cy="{middle:.1f}" r="4.5"/>',
    ]
    if least is not None:
        tick = 4 + (width - 8) * least
        parts.insert(2, _line(tick, 1, tick, 17, "bar-tick"))
    return _svg(width, 18, f"{share.name}: {share.words}", parts, "interval")


def bars(title: str, rows: Sequence[Bar]) -> str:
    """A horizontal bar a row, with its count and share."""
    total = sum(row.count for row in rows) or 1
    most = max((row.count for row in rows), default=0) or 1
    left, width, step = 80.0, WIDTH, 27
    parts: list[str] = []
    for place, row in enumerate(rows):
        y = 6 + place * step
        length = (width - left - 84) * row.count / most
        parts.append(_text(left - 10, y + 13, row.label, "end"))
        parts.append(
            f'<rect class="bar {row.tone}" x="{left}" y="{y}" width="{max(length, 1 if row.count else 0):.1f}" height="18" rx="3"/>'
        )
        parts.append(_text(left + length + 8, y + 13, f"{row.count}  ({percent(row.count / total)} %)", "start", "strong"))
    words = ", ".join(f"{row.label}: {row.count}" for row in rows)
    return _svg(width, 10 + step * len(rows), f"{title}. {words}.", parts)


def trend(title: str, dots: Sequence[Dot]) -> str:
    """Pass rate over runs, oldest first, with each run's 95 % interval as a band."""
    width, top, bottom, left, right = WIDTH, 14.0, 140.0, 44.0, WIDTH - 12
    values = [(dot.hits / dot.of if dot.of else 0.0, *wilson(dot.hits, dot.of)) for dot in dots]
    floor = max(0, int(10 * min(low for _, low, _ in values)) - 1) / 10
    step = (right - left - 16) / max(len(dots) - 1, 1)
    xs = [left + 8 + step * place if len(dots) > 1 else (left + right) / 2 for place in range(len(dots))]

    def y(value: float) -> float:
        return bottom - (bottom - top) * (value - floor) / (1 - floor)

    parts = []
    for grid in (floor, (1 + floor) / 2, 1.0):
        parts += [_line(left, y(grid), right, y(grid), "grid"), _text(left - 6, y(grid) + 4, f"{100 * grid:.0f} %", "end")]
    upper = [f"{x:.1f},{y(high):.1f}" for x, (_, _, high) in zip(xs, values, strict=True)]
    lower = [f"{x:.1f},{y(low):.1f}" for x, (_, low, _) in zip(xs, values, strict=True)]
    if len(dots) > 1:
        parts.append(f'<polygon class="band" points="{" ".join([*upper, *reversed(lower)])}"/>')
        line = " ".join(f"{x:.1f},{y(value):.1f}" for x, (value, _, _) in zip(xs, values, strict=True))
        parts.append(f'<polyline class="curve" points="{line}"/>')
    parts += [f'<circle class="dot" cx="{x:.1f}" cy="{y(value):.1f}" r="4"/>' for x, (value, _, _) in zip(xs, values, strict=True)]
    parts.append(_text(xs[-1], y(values[-1][0]) - 10, f"{percent(values[-1][0])} %", "end", "strong"))
    parts.append(_text(xs[0], bottom + 18, dots[0].label, "start"))
    if len(dots) > 1:
        parts.append(_text(xs[-1], bottom + 18, dots[-1].label, "end"))
    words = "; ".join(f"{dot.label}: {dot.hits} of {dot.of}" for dot in dots)
    return _svg(width, 164, f"{title}. {words}.", parts)


def scores(title: str, answerable: Sequence[float], other: Sequence[float], cutoff: float | None) -> str:
    """How the score (0 to 1) is spread: questions that should be answered upwards, declined downwards; the cut-off as a line.

    Heights are square roots of counts, against the highest on each side.
    """
    width, left, right, middle, reach = WIDTH, 10.0, WIDTH - 10, 84.0, 48.0
    parts = [_line(left, middle, right, middle, "grid")]
    for values, tone, sign in ((answerable, "good", -1), (other, "middling", 1)):
        heights = _histogram(values)
        most = max(heights, default=0) or 1
        size = (right - left) / BINS
        for place, count in enumerate(heights):
            tall = reach * sqrt(count / most)  # or a few at the edges would hide all others
            top = middle - tall - 1 if sign < 0 else middle + 1
            if count:
                parts.append(_bar(left + place * size + 1, top, size - 2, tall, tone))
    parts.append(_text(left, 16, f"should be answered ({len(answerable)})", "start"))
    parts.append(_text(left, 154, f"should be declined ({len(other)})", "start"))
    words = f"{title}. {_spread('Should be answered', answerable)} {_spread('Should be declined', other)}"
    if cutoff is not None:
        x = left + (right - left) * min(max(cutoff, 0), 1)
        parts += [_line(x, 24, x, 140, "cutoff"), _text(x, 176, f"cut-off {cutoff:g}", "middle", "strong")]
        words += f" Cut-off {cutoff:g}."
    parts += [_text(left, 176, "0", "start"), _text(right, 176, "1", "end")]
    return _svg(width, 182, words, parts)


def _histogram(values: Iterable[float]) -> list[int]:
    counts = [0] * BINS
    for value in values:
        counts[min(max(int(value * BINS), 0), BINS - 1)] += 1
    return counts


def _spread(name: str, values: Sequence[float]) -> str:
    if not values:
        return f"{name}: none."
    ordered = sorted(values)
    return f"{name}: {len(values)}, median {ordered[len(ordered) // 2]:.2f}, lowest {ordered[0]:.2f}, highest {ordered[-1]:.2f}."


def _svg(width: float, height: float, words: str, parts: Sequence[str], kind: str = "chart") -> str:
    return f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(words)}">{"".join(parts)}</svg>'


def _bar(x: float, y: float, width: float, height: float, tone: str) -> str:
    return f'<rect class="bar {tone}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="1.5"/>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, anchor: str, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
