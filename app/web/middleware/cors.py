"""Which other sites may call the API: those in ``allowed_origins``, and no others."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.errors import WebError, error_response
from app.web.texts import Texts

PREFIX = "/v1/"
GRANT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "accept, content-type",
    "Access-Control-Max-Age": "600",
}


class CorsMiddleware:
    """Answers preflights and grants reading to listed sites.

    A site that is not listed gets no grant, and its browser stops it: the API takes JSON alone, which always needs a preflight, and
    there are no cookies to abuse. A call from the server's own pages, or from no browser, is not looked at.
    """

    def __init__(self, app: ASGIApp, texts: Texts, origins: Collection[str]) -> None:
        self.app = app
        self.texts = texts
        self.origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        allowed = origin in self.origins

        async def granted(message: Message) -> None:
            if message["type"] == "http.response.start":
                reply = MutableHeaders(scope=message)
                reply.add_vary_header("Origin")
                if allowed:
                    reply["Access-Control-Allow-Origin"] = origin
                    reply["Access-Control-Expose-Headers"] = "Retry-After, X-Request-ID"
                    reply["Cross-Origin-Resource-Policy"] = "cross-origin"
                else:
                    reply["Cross-Origin-Resource-Policy"] = "same-origin"
            await send(message)

        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(allowed, scope)(scope, receive, granted)
        else:
            await self.app(scope, receive, granted)

    def _preflight(self, allowed: bool, scope: Scope) -> Response:
        if allowed:
            return Response(status_code=204, headers=GRANT)
        return error_response(WebError(403, "origin_not_allowed", self.texts.error("origin_not_allowed")), scope)
