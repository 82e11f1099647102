"""Addresses that must not be fetched, and a loopback server that misbehaves."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.errors import SourceError
from ingest.fetch import Fetcher, is_public, parsed

REFUSED = [
    "ftp://example.org/a",
    "file:///etc/passwd",
    "gopher://example.org/",
    "javascript:alert(1)",
    "data:text/html,hi",
    "//example.org/a",
    "example.org/a",
    "http://",
    "http:///etc/passwd",
    "http://user@example.org/",
    "http://user:pass@example.org/",
    "https://example.org@127.0.0.1/",
    "http://exa mple.org/",
    "http://example.org\\@127.0.0.1/",
    "http://example.org/\r\nHost: x",
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://127.0.0.1./",
    "http://10.0.0.5/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://192.0.2.1/",
    "http://[::1]/",
    "http://[::]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://１２７.０.０.１/",
    "http://134744072/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_addresses_that_are_not_plainly_public_are_refused(url: str) -> None:
    with pytest.raises(SourceError) as error:
        Fetcher().fetch(url)
    assert error.value.code == "refused"


def test_there_are_at_least_twenty_five() -> None:
    assert len(set(REFUSED)) >= 25


@pytest.mark.parametrize(
    "url", ["https://example.org/a?b=c", "http://example.org:8080/", "https://bücher.example/", "https://8.8.8.8/x", "http://1e100.net/"]
)
def test_plain_addresses_are_taken(url: str) -> None:
    assert parsed(url).scheme in ("http", "https")


@pytest.mark.parametrize(
    ("address", "public"),
    [("8.8.8.8", True), ("2606:4700::1111", True), ("10.0.0.1", False), ("::ffff:8.8.8.8", False), ("100.64.0.1", False)],
)
def test_is_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["169.254.169.254"], ["fe80::1%eth0"], []])
def test_a_name_with_any_address_inside_is_refused(addresses: list[str]) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return addresses

    with pytest.raises(SourceError) as error:
        Fetcher(resolve=resolve).fetch("http://clinic.example/")
    assert error.value.code == "refused"


class Site(BaseHTTPRequestHandler):
    """One misbehaviour a path."""

    def do_GET(self) -> None:
        name = self.path.strip("/")
        port = self.headers["Host"].rsplit(":", maxsplit=1)[1]
        targets = {
            "loop": "/loop",
            "private": "http://10.0.0.1/",
            "file": "file:///etc/passwd",
            "user": f"http://me@127.0.0.1:{port}/ok",
            "once": "/ok",
            "three": "/two",
            "two": "/once",
            "four": "/three",
        }
        if name in targets:
            self.send_response(302)
            self.send_header("Location", targets[name])
            self.end_headers()
        elif name == "missing":
            self.send_error(404)
        else:
            self._body(name)

    def _body(self, name: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if name == "gzip":
            self.send_header("Content-Encoding", "gzip")
        if name == "declared":
            self.send_header("Content-Length", "999999999")
        self.end_headers()
        try:
            if name == "drip":
                for _ in range(100):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.05)
            elif name == "endless":
                while True:
                    self.wfile.write(b"x" * 65_536)
            else:
                self.wfile.write(f"<h1>{self.headers['Host']}</h1>".encode())
        except OSError:  # the reader left, as it should
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


LOCAL = Fetcher(permit_loopback=True, seconds=1.0, most_bytes=200_000)


def test_a_page_is_fetched(site: str) -> None:
    page = LOCAL.fetch(f"{site}/ok")
    assert page.data == f"<h1>{site.removeprefix('http://')}</h1>".encode()
    assert page.content_type.startswith("text/html")


@pytest.mark.parametrize("path", ["once", "two", "three"])
def test_up_to_three_redirects_are_followed(site: str, path: str) -> None:
    assert LOCAL.fetch(f"{site}/{path}").url == f"{site}/ok"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("four", "unreachable"),
        ("loop", "unreachable"),
        ("private", "refused"),
        ("file", "refused"),
        ("user", "refused"),
        ("missing", "unreachable"),
        ("gzip", "refused"),
        ("declared", "too_large"),
        ("endless", "too_large"),
        ("drip", "too_slow"),
    ],
)
def test_a_site_that_misbehaves_is_left(site: str, path: str, code: str) -> None:
    started = time.monotonic()
    with pytest.raises(SourceError) as error:
        LOCAL.fetch(f"{site}/{path}")
    assert error.value.code == code
    assert time.monotonic() - started < 10


def test_the_connection_goes_to_the_address_that_was_checked(site: str) -> None:
    port = int(site.rsplit(":", maxsplit=1)[1])
    answers = [["127.0.0.1"], ["10.0.0.1"]]  # a name that changes its mind: the second answer must never be asked for

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0)

    page = Fetcher(permit_loopback=True, resolve=resolve).fetch(f"http://clinic.example:{port}/ok")
    assert page.data == f"<h1>clinic.example:{port}</h1>".encode()
    assert answers == [["10.0.0.1"]]


def test_nobody_listening_is_unreachable() -> None:
    with pytest.raises(SourceError) as error:
        LOCAL.fetch("http://127.0.0.1:9/")
    assert error.value.code == "unreachable"


def test_loopback_is_refused_without_the_switch(site: str) -> None:
    with pytest.raises(SourceError) as error:
        Fetcher().fetch(f"{site}/ok")
    assert error.value.code == "refused"
