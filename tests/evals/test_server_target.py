"""How a server is asked: waiting when it says so, and its mistakes told without words of the question."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from app.domain import Conversation, Turn
from evals.server_target import Server, marked
from evals.target import TargetError

READY = {"status": "ready", "build": "b-9", "articles": 1, "passages": 2, "model": "m", "degraded": []}


class Scripted(BaseHTTPRequestHandler):
    """Plays (status, headers, body) in order for /v1/chat."""

    script: ClassVar[list[tuple[int, dict[str, str], str]]] = []
    asked: ClassVar[list[bytes]] = []

    def do_GET(self) -> None:
        self._send(200, {}, json.dumps(READY))

    def do_POST(self) -> None:
        self.asked.append(self.rfile.read(int(self.headers["content-length"])))
        self._send(*self.script.pop(0))

    def _send(self, status: int, headers: dict[str, str], body: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    Scripted.script.clear()
    Scripted.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), Scripted)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


REPLY = json.dumps(
    {"id": "r", "status": "no_answer", "text": "No.", "blocks": [{"type": "paragraph", "text": "No.", "citations": []}], "citations": [],
     "suggestions": [], "guard": {"outcome": "pass", "category": ""}, "receipt": {}}
)  # fmt: skip


def test_it_waits_when_told_to_and_asks_again(url: str) -> None:
    waits: list[float] = []
    server = Server(url, wait=waits.append)
    Scripted.script += [(429, {"retry-after": "7"}, "{}"), (503, {"retry-after": "9999"}, "{}"), (200, {}, REPLY)]
    reply = server.ask(Conversation("hello", (Turn("user", "a"), Turn("assistant", "b")), "US", "es"))
    server.close()
    assert (reply.status, reply.text) == ("no_answer", "No.")
    assert waits == [7.0, 65.0]
    history = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert json.loads(Scripted.asked[-1]) == {"message": "hello", "history": history, "region": "US", "locale": "es"}


@pytest.mark.parametrize("answer", [(500, {}, "oops"), (422, {}, "{}"), (200, {}, "not json"), (200, {}, '{"id": 1}'), (503, {}, "{}")])
def test_its_mistakes_are_told_without_the_question(url: str, answer: tuple[int, dict[str, str], str]) -> None:
    server = Server(url, wait=lambda _seconds: None)
    Scripted.script.append(answer)
    with pytest.raises(TargetError) as caught:
        server.ask(Conversation("secret words"))
    server.close()
    assert "secret" not in str(caught.value)


def test_it_gives_up_waiting(url: str) -> None:
    waits: list[float] = []
    server = Server(url, wait=waits.append)
    Scripted.script += [(429, {"retry-after": "1"}, "{}")] * 5
    with pytest.raises(TargetError, match="429"):
        server.ask(Conversation("hello"))
    server.close()
    assert len(waits) == 4


def test_the_marked_words_of_a_page() -> None:
    html = '<p>One <mark id="cited">two &amp; three.</mark></p><ul><li><mark>Four.</mark> five</li></ul>'
    assert marked(html) == "two & three. Four."
