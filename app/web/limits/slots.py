"""How many questions are worked on at once, and how many may wait."""

from __future__ import annotations

import asyncio


class NoSlot(Exception):
    """The queue is full, or the wait was too long."""


class Ticket:
    """A held slot. ``release`` may be called more than once."""

    def __init__(self, slots: Slots | None) -> None:
        self._slots = slots

    def release(self) -> None:
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.give_back()


class Slots:
    """``size`` at work, ``queue`` waiting at most ``patience`` seconds, the rest refused at once. For one event loop."""

    def __init__(self, size: int, queue: int, patience: float) -> None:
        self._semaphore = asyncio.Semaphore(size)
        self._queue = queue
        self._patience = patience
        self.working = 0
        self.waiting = 0

    @property
    def free(self) -> bool:
        """Whether a slot can be had without waiting."""
        return not self._semaphore.locked()

    async def take(self) -> Ticket:
        """Wait for a slot. Raises ``NoSlot``."""
        if not self.free and self.waiting >= self._queue:
            raise NoSlot
        self.waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._semaphore.acquire()
        except TimeoutError:
            raise NoSlot from None
        finally:
            self.waiting -= 1
        self.working += 1
        return Ticket(self)

    def give_back(self) -> None:
        """Called by the ticket."""
        self.working -= 1
        self._semaphore.release()
