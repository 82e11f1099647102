"""What other sites and browsers fetch: the chat's public configuration, the published safety protocol, and the pages' files."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.web.assets import FOREVER, Assets
from app.web.context import Web
from app.web.pages import Pages
from app.widget.files import load_words


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
    strings: dict[str, Any] | None = None


def public_routes(web: Web, assets: Assets, pages: Pages, version: str) -> APIRouter:
    """Routes without a limit: they cost nothing."""
    router = APIRouter()
    settings, words = web.rapport.settings, load_words()
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
    async def config(locale: str = "") -> ConfigOut:
        """The public configuration of the chat; ``strings`` are the widget's own words in a language that it has not got with it."""
        strings = words.get((locale or settings.locale)[:2].lower())
        return config_out.model_copy(update={"strings": strings}) if strings else config_out

    @router.get("/v1/safety", response_model=dict[str, Any])
    async def safety(request: Request) -> Response:
        """The published safety protocol and the help lines per region; a page for browsers."""
        if "text/html" in request.headers.get("accept", ""):
            return pages.safety()
        return JSONResponse(dict(web.rapport.safety()), headers={"Cache-Control": "public, max-age=300", "Vary": "Accept"})

    @router.get("/static/{address}", include_in_schema=False)
    async def static(address: str) -> Response:
        asset = assets.by_address(address)
        if asset is None:
            raise HTTPException(404)
        return Response(asset.body, media_type=asset.media_type, headers={"Cache-Control": FOREVER})

    return router
