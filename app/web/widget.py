"""The widget's files: at a plain address that is looked at again soon, and at one for each build that never changes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.web.assets import FOREVER, TYPES
from app.web.openapi import errors_of
from app.widget.files import Build, load_build, load_builds

SOON = "public, max-age=300"
OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Vary": "Accept-Encoding"}


def widget_routes() -> APIRouter:
    """The routes. Raises ``SettingsError`` when the build is missing."""
    router = APIRouter()
    current, builds = load_build(), load_builds()

    @router.get("/widget.js", response_class=Response, responses=errors_of(404))
    async def script(request: Request) -> Response:
        """The widget's script, for any site; checked for a newer one after five minutes."""
        return _newest(current, "widget.js", request)

    @router.get("/widget.css", include_in_schema=False)
    async def style(request: Request) -> Response:
        return _newest(current, "widget.css", request)

    @router.get("/widget/{version}/{name}", include_in_schema=False)
    async def pinned(request: Request, version: str, name: str) -> Response:
        build = builds.get(version)
        if build is None or name not in build.files:
            raise HTTPException(404)
        return _file(build, name, request, FOREVER)

    return router


def _newest(build: Build, name: str, request: Request) -> Response:
    tag = f'"{build.version}"'
    if request.headers.get("if-none-match", "").removeprefix("W/") == tag:
        return Response(status_code=304, headers={**OPEN_TO_ALL, "Cache-Control": SOON, "ETag": tag})
    reply = _file(build, name, request, SOON)
    reply.headers["ETag"] = f"W/{tag}"  # the same build, zipped or not
    return reply


def _file(build: Build, name: str, request: Request, keep: str) -> Response:
    headers = {**OPEN_TO_ALL, "Cache-Control": keep}
    body = build.files[name]
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = build.zipped[name]
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=TYPES[name[name.rindex(".") :]], headers=headers)
