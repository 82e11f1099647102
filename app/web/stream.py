"""The pipeline's events within a deadline, and as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.types import Receive, Scope, Send

from app.domain import Block, Citation, Event, Reply
from app.web.context import Stopping
from app.web.schemas import block_out, citation_out, reply_out

GRACE = 2.0  # seconds that a running reply gets when the process is asked to end


class Overdue(Exception):
    """The reply was not whole by the deadline."""


class Restarting(Exception):
    """The process is ending."""


class Unfinished(Exception):
    """The pipeline stopped without a done event."""


async def limited(events: AsyncIterator[Event], seconds: float, stopping: Stopping) -> AsyncGenerator[Event]:
    """The events, up to the done event. Raises ``Overdue``, ``Restarting``, ``Unfinished``, or what the pipeline raised.

    The pipeline runs in a task of its own, which is cancelled as soon as nobody reads any more.
    """
    queue: asyncio.Queue[Event | None] = asyncio.Queue()
    work = asyncio.create_task(_pump(events, queue))
    watch = asyncio.create_task(_grace(stopping))
    end = asyncio.get_running_loop().time() + seconds
    try:
        while True:
            event = await _next(queue, watch, end)
            if event is None:
                await work  # raises what the pipeline raised
                raise Unfinished
            yield event
            if event.kind == "done":
                return
    finally:
        for task in (work, watch):
            task.cancel()
        await asyncio.gather(work, watch, return_exceptions=True)


async def _pump(events: AsyncIterator[Event], queue: asyncio.Queue[Event | None]) -> None:
    try:
        async for event in events:
            queue.put_nowait(event)
    finally:
        queue.put_nowait(None)


async def _grace(stopping: Stopping) -> None:
    await stopping.wait()
    await asyncio.sleep(GRACE)


async def _next(queue: asyncio.Queue[Event | None], watch: asyncio.Task[None], end: float) -> Event | None:
    get = asyncio.create_task(queue.get())
    try:
        await asyncio.wait({get, watch}, timeout=max(0.0, end - asyncio.get_running_loop().time()), return_when=asyncio.FIRST_COMPLETED)
        if get.done():
            return get.result()
        raise Restarting if watch.done() else Overdue
    finally:
        get.cancel()


class EventStream(EventSourceResponse):
    """Server-sent events, closed after ``seconds`` even when the reader has stopped reading. ``finish`` is called however it ends."""

    def __init__(self, chunks: AsyncIterator[bytes], seconds: float, finish: Callable[[], None]) -> None:
        super().__init__(chunks, headers={"X-Accel-Buffering": "no"})
        self._seconds = seconds
        self._finish = finish

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await super().__call__(scope, receive, send)
        finally:
            self._finish()


def encode(event: Event) -> bytes:
    """One event for the wire."""
    return sse(event.kind, _wire(event.data))


def sse(kind: str, data: Any) -> bytes:
    """A server-sent event with JSON data."""
    return format_sse_event(event=kind, data_str=to_json(data).decode("utf-8"))


def _wire(data: dict[str, str] | Block | Citation | Reply) -> BaseModel | dict[str, str]:
    if isinstance(data, Block):
        return block_out(data)
    if isinstance(data, Citation):
        return citation_out(data)
    if isinstance(data, Reply):
        return reply_out(data)
    return data
