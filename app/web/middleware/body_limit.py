"""A body is read whole, within a size and a time, before anything looks at it."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.errors import WebError, error_response
from app.web.texts import Texts

CLOSE = {"Connection": "close"}  # the rest of the body is not read, so the connection can't be used again


class ClientLeft(Exception):
    """The client went away before its body was here."""


class BodyLimitMiddleware:
    """413 above ``most_bytes`` (declared or arrived, chunked too), 408 when it is not here after ``seconds``."""

    def __init__(self, app: ASGIApp, texts: Texts, most_bytes: int, seconds: float) -> None:
        self.app = app
        self.texts = texts
        self.most_bytes = most_bytes
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            body = await self._read(scope, receive)
        except WebError as error:
            await error_response(error, scope)(scope, receive, send)
            return
        except ClientLeft:
            return
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared[:12]) > self.most_bytes:
            raise self._too_large()
        try:
            async with asyncio.timeout(self.seconds):
                return await self._chunks(receive)
        except TimeoutError:
            raise WebError(408, "slow_body", self.texts.error("slow_body"), headers=CLOSE) from None

    async def _chunks(self, receive: Receive) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientLeft
            body += message.get("body", b"")
            if len(body) > self.most_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                return bytes(body)

    def _too_large(self) -> WebError:
        return WebError(413, "too_large", self.texts.error("too_large", limit=f"{self.most_bytes:,}"), headers=CLOSE)
