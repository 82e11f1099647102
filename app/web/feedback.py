"""``POST /v1/feedback``: a thumb for a reply. Counted, never kept: neither the reply's id nor any word is stored."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.web.admission import too_many
from app.web.body import json_of, validated
from app.web.context import Web
from app.web.openapi import body_of, errors_of


class FeedbackRequest(BaseModel):
    """A thumb up or down for the reply ``id``, and why from a short list. There is no field for words."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    rating: Literal["up", "down"]
    reason: Literal["off_topic", "wrong", "unclear", "upsetting"] | None = None


def feedback_routes(web: Web) -> APIRouter:
    """The feedback's route."""
    router = APIRouter()

    @router.post(
        "/v1/feedback",
        status_code=204,
        responses=errors_of(400, 408, 413, 415, 422, 429, 500),
        openapi_extra=body_of(FeedbackRequest),
        response_class=Response,
    )
    async def feedback(request: Request) -> Response:
        """Say whether a reply helped. Only counts are kept."""
        given = validated(FeedbackRequest, await json_of(request, web.texts), web.texts)
        if wait := web.feedback_rate.take(web.who(request)):
            raise too_many(web, wait)
        web.metrics.feedback(given.rating, given.reason or "")
        return Response(status_code=204)

    return router
