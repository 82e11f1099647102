"""An error that nobody expected becomes a 500 in our shape, and a log line without its words."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.errors import WebError, error_response, log_failure
from app.web.texts import Texts


class FailuresMiddleware:
    """The last net. Nothing gets past it to the server's own logging, which would print the error's words."""

    def __init__(self, app: ASGIApp, texts: Texts) -> None:
        self.app = app
        self.texts = texts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:  # noqa: BLE001  # whatever it is, its words must not reach a log or a reader
            log_failure(error, scope, "request")
            if not begun:
                await error_response(WebError(500, "internal", self.texts.error("internal")), scope)(scope, receive, send)
