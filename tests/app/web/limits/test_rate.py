from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.web.limits.rate import DAY, RateLimiter


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def limiter(clock: Clock, *, per_minute: int = 10, burst: int = 3, per_day: int = 100, most_keys: int = 50_000) -> RateLimiter:
    return RateLimiter(per_minute, burst, per_day, clock=clock, most_keys=most_keys)


def test_a_minutes_questions_and_the_burst_then_a_steady_rate() -> None:
    clock = Clock()
    rate = limiter(clock)
    assert [rate.take("a") for _ in range(13)] == [0] * 13
    wait = rate.take("a")
    assert wait == 6
    clock.now += wait
    assert rate.take("a") == 0
    assert rate.take("a") > 0
    assert rate.take("b") == 0


def test_the_days_questions_then_tomorrow() -> None:
    clock = Clock()
    rate = limiter(clock, per_minute=1_000, per_day=5)
    assert [rate.take("a") for _ in range(5)] == [0] * 5
    assert rate.take("a") == DAY
    clock.now += DAY
    assert rate.take("a") == 0


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60))
def test_never_more_than_the_bucket_and_its_refill(gaps: list[float]) -> None:
    clock = Clock()
    rate = limiter(clock, per_day=1_000)
    taken = 0
    for gap in gaps:
        clock.now += gap
        taken += rate.take("a") == 0
    assert taken <= 13 + (clock.now - 1_000.0 - gaps[0]) / 6 + 1e-6


@given(st.integers(1, 60), st.floats(0, 20))
def test_waiting_as_told_is_enough(per_minute: int, head_start: float) -> None:
    clock = Clock()
    rate = limiter(clock, per_minute=per_minute, burst=0, per_day=1_000)
    rate.take("a")
    clock.now += head_start
    while (wait := rate.take("a")) == 0:
        pass
    clock.now += wait
    assert rate.take("a") == 0


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    clock = Clock()
    rate = limiter(clock, per_minute=1, burst=0, most_keys=3)
    for who in "abc":
        rate.take(who)
    assert rate.take("a") > 0
    rate.take("d")
    assert len(rate) == 3
    assert rate.take("a") > 0  # used lately: kept
    assert rate.take("b") == 0  # forgotten


def test_addresses_are_not_kept() -> None:
    rate = limiter(Clock())
    rate.take("203.0.113.9")
    assert "203.0.113.9" not in repr(vars(rate))
    assert b"203.0.113.9" not in b"".join(rate._accounts)


def test_the_key_changes_daily() -> None:
    clock = Clock()
    rate = limiter(clock)
    rate.take("a")
    before = set(rate._accounts)
    clock.now += DAY
    rate.take("a")
    assert before.isdisjoint(rate._accounts)
