from __future__ import annotations

import pytest

from app.domain import Reply
from app.web.metrics import MOST_SERIES, Counter, Histogram, WebMetrics


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


def test_what_composed_a_reply_and_what_it_lacks_is_counted_without_a_word_of_it() -> None:
    metrics = WebMetrics()
    quotes = {"composer": "quotes", "build": "b", "score": ".9"}
    counts = {"sentences": "5", "verbatim": "1", "dropped": "3"}
    for receipt in (
        quotes,
        quotes | {"code": "degraded", "fault": "first_byte"},
        quotes | {"code": "degraded", "fault": "first_byte"},
        quotes | {"code": "degraded", "fault": "too_few"},
        {"composer": "written", "writer": "openai:x", **counts},
        {"composer": "written", "code": "degraded", "fault": "gap", **counts},
        {"composer": "fixed", "code": "index_unavailable"},
    ):
        metrics.reply(Reply("id", "answered", (), receipt=receipt), 0.1)
    lines = [line for line in metrics.text().splitlines() if line.startswith(("rapport_comp", "rapport_degr", "rapport_sent"))]
    assert lines == [
        'rapport_composed_total{composer="fixed"} 1',
        'rapport_composed_total{composer="quotes"} 4',
        'rapport_composed_total{composer="written"} 2',
        'rapport_degraded_total{composer="fixed",code="index_unavailable",fault=""} 1',
        'rapport_degraded_total{composer="quotes",code="degraded",fault="first_byte"} 2',
        'rapport_degraded_total{composer="quotes",code="degraded",fault="too_few"} 1',
        'rapport_degraded_total{composer="written",code="degraded",fault="gap"} 1',
        'rapport_sentences_total{result="dropped"} 6',
        'rapport_sentences_total{result="shown"} 8',
        'rapport_sentences_total{result="verbatim"} 2',
    ]
