"""Pages from the web, from public addresses only.

Each address is resolved once and checked, and the connection goes to the address that was checked, so that a name can't point elsewhere a
moment later. Redirects are followed by hand, each checked the same way.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from app.errors import SourceError

MOST_BYTES = 10_000_000
SECONDS = 15.0
REDIRECTS = 3
_USER_AGENT = "Rapport-ingest"
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_NUMERIC_HOST = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+))*\.?", re.I)
_NAT64 = ipaddress.ip_network("64:ff9b::/32")  # and its local form, 64:ff9b:1::/48

Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Page:
    """What an address gave: ``url`` is where the last redirect led."""

    url: str
    data: bytes
    content_type: str


class Fetcher:
    """``fetch`` gets one page. ``permit_loopback`` is for tests with a server of their own; no setting leads to it."""

    def __init__(
        self, *, permit_loopback: bool = False, resolve: Resolve | None = None, seconds: float = SECONDS, most_bytes: int = MOST_BYTES
    ) -> None:
        self._permit_loopback = permit_loopback
        self._resolve = resolve or _system_resolve
        self._seconds = seconds
        self._most_bytes = most_bytes

    def fetch(self, url: str) -> Page:
        """The page at an http or https address.

        Raises ``SourceError``: "refused" (an address that is not public, or not plain), "too_large", "too_slow", "unreachable" (no such
        name, no answer, an error status, too many redirects).
        """
        return asyncio.run(self._within_time(url))

    async def _within_time(self, url: str) -> Page:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(url)
        except TimeoutError:
            raise SourceError("The site took too long.", code="too_slow") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError):
            raise SourceError("The site could not be reached.", code="unreachable") from None

    async def _follow(self, url: str) -> Page:
        timeout = httpx.Timeout(self._seconds)
        async with httpx.AsyncClient(
            follow_redirects=False, trust_env=False, timeout=timeout, headers={"User-Agent": _USER_AGENT}
        ) as client:
            for _ in range(REDIRECTS + 1):
                page = await self._get(client, parsed(url))
                if isinstance(page, Page):
                    return page
                if url.startswith("https:") and not page.startswith("https:"):
                    raise SourceError("It redirects from https to plain http.", code="refused")
                url = page
        raise SourceError("It redirects too often.", code="unreachable")

    async def _get(self, client: httpx.AsyncClient, url: httpx.URL) -> Page | str:
        """The page, or the address it redirects to."""
        address = await self._checked_address(url)
        request = client.build_request(
            "GET",
            url.copy_with(host=address),
            headers={"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        response = await client.send(request, stream=True)
        try:
            if response.has_redirect_location:
                return str(url.join(response.headers["location"]))
            if response.status_code != httpx.codes.OK:
                raise SourceError(f"The site answered with status {response.status_code}.", code="unreachable")
            return Page(str(url), await self._body(response), response.headers.get("content-type", ""))
        finally:
            await response.aclose()

    async def _body(self, response: httpx.Response) -> bytes:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise SourceError("The site sends compressed pages only.", code="refused")
        if int(response.headers.get("content-length", "0") or 0) > self._most_bytes:
            raise SourceError("It is larger than a page should be.", code="too_large")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._most_bytes:
                raise SourceError("It is larger than a page should be.", code="too_large")
        return bytes(body)

    async def _checked_address(self, url: httpx.URL) -> str:
        host = url.raw_host.decode("ascii")
        addresses = await self._resolve(host, url.port or (443 if url.scheme == "https" else 80))
        if not addresses or not all(self._is_permitted(address) for address in addresses):
            raise SourceError("Its address is not a public one.", code="refused")
        return addresses[0]

    def _is_permitted(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:  # a zone ("fe80::1%eth0") among others
            return False
        return is_public(ip) or (self._permit_loopback and ip.is_loopback)


def parsed(url: str) -> httpx.URL:
    """The address, taken apart once. Raises ``SourceError`` "refused" for anything but plain http or https to a name or a public IP."""
    if _NOT_IN_URLS.search(url) or len(url) > 2_000:
        raise SourceError("It is not a web address.", code="refused")
    try:
        parts = httpx.URL(url)
        host = parts.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError):
        raise SourceError("It is not a web address.", code="refused") from None
    if parts.scheme not in ("http", "https") or not host:
        raise SourceError("Only http and https addresses are read.", code="refused")
    if parts.userinfo:
        raise SourceError("Addresses with a user name are not read.", code="refused")
    if _NUMERIC_HOST.fullmatch(host) and not _is_dotted_quad(host):
        raise SourceError("Its address is written in an unusual way.", code="refused")
    return parts.copy_with(fragment=None)


def is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is on the public internet. IPv6 addresses that carry an IPv4 one inside are not."""
    if isinstance(ip, ipaddress.IPv6Address) and (ip.ipv4_mapped or ip.sixtofour or ip.teredo or ip.is_site_local or ip in _NAT64):
        return False
    carries_v4 = isinstance(ip, ipaddress.IPv6Address) and int(ip) >> 32 == 0
    return ip.is_global and not carries_v4 and not ip.is_multicast and not ip.is_reserved


def _is_dotted_quad(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


async def _system_resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
