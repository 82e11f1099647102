"""A language model's server on loopback that does as it is told, or misbehaves in one chosen way: OpenAI's streaming form, one mode a path.

``ModelServer({"good": good, …}).base_url("good")`` is what goes into MODEL_BASE_URL. A mode is a function of one ``Exchange``: it reads
``exchange.prompt`` and sends what it likes, well formed (``begin``, ``say``, ``end``) or raw. The server runs in a thread with an event
loop of its own, so that it works while the loop under test is busy.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass
class Call:
    """One request as the server saw it. Times are ``time.monotonic``; ``gone_at`` is when the client hung up, or None."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    came_at: float = field(default_factory=time.monotonic)
    said_at: list[float] = field(default_factory=list)
    gone_at: float | None = None

    @property
    def prompt(self) -> str:
        """All messages of the request in one string."""
        return "\n\n".join(str(message["content"]) for message in self.body.get("messages", ()))

    @property
    def passages(self) -> dict[int, str]:
        """The numbered passages in the prompt, each without its heading."""
        found = re.findall(r"<passage (\d+) (\w+)>\n\([^\n]*\)\n(.*?)\n</passage \1 \2>", self.prompt, re.DOTALL)
        return {int(number): text for number, _, text in found}


class Exchange:
    """The server's side of one request."""

    def __init__(self, call: Call, writer: asyncio.StreamWriter) -> None:
        self.call = call
        self._writer = writer

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def head(self, status: int = 200, **headers: str) -> None:
        """Send a status line and headers (underscores are hyphens); the body ends when the connection does."""
        lines = [f"HTTP/1.1 {status} Scripted", "Connection: close", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
        await self.raw("\r\n".join([*lines, "", ""]).encode("latin-1"))

    async def begin(self) -> None:
        """The head of a good stream."""
        await self.head(Content_Type="text/event-stream; charset=utf-8")

    async def say(self, text: str) -> None:
        """One piece of the answer, as OpenAI sends it."""
        self.call.said_at.append(time.monotonic())
        await self.raw(event(text))

    async def end(self) -> None:
        """The end of a good stream."""
        await self.raw(event("", finish="stop") + b"data: [DONE]\n\n")

    async def answer(self, text: str, size: int = 12) -> None:
        """A whole good stream, in pieces of ``size`` characters."""
        await self.begin()
        for start in range(0, len(text), size):
            await self.say(text[start : start + size])
        await self.end()


Mode = Callable[[Exchange], Awaitable[None]]


def event(text: str, finish: str | None = None) -> bytes:
    """One event of OpenAI's stream."""
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": finish}
    body = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "scripted", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n".encode()


class ModelServer:
    """Serves ``modes`` until left. ``calls`` are the requests so far, oldest first."""

    def __init__(self, modes: Mapping[str, Mode], tls: ssl.SSLContext | None = None) -> None:
        self._modes, self._tls = modes, tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="model-server", daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self.calls: list[Call] = []
        self.port = 0

    def base_url(self, mode: str) -> str:
        """The address of one mode."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/{mode}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls), self._loop
        ).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._exchange(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        path = first.split(" ")[1]
        call = Call(path, headers, json.loads(body or b"{}"))
        self.calls.append(call)
        mode = asyncio.ensure_future(self._modes[path.split("/")[1]](Exchange(call, writer)))
        left = asyncio.ensure_future(reader.read(1))  # returns when the client hangs up
        try:
            await asyncio.wait({mode, left}, return_when=asyncio.FIRST_COMPLETED)
            if not mode.done():
                call.gone_at = time.monotonic()
        finally:
            for part in (mode, left):
                part.cancel()
            await asyncio.gather(mode, left, return_exceptions=True)


# --- ways to answer -----------------------------------------------------------------------------------------------------


def sentences_of(text: str) -> list[str]:
    """The sentences of a passage, each on one line."""
    from app.text import sentences

    return [" ".join(text[span.start : span.end].split()) for span in sentences(text)]


def faithful_lines(call: Call, most: int = 4) -> list[str]:
    """Lines in the form that is asked for, that say what their quotes say, word for word."""
    lines = []
    for number, text in call.passages.items():
        first = next((said for said in sentences_of(text) if said.endswith(".") and len(said.split()) > 5), None)
        if first is not None:
            lines.append(f'[{number}] "{first}" => {first}')
    return lines[:most]


async def good(exchange: Exchange) -> None:
    """Answers as it is asked to."""
    await exchange.answer("\n".join(faithful_lines(exchange.call)) + "\n")


def saying(text: str | Callable[[Call], str]) -> Mode:
    """A mode that streams one text, or what a function makes of the request."""

    async def mode(exchange: Exchange) -> None:
        await exchange.answer(text if isinstance(text, str) else text(exchange.call))

    return mode


def status(code: int, body: str = "{}", **headers: str) -> Mode:
    """A mode that answers with a status and nothing of use."""

    async def mode(exchange: Exchange) -> None:
        await exchange.head(code, Content_Type="application/json", **headers)
        await exchange.raw(body.encode())

    return mode
