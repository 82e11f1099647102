"""Combinations of settings, and their table."""

from __future__ import annotations

import json

import pytest

from evals.cases import SuiteError
from evals.gates import judge
from evals.limits import load_gates
from evals.sweep import combinations, sweep_table
from tests.evals.fakes import FakeTarget, fixed, make_case, make_run


def test_every_combination_in_order() -> None:
    assert combinations([]) == [{}]
    assert combinations(["retrieve.cutoff=0.3, 0.35", "locale=es"]) == [
        {"retrieve.cutoff": "0.3", "locale": "es"},
        {"retrieve.cutoff": "0.35", "locale": "es"},
    ]


@pytest.mark.parametrize("given", [["retrieve.cutoff"], ["=1"], ["a=1,"], ["a=1,2,3,4,5", "b=1,2,3,4,5"]])
def test_what_is_no_setting_is_refused(given: list[str]) -> None:
    with pytest.raises(SuiteError):
        combinations(given)


def test_one_table_against_the_first() -> None:
    cases = [make_case(f"q{n}", should_be=("answered",)) for n in range(4)]
    runs = [make_run(cases, FakeTarget()), make_run(cases, FakeTarget({"q0": fixed("no_answer")}))]
    rows = [({"retrieve.cutoff": str(n)}, run, judge(run, load_gates())) for n, run in enumerate(runs)]
    first, second = json.loads(sweep_table(rows, as_json=True))["runs"]
    assert (first["worse/better"], second["worse/better"]) == ("–", "1/0 (p 1.00)")
    assert second["pass rate"].startswith("75.0 %")
    lines = sweep_table(rows).splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("retrieve.cutoff=0 ")
