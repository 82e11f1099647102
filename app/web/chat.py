"""``POST /v1/chat``: a question in, a cited reply out, as JSON or as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from time import perf_counter
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from app.domain import Conversation, Event, Reply
from app.web.admission import BUSY_SECONDS, admit, is_crisis
from app.web.body import json_of, salvaged, validated
from app.web.context import Web
from app.web.errors import WebError, error_body, log_failure
from app.web.limits.slots import Ticket
from app.web.openapi import body_of, errors_of
from app.web.schemas import ChatReply, ChatRequest, chat_request, reply_out
from app.web.stream import EventStream, Overdue, Restarting, encode, limited, sse

SEND_SECONDS = 5.0  # beyond the reply's own deadline, for a slow reader


def chat_routes(web: Web) -> APIRouter:
    """The chat's routes."""
    router = APIRouter()
    model = chat_request(web.rapport.settings.limits)
    documented = {
        **errors_of(400, 408, 413, 415, 422, 429, 500, 503),
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
    }

    @router.post("/v1/chat", response_model=ChatReply, responses=documented, openapi_extra=body_of(model))
    async def chat(request: Request) -> Response:
        """Ask a question. Send ``Accept: text/event-stream`` to get sentences as they pass their checks."""
        conversation, ticket = await _taken(web, model, request)
        if wants_events(request):
            return _streamed(web, request, conversation, ticket)
        return await unless_left(request, _whole(web, conversation, ticket))

    return router


def wants_events(request: Request) -> bool:
    """Whether the client asked for server-sent events."""
    return any(part.split(";")[0].strip().lower() == "text/event-stream" for part in request.headers.get("accept", "").split(","))


async def _taken(web: Web, model: type[ChatRequest], request: Request) -> tuple[Conversation, Ticket]:
    """The conversation and leave to work on it. A message that speaks of danger is taken even when the request is not in order."""
    data: Any = await json_of(request, web.texts)
    try:
        conversation = validated(model, data, web.texts).conversation()
    except WebError:
        found = salvaged(data)
        if found is None or not await is_crisis(web, found):
            raise
        return found, Ticket(None)
    return conversation, await admit(web, request, conversation)


def reply_events(web: Web, conversation: Conversation) -> AsyncGenerator[Event]:
    """The pipeline's events within the reply's deadline."""
    return limited(web.rapport.respond(conversation), web.rapport.settings.limits.reply_seconds, web.stopping)


async def unless_left(request: Request, reply: Coroutine[Any, Any, Response]) -> Response:
    """The reply; when the client leaves first, the work is stopped, and with it a language model that nobody waits for."""
    work = asyncio.create_task(reply)
    left = asyncio.create_task(_left(request))
    try:
        await asyncio.wait({work, left}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        return Response(status_code=499)  # nobody reads it; the access log's word for a client that left
    finally:
        for task in (work, left):
            task.cancel()
        await asyncio.gather(work, left, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _whole(web: Web, conversation: Conversation, ticket: Ticket) -> Response:
    started = perf_counter()
    try:
        async with contextlib.aclosing(reply_events(web, conversation)) as events:
            async for event in events:
                if isinstance(event.data, Reply):
                    web.metrics.reply(event.data, perf_counter() - started)
                    return JSONResponse(reply_out(event.data).model_dump(mode="json"))
        raise AssertionError("limited() ends with a done event or an error")
    except (Overdue, Restarting) as error:
        raise late(web, error) from None
    finally:
        ticket.release()


def _streamed(web: Web, request: Request, conversation: Conversation, ticket: Ticket) -> Response:
    seconds = web.rapport.settings.limits.reply_seconds + SEND_SECONDS
    return EventStream(_chunks(web, request, conversation), seconds, ticket.release)


async def _chunks(web: Web, request: Request, conversation: Conversation) -> AsyncIterator[bytes]:
    started = perf_counter()
    try:
        async with contextlib.aclosing(reply_events(web, conversation)) as events:
            async for event in events:
                if isinstance(event.data, Reply):
                    web.metrics.reply(event.data, perf_counter() - started)
                yield encode(event)
    except (Overdue, Restarting) as error:
        refusal = late(web, error)
        yield sse("error", error_body(refusal.code, refusal.message, request.scope))
    except Exception as error:  # noqa: BLE001  # the stream has begun: say so honestly, and log no words
        log_failure(error, request.scope, "stream")
        yield sse("error", error_body("internal", web.texts.error("internal"), request.scope))


def late(web: Web, error: Overdue | Restarting) -> WebError:
    """503, for a reply that was not whole in time."""
    code = "overdue" if isinstance(error, Overdue) else "restarting"
    web.metrics.refusal(code)
    return WebError(503, code, web.texts.error(code), retry_after=BUSY_SECONDS)
