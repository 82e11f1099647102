"""One line a request: method, route, status, milliseconds. No query, no body, no address, and the route's pattern rather than the path."""

from __future__ import annotations

import logging
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.errors import request_id
from app.web.metrics import WebMetrics

logger = logging.getLogger("rapport.access")
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLogMiddleware:
    """Logs and counts every request when its reply has been sent, or has failed."""

    def __init__(self, app: ASGIApp, metrics: WebMetrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        status = 499  # nothing was sent: the client had left

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            seconds = perf_counter() - started
            method, route = method_of(scope), route_of(scope)
            self.metrics.request(method, route, status, seconds)
            logger.info(
                "request method=%s route=%s status=%d ms=%.1f request_id=%s", method, route, status, seconds * 1000, request_id(scope)
            )


def route_of(scope: Scope) -> str:
    """The pattern that matched ("/articles/{slug}"), or "other": a path that nobody serves may hold anything."""
    return str(getattr(scope.get("route"), "path", "other"))


def method_of(scope: Scope) -> str:
    """The method when it is a common one, else "other": a client can make up names without end."""
    method = str(scope["method"])
    return method if method in KNOWN_METHODS else "other"
