"""Two servers on loopback, in threads: the real application around a small service, and a clinic's own site on another port."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import uvicorn

from app.web.main import create_app
from tests.app.web.fakes import FakeRapport

Page = tuple[dict[str, str], str]
HTML = "<!doctype html><html lang='en'><meta charset='utf-8'><title>A clinic</title><meta name='viewport' content='width=device-width'>"


@contextmanager
def service(rapport: FakeRapport, port: int) -> Iterator[str]:
    """The real application under uvicorn; yields its address."""
    config = uvicorn.Config(
        create_app(rapport), host="127.0.0.1", port=port, log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started and thread.is_alive() and time.monotonic() < end:
        time.sleep(0.02)
    assert server.started
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass
class Site:
    """A clinic's site. ``pages`` are by path; ``chat`` writes the raw answer to POST /v1/chat, byte by byte if it likes."""

    port: int
    pages: dict[str, Page] = field(default_factory=dict)
    chat: Callable[[BaseHTTPRequestHandler], None] | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def page(self, path: str, body: str, **headers: str) -> str:
        """Put a page up; returns its address."""
        self.pages[path] = ({name.replace("_", "-"): value for name, value in headers.items()}, HTML + body)
        return self.url + path


@contextmanager
def site() -> Iterator[Site]:
    """A site on a free port."""
    made = Site(0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers, body = made.pages.get(self.path.split("?")[0], ({}, ""))
            found = self.path.split("?")[0] in made.pages
            self.send_response(200 if found else 404)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def do_POST(self) -> None:
            made.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.close_connection = True
            if made.chat:
                made.chat(self)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
