"""Charts are well-formed, say their figures in words, and stay inside their box."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.charts import Bar, Dot, bars, interval_bar, scores, trend
from evals.summary import Share

SHARE = st.floats(0, 1)


def _inside(svg: str) -> ET.Element:
    """Parse, and check that every shape lies in the view box."""
    root = ET.fromstring(svg)  # noqa: S314  # ours
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for shape in root:
        numbers = {name: float(shape.attrib[name]) for name in ("x", "y", "x1", "y1", "x2", "y2", "cx", "cy") if name in shape.attrib}
        assert all(-1 <= value <= (width if "x" in name else height) + 1 for name, value in numbers.items()), shape.attrib
        assert numbers.get("x", 0) + float(shape.attrib.get("width", 0)) <= width + 1
        assert float(shape.attrib.get("height", 0)) >= 0
    assert root.attrib["role"] == "img"
    return root


@given(st.integers(0, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))), st.none() | SHARE)
def test_interval(pair: tuple[int, int], least: float | None) -> None:
    root = _inside(interval_bar(Share("fact recall", *pair), least))
    assert root.attrib["aria-label"].startswith("fact recall: ")


@given(st.lists(SHARE, max_size=40), st.lists(SHARE, max_size=40), st.none() | SHARE)
def test_scores(answerable: list[float], other: list[float], cutoff: float | None) -> None:
    root = _inside(scores("Score", answerable, other, cutoff))
    assert ("Cut-off" in root.attrib["aria-label"]) == (cutoff is not None)


@given(st.lists(st.integers(1, 300).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))), min_size=1, max_size=24))
def test_trend(points: list[tuple[int, int]]) -> None:
    root = _inside(trend("Pass rate", [Dot(f"run {n}", *pair) for n, pair in enumerate(points)]))
    assert root.attrib["aria-label"].count(" of ") == len(points)


@pytest.mark.parametrize("counts", [[0, 0], [1, 0], [900, 3]])
def test_bars(counts: list[int]) -> None:
    root = _inside(bars("Rank", [Bar(f"<{n}>", count) for n, count in enumerate(counts)]))
    assert f"<0>: {counts[0]}" in root.attrib["aria-label"]
