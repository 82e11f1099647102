"""Who is asking: the peer, or the address that a trusted proxy names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

from app.errors import SettingsError

Address = IPv4Address | IPv6Address
MOST_HOPS = 20
_WITH_PORT = re.compile(r"^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$")


class ClientAddress:
    """Finds the client's address. ``trusted`` are the addresses or networks of the proxies; nobody else's header is read."""

    def __init__(self, trusted: Sequence[str]) -> None:
        try:
            self._trusted = tuple(ip_network(item, strict=False) for item in trusted)
        except ValueError:
            raise SettingsError("trusted_proxies: each must be an IP address or a network such as 10.0.0.0/8.") from None

    def __call__(self, scope: Scope) -> Address | None:
        """The address to count against; the peer when the header is missing or junk, None when even the peer has none (a socket file)."""
        peer = parse(scope["client"][0]) if scope.get("client") else None
        if peer is None or not self._trusts(peer):
            return peer
        hops = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
        for hop in reversed(hops[-MOST_HOPS:]):
            address = parse(hop)
            if address is None:
                return peer
            if not self._trusts(address):
                return address
        return peer

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def parse(text: str) -> Address | None:
    """An address from a header: a port, brackets and a zone are dropped, IPv4 written as IPv6 is IPv4; None for anything else."""
    text = text.strip()
    match = _WITH_PORT.match(text)
    if match:
        text = match[1] or match[2]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def block(address: Address | None) -> str:
    """What one household counts as: an IPv4 address, or the /64 of an IPv6 one."""
    if address is None:
        return "none"
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return str(address)
