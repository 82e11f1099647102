"""The way out to a language model's server: one host, TLS verified, no redirects, nothing compressed, never more bytes than allowed.

Every vendor's client is given an HTTP client made here, so that what is promised holds for all of them, and what goes wrong on the
wire is an ``UpstreamError`` of ours before a vendor's code has seen it. Each call has a connection of its own, closed with the
call: nothing is left open and nothing belongs to one event loop; a handshake is small beside the seconds that a model takes.
Proxy variables of the environment are not read.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

from app.errors import UpstreamError

CONNECT_SECONDS = 3.0
STREAMS = ("text/event-stream", "application/x-ndjson", "application/json")
RETRIED = frozenset({408, 429, 500, 502, 503, 504, 529})
_CODES = {401: "refused_key", 403: "refused_key", 404: "no_such_model", 429: "too_many"}


class Failed(UpstreamError):
    """What went wrong on the wire. ``retry_after``: seconds after which one more try makes sense; None when it doesn't."""

    def __init__(self, message: str, code: str, retry_after: float | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


def guarded_client(vendor_client: type[Any], base_url: str, most_bytes: int, read_seconds: float) -> Any:
    """An async HTTP client of the library that ``vendor_client`` builds on (httpx or httpx2: two names of one interface)."""
    httpx = httpx_of(vendor_client)
    timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS)
    return httpx.AsyncClient(transport=guarded_transport(httpx, base_url, most_bytes), timeout=timeout, follow_redirects=False)


def httpx_of(vendor_client: type[Any]) -> Any:
    """The library that a vendor's HTTP client class comes from."""
    base = next(kind for kind in vendor_client.__mro__ if kind.__name__ == "AsyncClient")
    return import_module(base.__module__.partition(".")[0])


def guarded_transport(httpx: Any, base_url: str, most_bytes: int) -> Any:
    """The transport; see the top of the file for what it promises."""
    allowed = httpx.URL(base_url)
    context = ssl.create_default_context()  # reads SSL_CERT_FILE, for a clinic with an authority of its own

    class Stream(httpx.AsyncByteStream):  # type: ignore[misc]  # the base is known at run time only
        def __init__(self, inner: Any, transport: Any) -> None:
            self._inner, self._transport = inner, transport

        async def __aiter__(self) -> AsyncIterator[bytes]:
            received = 0
            try:
                async for part in self._inner:
                    received += len(part)
                    if received > most_bytes:
                        raise Failed("The language model's server sent too much.", "too_long")
                    yield part
            except (httpx.TransportError, OSError):
                raise Failed("The language model's server broke off.", "broken_off") from None

        async def aclose(self) -> None:
            try:
                await self._inner.aclose()
            finally:
                await self._transport.aclose()

    class Guarded(httpx.AsyncBaseTransport):  # type: ignore[misc]  # as above
        async def handle_async_request(self, request: Any) -> Any:
            if (request.url.scheme, request.url.host, request.url.port) != (allowed.scheme, allowed.host, allowed.port):
                raise Failed("A request to another host was stopped.", "foreign_host")
            request.headers["Accept-Encoding"] = "identity"
            transport = httpx.AsyncHTTPTransport(verify=context, limits=httpx.Limits(max_keepalive_connections=0), trust_env=False)
            try:
                response = await transport.handle_async_request(request)
            except BaseException as error:
                await transport.aclose()
                if isinstance(error, httpx.TransportError | OSError):
                    raise _no_answer(error, late=isinstance(error, httpx.TimeoutException)) from None
                raise
            fault = _fault(response)
            if fault is not None:
                await response.aclose()
                await transport.aclose()
                raise fault
            response.stream = Stream(response.stream, transport)
            return response

    return Guarded()


def _no_answer(error: BaseException, *, late: bool) -> Failed:
    """Why there is no response. Who has waited for a connection that did not come is not made to wait for another."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return Failed("The certificate of the language model's server was not accepted.", "certificate")
        seen = seen.__cause__ or seen.__context__
    return Failed("The language model's server can't be reached.", "unreachable", None if late else 0.2)


def _fault(response: Any) -> Failed | None:
    """What is wrong with the head of a response; None when its body may be read."""
    status, headers = response.status_code, response.headers
    if 300 <= status < 400:
        return Failed("The language model's server sent us elsewhere, and we don't go.", "redirect")
    if status != 200:
        wait = _seconds(headers.get("retry-after")) if status in RETRIED else None
        return Failed(f"The language model's server answered {status}.", _CODES.get(status, "upstream"), wait)
    if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        return Failed("The language model's server sent something compressed, which we don't unpack.", "compressed")
    kind, _, rest = headers.get("content-type", "").lower().partition(";")
    if kind.strip() not in STREAMS:
        return Failed("The language model's server sent something that is no answer of a model.", "garbled")
    charset = rest.partition("charset=")[2].strip(' "')
    if charset and charset not in ("utf-8", "utf8", "us-ascii"):
        return Failed("The language model's server writes in a character set that we don't read.", "garbled")
    return None


def _seconds(header: str | None) -> float:
    """A Retry-After header in seconds; a date, or junk, counts as a long time."""
    if header is None:
        return 0.2
    try:
        return max(0.0, float(header))
    except ValueError:
        return 3_600.0
