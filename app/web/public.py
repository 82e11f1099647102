"""What other sites and browsers fetch: the widget and its public configuration, the published safety protocol, and the pages' files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.web.assets import FOREVER, Assets
from app.web.context import Web
from app.web.openapi import errors_of
from app.web.pages import Pages

WIDGET_BUILD = Path(__file__).parents[1] / "widget" / "dist" / "widget.js"
PLAIN_WIDGET = Path(__file__).parent / "static" / "widget.js"
SCRIPT = "text/javascript; charset=utf-8"
OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=300"}


class ClinicOut(BaseModel):
    """How to reach the clinic; empty where the clinic has not said."""

    name: str
    phone: str
    email: str
    url: str
    hours: str


class ConfigOut(BaseModel):
    """What a chat needs to know before the first question. Nothing in it is secret."""

    clinic: ClinicOut
    locale: str
    region: str
    disclosure: str
    version: str
    message_chars: int
    history_turns: int
    history_chars: int


def public_routes(web: Web, assets: Assets, pages: Pages, version: str) -> APIRouter:
    """Routes without a limit: they cost nothing."""
    router = APIRouter()
    settings = web.rapport.settings
    config_out = ConfigOut(
        clinic=ClinicOut(**settings.clinic.model_dump()),
        locale=settings.locale,
        region=settings.region,
        disclosure=web.texts.disclosure.format(clinic=settings.clinic.name),
        version=version,
        message_chars=settings.limits.message_chars,
        history_turns=settings.limits.history_turns,
        history_chars=settings.limits.history_chars,
    )

    @router.get("/v1/config", response_model=ConfigOut)
    async def config() -> ConfigOut:
        """The public configuration of the chat."""
        return config_out

    @router.get("/v1/safety", response_model=dict[str, Any])
    async def safety(request: Request) -> Response:
        """The published safety protocol and the help lines per region; a page for browsers."""
        if "text/html" in request.headers.get("accept", ""):
            return pages.safety()
        return JSONResponse(dict(web.rapport.safety()), headers={"Cache-Control": "public, max-age=300", "Vary": "Accept"})

    @router.get("/widget.js", response_class=Response, responses=errors_of(404))
    async def widget() -> Response:
        """The widget's script, for any site."""
        source = WIDGET_BUILD if WIDGET_BUILD.exists() else PLAIN_WIDGET
        return Response(source.read_bytes(), media_type=SCRIPT, headers=OPEN_TO_ALL)

    @router.get("/static/{address}", include_in_schema=False)
    async def static(address: str) -> Response:
        asset = assets.by_address(address)
        if asset is None:
            raise HTTPException(404)
        return Response(asset.body, media_type=asset.media_type, headers={"Cache-Control": FOREVER})

    return router
