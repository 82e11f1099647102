"""Counts of declined questions, read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.gaps import GapCounter
from evals.cases import SuiteError
from evals.gaps import declined_in, describe_gaps, read_gaps
from tests.evals.fakes import FakeTarget, fixed, make_case, make_run


def _counts(path: Path, **topics: int) -> Path:
    counter = GapCounter(path)
    for topic, count in topics.items():
        for _ in range(count):
            counter.record(topic)
    return path


def test_counts_of_several_services_are_added_up_most_first(tmp_path: Path) -> None:
    files = [_counts(tmp_path / "a.json", cbt=5, grief=10), _counts(tmp_path / "b.json", cbt=15)]
    assert [(gap.topic, gap.count) for gap in read_gaps(files)] == [("cbt", 20), ("grief", 10)]
    assert "    20  cbt" in describe_gaps(files)
    assert json.loads(describe_gaps(files, as_json=True)) == {
        "gaps": [{"topic": "cbt", "declined": 20}, {"topic": "grief", "declined": 10}]
    }
    assert "Nothing yet" in describe_gaps([])


def test_a_file_that_is_not_of_counts(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    for name, words in (("x.json", "isn't a file"), ("none.json", "can't be opened")):
        with pytest.raises(SuiteError, match=words):
            read_gaps([tmp_path / name])


def test_declined_in_a_run() -> None:
    cases = [
        make_case("a", must_cite=(("grief", "loss"),), should_be=("answered",)),
        make_case("b", must_cite=(("grief",),)),
        make_case("c", must_cite=(("cbt",),), should_be=("declined",)),
        make_case("d"),
        make_case("e", must_cite=(("cbt",),)),
    ]
    run = make_run(cases, FakeTarget({name: fixed("no_answer") for name in "abcd"}))
    assert [(gap.topic, gap.count) for gap in declined_in(run)] == [("grief", 2)]
