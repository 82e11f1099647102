"""The guarded way out, with both libraries that vendors' clients stand on; what it does to whole answers: test_written_faults.py."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import httpx
import httpx2
import pytest

from app.models import upstream
from app.models.upstream import Failed, guarded_client
from tests.fakes.model_server import Exchange, Mode, ModelServer, status

BOTH = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


async def _ten_kilobytes(exchange: Exchange) -> None:
    await exchange.head(Content_Type="application/json")
    await exchange.raw(b"x" * 10_000)


async def _hangs_up(exchange: Exchange) -> None:
    await exchange.head(Content_Type="application/json", Content_Length="100")
    await exchange.raw(b"half")


def _head(code: int = 200, **headers: str) -> Mode:
    async def mode(exchange: Exchange) -> None:
        await exchange.head(code, **headers)

    return mode


MODES = {
    "ten": _ten_kilobytes,
    "hangs_up": _hangs_up,
    "redirect": _head(302, Location="http://127.0.0.1:9/"),
    "html": _head(Content_Type="text/html"),
    "typeless": _head(),
    "gzip": _head(Content_Type="application/json", Content_Encoding="gzip"),
    "latin": _head(Content_Type='text/event-stream; charset="ISO-8859-1"'),
    "400": status(400),
    "401": status(401),
    "403": status(403),
    "404": status(404),
    "429": status(429),
    "429_in_3": status(429, Retry_After="3"),
    "429_on_a_day": status(429, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT"),
    "500": status(500),
    "503_in_half": status(503, Retry_After="0.5"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer(MODES) as running:
        yield running


def _get(library: ModuleType, base_url: str, url: str | None = None, most_bytes: int = 20_000) -> bytes:
    async def get() -> bytes:
        client: Any = guarded_client(library.AsyncClient, base_url, most_bytes, 5)
        async with client:
            return (await client.post(url or base_url, json={})).content  # type: ignore[no-any-return]

    return asyncio.run(get())


@BOTH
def test_what_is_in_order_comes_through(library: ModuleType, server: ModelServer) -> None:
    assert _get(library, server.base_url("ten")) == b"x" * 10_000


@BOTH
@pytest.mark.parametrize(
    "url", ["http://localhost:{port}/ten/v1", "http://127.0.0.1:9/ten/v1", "https://127.0.0.1:{port}/ten/v1", "http://127.0.0.1.example/"]
)
def test_one_host_only(library: ModuleType, server: ModelServer, url: str) -> None:
    with pytest.raises(Failed) as error:
        _get(library, server.base_url("ten"), url.replace("{port}", str(server.port)))
    assert error.value.code == "foreign_host"


@BOTH
@pytest.mark.parametrize(
    ("mode", "code", "retry_after"),
    [
        ("redirect", "redirect", None),
        ("html", "garbled", None),
        ("typeless", "garbled", None),
        ("gzip", "compressed", None),
        ("latin", "garbled", None),
        ("hangs_up", "broken_off", None),
        ("400", "upstream", None),
        ("401", "refused_key", None),
        ("403", "refused_key", None),
        ("404", "no_such_model", None),
        ("429", "too_many", 0.2),
        ("429_in_3", "too_many", 3.0),
        ("429_on_a_day", "too_many", 3_600.0),
        ("500", "upstream", 0.2),
        ("503_in_half", "upstream", 0.5),
    ],
)
def test_what_is_not_has_a_code(library: ModuleType, server: ModelServer, mode: str, code: str, retry_after: float | None) -> None:
    with pytest.raises(Failed) as error:
        _get(library, server.base_url(mode))
    assert (error.value.code, error.value.retry_after) == (code, retry_after)


@BOTH
def test_no_more_bytes_than_allowed(library: ModuleType, server: ModelServer) -> None:
    with pytest.raises(Failed) as error:
        _get(library, server.base_url("ten"), most_bytes=9_999)
    assert error.value.code == "too_long"


@BOTH
def test_nobody_there_is_worth_one_more_try(library: ModuleType) -> None:
    with pytest.raises(Failed) as error:
        _get(library, "http://127.0.0.1:9/v1")
    assert (error.value.code, error.value.retry_after) == ("unreachable", 0.2)


@BOTH
def test_a_connection_that_does_not_come_is_not_tried_twice(library: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "CONNECT_SECONDS", 0.2)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]  # more than the queue holds: Linux leaves the next one without an answer
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with pytest.raises(Failed) as error:
            _get(library, f"http://127.0.0.1:{full.getsockname()[1]}/v1")
        for one in waiting:
            one.close()
    assert (error.value.code, error.value.retry_after) == ("unreachable", None)
