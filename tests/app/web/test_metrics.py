from __future__ import annotations

import pytest

from app.web.metrics import MOST_SERIES, Counter, Histogram


def test_buckets_are_cumulative_and_a_bound_belongs_to_its_bucket() -> None:
    histogram = Histogram("h", "help", ("status",))
    for seconds in (0.005, 0.02, 99):
        histogram.observe(seconds, "ok")
    lines = histogram.lines()
    assert lines[0] == 'h_bucket{status="ok",le="0.005"} 1'
    assert 'h_bucket{status="ok",le="0.025"} 2' in lines
    assert 'h_bucket{status="ok",le="30.0"} 2' in lines
    assert 'h_bucket{status="ok",le="+Inf"} 3' in lines
    assert lines[-1] == 'h_count{status="ok"} 3'
    assert float(lines[-2].split()[-1]) == pytest.approx(99.025)


def test_labels_are_escaped_and_bounded() -> None:
    counter = Counter("c", "help", ("a",))
    counter.add('x"\n\\')
    assert counter.lines() == ['c{a="x\\"\\n\\\\"} 1']
    for n in range(MOST_SERIES * 2):
        counter.add(str(n))
    assert len(counter.lines()) == MOST_SERIES
