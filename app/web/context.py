"""What the routes share, made once by ``create_app``."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.requests import Request

from app.web.limits.client_ip import ClientAddress, block
from app.web.limits.rate import RateLimiter
from app.web.limits.slots import Slots
from app.web.metrics import WebMetrics
from app.web.ports import Service
from app.web.texts import Texts


class Stopping:
    """Set when the process was asked to end. ``begin`` may be called from a signal handler or another thread."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Name the loop that waits."""
        self._loop = loop

    def begin(self) -> None:
        """Say that the process is ending."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._event.set)

    @property
    def begun(self) -> bool:
        return self._event.is_set()

    async def wait(self) -> None:
        """Return once ``begin`` was called."""
        await self._event.wait()


@dataclass(frozen=True)
class Web:
    """The service, and what HTTP needs around it."""

    rapport: Service
    texts: Texts
    metrics: WebMetrics
    address: ClientAddress
    chat_rate: RateLimiter
    search_rate: RateLimiter
    feedback_rate: RateLimiter
    slots: Slots
    stopping: Stopping

    def unlimited(self, request: Request) -> bool:
        """Whether this is somebody trying the chat out on the very machine it runs on, while it serves that machine alone.

        Behind a proxy, or once other machines can reach it, everybody is counted.
        """
        peer = self.address(request.scope)
        return (
            self.rapport.settings.host in ("127.0.0.1", "::1", "localhost")
            and peer is not None
            and peer.is_loopback
            and "x-forwarded-for" not in request.headers
            and "forwarded" not in request.headers
        )

    def who(self, request: Request) -> str:
        """What this request counts as: its address, or its network."""
        return block(self.address(request.scope))
