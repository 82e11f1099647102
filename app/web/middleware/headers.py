"""Security headers, as data: ``headers.toml`` beside this file."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import SettingsError


class HeaderTable(BaseModel):
    """Headers by what is sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every: dict[str, str]
    api: dict[str, str]
    page: dict[str, str]
    file: dict[str, str]
    tls: dict[str, str]


def load_headers(path: Path | None = None) -> HeaderTable:
    """Read the table. Raises ``SettingsError`` when the file is not in its form."""
    path = path or Path(__file__).with_name("headers.toml")
    try:
        return HeaderTable.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"{path.name} in app/web/middleware can't be read ({type(error).__name__}).") from None


class HeadersMiddleware:
    """Adds the headers of the table; a header that the handler has set itself is left as it is."""

    def __init__(self, app: ASGIApp, table: HeaderTable, tls: bool) -> None:
        self.app = app
        extra = table.tls if tls else {}
        self.page = {**table.every, **table.page, **extra}
        self.file = {**table.every, **table.file, **extra}
        self.api = {**table.every, **table.api, **extra}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._for(headers.get("content-type", "")).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, guarded)

    def _for(self, content_type: str) -> dict[str, str]:
        if content_type.startswith("text/html"):
            return self.page
        if content_type.startswith(("application/json", "text/event-stream", "text/plain")) or not content_type:
            return self.api
        return self.file
