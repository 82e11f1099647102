from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Scope

from app.errors import SettingsError
from app.web.limits.client_ip import ClientAddress, block, parse

PROXIES = ("10.0.0.0/8", "2001:db8:1::/48", "127.0.0.1")


def scope(peer: str | None, *forwarded: str) -> Scope:
    headers = [(b"x-forwarded-for", value.encode("latin-1", "replace")) for value in forwarded]
    return {"type": "http", "client": (peer, 1) if peer else None, "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.7", ["1.2.3.4"], "198.51.100.7"),  # a peer nobody trusts
        ("10.0.0.2", ["1.2.3.4"], "1.2.3.4"),
        ("10.0.0.2", [], "10.0.0.2"),
        ("10.0.0.2", ["6.6.6.6, 1.2.3.4"], "1.2.3.4"),  # the caller's own line comes first
        ("10.0.0.2", ["6.6.6.6", "1.2.3.4, 10.0.0.9"], "1.2.3.4"),  # two headers, two proxies
        ("10.0.0.2", ["1.2.3.4:5678"], "1.2.3.4"),
        ("10.0.0.2", ["[2001:db8::5]:443"], "2001:db8::5"),
        ("10.0.0.2", ["2001:db8::5%eth0"], "2001:db8::5"),
        ("10.0.0.2", ["::ffff:1.2.3.4"], "1.2.3.4"),
        ("10.0.0.2", ["1.2.3.4, junk"], "10.0.0.2"),
        ("10.0.0.2", ["0x7f.1"], "10.0.0.2"),
        ("10.0.0.2", ["a" * 4_096], "10.0.0.2"),
        ("10.0.0.2", [", ,"], "10.0.0.2"),
        ("2001:db8:1::9", ["1.2.3.4"], "1.2.3.4"),
        ("10.0.0.2", ["10.0.0.3, 10.0.0.4"], "10.0.0.2"),
    ],
)
def test_the_client_is_the_first_that_is_not_a_proxy(peer: str, forwarded: list[str], client: str) -> None:
    assert str(ClientAddress(PROXIES)(scope(peer, *forwarded))) == client


def test_no_header_is_read_without_trusted_proxies() -> None:
    assert str(ClientAddress(())(scope("10.0.0.2", "1.2.3.4"))) == "10.0.0.2"
    assert ClientAddress(PROXIES)(scope(None, "1.2.3.4")) is None


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=60), max_size=4))
def test_a_header_never_fails_and_gives_an_address(values: list[str]) -> None:
    found = ClientAddress(PROXIES)(scope("10.0.0.2", *values))
    assert parse(str(found)) == found


def test_a_household_is_one_address_or_one_64() -> None:
    assert block(parse("1.2.3.4")) == "1.2.3.4"
    assert block(parse("2001:db8::1")) == block(parse("2001:db8::ffff:1")) == "2001:db8::/64"
    assert block(parse("2001:db8:0:1::1")) != block(parse("2001:db8::1"))
    assert block(None) == "none"


def test_a_wrong_proxy_ends_the_start() -> None:
    with pytest.raises(SettingsError, match="trusted_proxies"):
        ClientAddress(["proxy.local"])
