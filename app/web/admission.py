"""May this question be worked on now? A message that speaks of danger always may.

Order: the rate of its address, then a slot. The guard's explicit rules are asked only when one of these would say no, since the
pipeline asks the whole guard anyway. A missing index is no reason to refuse here: the pipeline still gives referrals and fixed
replies, and says kindly that it can't answer the rest.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app.domain import Conversation, Outcome, Verdict
from app.web.context import Web
from app.web.errors import WebError
from app.web.limits.slots import NoSlot, Ticket

BUSY_SECONDS = 5
NOT_READY_SECONDS = 10


class _Screened:
    """The guard's explicit rules on one conversation, asked at most once and in a thread."""

    def __init__(self, web: Web, conversation: Conversation) -> None:
        self._web = web
        self._conversation = conversation
        self._verdict: Verdict | None = None

    async def crisis(self) -> bool:
        if self._verdict is None:
            self._verdict = await run_in_threadpool(self._web.rapport.guard_screen, self._conversation)
        return self._verdict.outcome is Outcome.CRISIS


async def is_crisis(web: Web, conversation: Conversation) -> bool:
    """Whether the guard's explicit rules find danger."""
    return await _Screened(web, conversation).crisis()


async def admit(web: Web, request: Request, conversation: Conversation) -> Ticket:
    """A ticket to work on the question; the caller releases it. Raises ``WebError`` 429 or 503 (no slot), never for a crisis."""
    screened = _Screened(web, conversation)
    limited = not web.unlimited(request)
    if limited and (wait := web.chat_rate.take(web.who(request))) and not await screened.crisis():
        raise too_many(web, wait)
    if not web.slots.free and await screened.crisis():
        return Ticket(None)
    return await _slot(web)


async def admit_search(web: Web, request: Request) -> Ticket:
    """The same for a search, which has no crisis reply of its own to give."""
    if not web.unlimited(request) and (wait := web.search_rate.take(web.who(request))):
        raise too_many(web, wait)
    readiness = web.rapport.readiness()
    if not readiness.ready:
        web.metrics.refusal("not_ready")
        raise not_ready(web, readiness.reason)
    return await _slot(web)


def not_ready(web: Web, reason: str) -> WebError:
    """503 while no verified index is open."""
    return WebError(503, "not_ready", web.texts.error("not_ready", reason=reason), retry_after=NOT_READY_SECONDS)


async def _slot(web: Web) -> Ticket:
    try:
        return await web.slots.take()
    except NoSlot:
        web.metrics.refusal("busy")
        raise WebError(503, "busy", web.texts.error("busy"), retry_after=BUSY_SECONDS) from None


def too_many(web: Web, wait: int) -> WebError:
    """429, with the seconds to wait."""
    web.metrics.refusal("too_many")
    return WebError(429, "too_many", web.texts.error("too_many", seconds=wait), retry_after=wait)
