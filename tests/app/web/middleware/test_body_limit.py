from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

from starlette.types import Message, Receive, Scope, Send

from app.web.middleware.body_limit import BodyLimitMiddleware
from app.web.texts import load_texts


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    message = await receive()
    assert message["more_body"] is False
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


def call(chunks: Iterable[bytes], headers: dict[str, str] | None = None, gap: float = 0.0, leave: bool = False) -> tuple[int, bytes, int]:
    """Status, body, and how many chunks were asked for."""
    waiting, asked, sent = list(chunks), 0, []

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        await asyncio.sleep(gap)
        if leave:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        sent.append(message)

    app = BodyLimitMiddleware(echo, load_texts(), most_bytes=10, seconds=0.05)
    scope: Scope = {"type": "http", "headers": [(k.encode(), v.encode()) for k, v in (headers or {}).items()], "state": {}}
    asyncio.run(app(scope, receive, send))
    if not sent:
        return 0, b"", asked
    return sent[0]["status"], sent[1]["body"], asked


def test_a_body_arrives_whole() -> None:
    assert call([b"abc", b"", b"defghij"])[:2] == (200, b"abcdefghij")
    assert call([b""])[:2] == (200, b"")


def test_a_declared_size_is_refused_before_reading() -> None:
    for size in ("11", "300000000", "9" * 400):
        status, body, asked = call([b"x" * 11], {"content-length": size})
        assert (status, asked) == (413, 0)
        assert len(body) <= 100
        assert json.loads(body)["error"]["code"] == "too_large"


def test_a_chunked_body_is_cut_at_the_limit() -> None:
    status, _, asked = call([b"x" * 6] * 1_000)
    assert (status, asked) == (413, 2)


def test_a_false_size_does_not_help() -> None:
    for size in ("3", "-1", "junk", "²"):
        assert call([b"x" * 11], {"content-length": size})[0] == 413


def test_a_slow_body_is_refused() -> None:
    status, body, _ = call([b"x"] * 9, gap=0.02)
    assert (status, json.loads(body)["error"]["code"]) == (408, "slow_body")


def test_a_client_that_left_gets_nothing() -> None:
    assert call([b"x"], leave=True)[0] == 0
