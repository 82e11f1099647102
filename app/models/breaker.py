"""Sparing a model server that fails, and a purse that is nearly empty: a circuit breaker and a daily budget.

Both keep a few numbers in memory, count with a monotonic clock that tests replace, and may be used from any thread. Neither is
shared between processes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock
from time import monotonic

from app.errors import UpstreamError

FAILURES = 5
WINDOW = 30.0  # seconds in which so many failures open the breaker
PROBE_EVERY = 15.0
DAY = 86_400.0


class Breaker:
    """Open after ``failures`` in ``window`` seconds: then one call each ``probe_every`` seconds is let through, until one succeeds."""

    def __init__(
        self,
        failures: int = FAILURES,
        window: float = WINDOW,
        probe_every: float = PROBE_EVERY,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._failures, self._window, self._probe_every, self._clock = failures, window, probe_every, clock
        self._failed_at: deque[float] = deque(maxlen=failures)
        self._next_probe: float | None = None
        self._lock = Lock()

    @property
    def is_open(self) -> bool:
        """Whether calls are held back."""
        return self._next_probe is not None

    def enter(self) -> None:
        """Ask to call. Raises ``UpstreamError`` (code ``resting``) while the server is spared."""
        with self._lock:
            if self._next_probe is None:
                return
            now = self._clock()
            if now < self._next_probe:
                raise UpstreamError("The language model's server is being spared after failures.", code="resting")
            self._next_probe = now + self._probe_every

    def failed(self) -> None:
        """Note that a call failed."""
        with self._lock:
            now = self._clock()
            self._failed_at.append(now)
            if self._next_probe is not None or (len(self._failed_at) == self._failures and now - self._failed_at[0] <= self._window):
                self._next_probe = now + self._probe_every

    def succeeded(self) -> None:
        """Note that a call went well: all is forgotten."""
        with self._lock:
            self._failed_at.clear()
            self._next_probe = None


class Budget:
    """So many tokens in 24 hours from the first use; counts are estimates, made the same way for every vendor."""

    def __init__(self, daily_tokens: int, *, clock: Callable[[], float] = monotonic) -> None:
        self._daily, self._clock = daily_tokens, clock
        self._began = clock()
        self._spent = 0
        self._lock = Lock()

    def enter(self) -> None:
        """Ask to spend. Raises ``UpstreamError`` (code ``budget``) when the day's tokens are spent."""
        with self._lock:
            now = self._clock()
            if now - self._began >= DAY:
                self._began, self._spent = now, 0
            if self._spent >= self._daily:
                raise UpstreamError("The day's budget for the language model is spent.", code="budget")

    def spend(self, tokens: int) -> None:
        """Note what a call cost."""
        with self._lock:
            self._spent += tokens
