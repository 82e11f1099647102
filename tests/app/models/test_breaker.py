from __future__ import annotations

import pytest

from app.errors import UpstreamError
from app.models.breaker import Breaker, Budget


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _held_back(breaker: Breaker) -> bool:
    try:
        breaker.enter()
    except UpstreamError as error:
        return error.code == "resting"
    return False


def test_five_failures_in_thirty_seconds_open_it() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    for place in range(5):
        assert not _held_back(breaker)
        clock.now = place * 7.5
        breaker.failed()
    assert breaker.is_open
    assert _held_back(breaker)


def test_failures_far_apart_do_not() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    for place in range(20):
        clock.now = place * 7.6
        breaker.failed()
    assert not breaker.is_open


def test_one_probe_each_fifteen_seconds_until_one_succeeds() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    for _ in range(5):
        breaker.failed()
    clock.now = 14.9
    assert _held_back(breaker)
    clock.now = 15
    assert not _held_back(breaker)
    assert _held_back(breaker), "the probe is under way"
    breaker.failed()
    clock.now = 29.9
    assert _held_back(breaker)
    clock.now = 30
    assert not _held_back(breaker)
    breaker.succeeded()
    assert not breaker.is_open
    breaker.failed()
    assert not _held_back(breaker), "what was before is forgotten"


def test_a_probe_whose_reader_left_does_not_hold_the_others_for_ever() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    for _ in range(5):
        breaker.failed()
    clock.now = 15
    breaker.enter()  # and nothing is ever heard of it
    clock.now = 30
    assert not _held_back(breaker)


def test_the_budget_is_for_a_day() -> None:
    clock = Clock()
    budget = Budget(100, clock=clock)
    budget.enter()
    budget.spend(100)
    with pytest.raises(UpstreamError) as error:
        budget.enter()
    assert error.value.code == "budget"
    clock.now = 86_399
    with pytest.raises(UpstreamError):
        budget.enter()
    clock.now = 86_400
    budget.enter()
