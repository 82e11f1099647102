from __future__ import annotations

import asyncio

import pytest

from app.web.limits.slots import NoSlot, Slots, Ticket


async def attempt(slots: Slots, hold: float) -> str:
    try:
        ticket = await slots.take()
    except NoSlot:
        return "refused"
    await asyncio.sleep(hold)
    ticket.release()
    return "worked"


def test_some_work_some_wait_the_rest_is_refused() -> None:
    async def run() -> list[str]:
        slots = Slots(8, 16, patience=5)
        results = await asyncio.gather(*(attempt(slots, 0.02) for _ in range(200)))
        assert (slots.working, slots.waiting, slots.free) == (0, 0, True)
        return results

    results = asyncio.run(run())
    assert results.count("worked") == 24
    assert results.count("refused") == 176


def test_a_wait_ends() -> None:
    async def run() -> None:
        slots = Slots(1, 1, patience=0.02)
        held = await slots.take()
        with pytest.raises(NoSlot):
            await slots.take()
        assert (slots.working, slots.waiting) == (1, 0)
        held.release()
        assert (await slots.take()) is not None

    asyncio.run(run())


def test_a_ticket_is_given_back_once() -> None:
    async def run() -> None:
        slots = Slots(1, 0, patience=1)
        ticket = await slots.take()
        ticket.release()
        ticket.release()
        assert slots.working == 0
        await slots.take()
        assert not slots.free
        with pytest.raises(NoSlot):
            await slots.take()
        Ticket(None).release()

    asyncio.run(run())


def test_a_caller_who_leaves_the_queue_leaves_no_trace() -> None:
    async def run() -> None:
        slots = Slots(1, 1, patience=5)
        held = await slots.take()
        waiting = asyncio.create_task(slots.take())
        await asyncio.sleep(0)
        assert slots.waiting == 1
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert slots.waiting == 0
        held.release()
        assert slots.free

    asyncio.run(run())
