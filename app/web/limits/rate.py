"""How often one address may ask. Addresses are kept only as keyed hashes, the key is in memory alone and changes daily."""

from __future__ import annotations

import hmac
import math
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

DAY = 86_400.0
MOST_KEYS = 50_000
ROUNDING = 1e-6  # of a question: waiting exactly as long as told must be enough


@dataclass(slots=True)
class _Account:
    tokens: float
    at: float
    today: int = 0


class RateLimiter:
    """A bucket of ``per_minute + burst`` questions that refills at ``per_minute``, and a count of the day's.

    Memory is bounded: the account used longest ago is forgotten first. ``clock`` is monotonic seconds, so that a clock set back
    or forward changes nothing. Not shared between processes.
    """

    def __init__(
        self, per_minute: int, burst: int, per_day: int, *, clock: Callable[[], float] = monotonic, most_keys: int = MOST_KEYS
    ) -> None:
        self._rate = per_minute / 60
        self._full = float(per_minute + burst)
        self._per_day = per_day
        self._clock = clock
        self._most_keys = most_keys
        self._accounts: OrderedDict[bytes, _Account] = OrderedDict()
        self._begin_day()

    def __len__(self) -> int:
        return len(self._accounts)

    def take(self, who: str) -> int:
        """Count one question. Returns 0 when it may go on, else the seconds to wait."""
        now = self._clock()
        if now - self._day_began >= DAY:
            self._begin_day()
        account = self._account(hmac.digest(self._salt, who.encode(), "sha256"), now)
        account.tokens = min(self._full, account.tokens + (now - account.at) * self._rate)
        account.at = now
        if account.today >= self._per_day:
            return math.ceil(DAY - (now - self._day_began))
        if account.tokens < 1 - ROUNDING:
            return math.ceil((1 - account.tokens) / self._rate)
        account.tokens -= 1
        account.today += 1
        return 0

    def _account(self, key: bytes, now: float) -> _Account:
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = _Account(self._full, now)
            if len(self._accounts) > self._most_keys:
                self._accounts.popitem(last=False)
        self._accounts.move_to_end(key)
        return account

    def _begin_day(self) -> None:
        self._salt = secrets.token_bytes(32)
        self._day_began = self._clock()
        self._accounts.clear()
