"""``/livez``, ``/readyz`` and ``/metrics``: for machines that watch."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from app.web.admission import not_ready
from app.web.context import Web
from app.web.errors import WebError
from app.web.openapi import errors_of

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class Ready(BaseModel):
    """What is open. ``degraded`` names what works less well than it should."""

    status: str = "ready"
    build: str
    articles: int
    passages: int
    model: str
    degraded: list[str]


def health_routes(web: Web) -> APIRouter:
    """The routes for machines that watch."""
    router = APIRouter()

    @router.get("/livez", response_model=Alive)
    async def livez() -> Alive:
        """Constant: no index, no model, no limit."""
        return Alive()

    @router.get("/readyz", response_model=Ready, responses=errors_of(503))
    async def readyz() -> Ready:
        """503 with the reason until a verified build is open."""
        if web.stopping.begun:
            raise WebError(503, "restarting", web.texts.error("restarting"))
        state = web.rapport.readiness()
        if not state.ready:
            raise not_ready(web, state.reason)
        return Ready(build=state.build, articles=state.articles, passages=state.passages, model=state.model, degraded=list(state.degraded))

    @router.get("/metrics", response_class=PlainTextResponse, responses=errors_of(404))
    async def metrics() -> Response:
        """Figures for Prometheus; 404 when the setting ``metrics`` is off."""
        if not web.rapport.settings.metrics:
            raise HTTPException(404)
        return PlainTextResponse(web.metrics.text(), media_type=PROMETHEUS)

    return router
