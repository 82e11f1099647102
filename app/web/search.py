"""``POST /v1/search``: ranked passages."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from app.citation_url import citation_url
from app.domain import Block, Conversation, Hit, Outcome, Reply, Verdict
from app.errors import IndexUnavailable
from app.web.admission import admit_search, not_ready
from app.web.body import json_of, validated
from app.web.context import Web
from app.web.openapi import body_of, errors_of
from app.web.schemas import GuardOut, SearchReply, SearchRequest, block_out, result_out


def search_routes(web: Web) -> APIRouter:
    """The search's route."""
    router = APIRouter()

    @router.post(
        "/v1/search",
        response_model=SearchReply,
        responses=errors_of(400, 408, 413, 415, 422, 429, 500, 503),
        openapi_extra=body_of(SearchRequest),
    )
    async def search(request: Request) -> SearchReply:
        """Passages for a query, best first. A query that speaks of danger gets help lines instead."""
        asked = validated(SearchRequest, await json_of(request, web.texts), web.texts)
        verdict, blocks, hits = await screened_search(web, request, asked.query, asked.k)
        return SearchReply(
            results=[result_out(hit, hit_url(hit)) for hit in hits],
            guard=GuardOut(outcome=verdict.outcome.value, category=verdict.category),
            blocks=[block_out(block) for block in blocks],
        )

    return router


def hit_url(hit: Hit) -> str:
    """Where a hit's passage is read."""
    return citation_url(hit.passage.article, hit.passage.start, hit.passage.end)


async def screened_search(web: Web, request: Request, query: str, k: int) -> tuple[Verdict, tuple[Block, ...], Sequence[Hit]]:
    """The guard's verdict, the crisis reply if it is one, and else the hits. Raises ``WebError`` 429 or 503, never for a crisis."""
    conversation = Conversation(query)
    verdict = await run_in_threadpool(web.rapport.guard_screen, conversation)
    if verdict.outcome is Outcome.CRISIS:
        return verdict, await _reply_blocks(web, conversation), ()
    ticket = await admit_search(web, request)
    try:
        return verdict, (), await run_in_threadpool(web.rapport.search, query, k)
    except IndexUnavailable:
        raise not_ready(web, web.rapport.readiness().reason) from None
    finally:
        ticket.release()


async def _reply_blocks(web: Web, conversation: Conversation) -> tuple[Block, ...]:
    async for event in web.rapport.respond(conversation):
        if isinstance(event.data, Reply):
            return event.data.blocks
    return ()
