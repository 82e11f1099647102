"""What the widget benchmark loads: packages read out of their archives, and a clinic's page served from loopback with each of them."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
import tarfile
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from app.embed import snippet
from app.errors import SettingsError
from app.widget.files import load_build

LISTED = Path(__file__).with_name("widgets.toml")
TYPES = {
    "js": "text/javascript",
    "mjs": "text/javascript",
    "css": "text/css",
    "json": "application/json",
    "html": "text/html",
    "svg": "image/svg+xml",
}
HEAD = (
    "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>A clinic</title><body>"
)
MAIN = (
    "<main><h1>A clinic</h1>" + "<p>We see people of every age, in person and by video, on weekdays and some evenings.</p>" * 60 + "</main>"
)
BARE, EMPTY = "the page without a chat", "a script that does nothing"
OURS = ["rapport-chat", ".launcher"]
INLINE = ["rapport-chat", "textarea"]


@dataclass(frozen=True)
class Loaded:
    """A page to load: its path, and the way to the element that must show (none where nothing shows)."""

    name: str
    path: str
    shown: list[str]


@dataclass
class Host:
    """The site. ``sent`` counts bytes of answers, as sent, since it was last set to 0."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    zipped: dict[str, bytes] = field(default_factory=dict)
    pages: list[Loaded] = field(default_factory=list)
    sent: int = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def body(self, path: str) -> bytes | None:
        """A file as it is sent; zipped at the first load, which is not counted."""
        if path in self.files and path not in self.zipped:
            self.zipped[path] = gzip.compress(self.files[path], 9, mtime=0)
        return self.zipped.get(path)

    def page(self, name: str, html: str, shown: list[str], *, above: bool = False) -> None:
        """Adds a page with a widget below its words, or ``above`` them, where it is in sight at once."""
        path = f"/page-{len(self.pages)}.html"
        self.files[path] = (HEAD + (html + MAIN if above else MAIN + html)).encode()
        self.pages.append(Loaded(name, path, shown))


def listed() -> dict[str, list[dict[str, Any]]]:
    """The widgets to compare with, and those that can't be had."""
    return tomllib.loads(LISTED.read_text("utf-8"))


def fetch(folder: Path) -> None:
    """Get the packages with ``npm pack``: archives only, nothing is installed or run. The one step that needs the network."""
    folder.mkdir(parents=True, exist_ok=True)
    for widget in listed()["widget"]:
        if not _archive(folder, widget).exists():
            wanted = f"{widget['package']}@{widget['version']}"
            command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), wanted]
            if subprocess.run(command, check=False, capture_output=True, timeout=300).returncode:  # noqa: S603 - names from our own list
                raise SettingsError(f"npm could not get {wanted}.")
        _checked(folder, widget)


def _archive(folder: Path, widget: dict[str, Any]) -> Path:
    return folder / f"{widget['package'].lstrip('@').replace('/', '-')}-{widget['version']}.tgz"


def _checked(folder: Path, widget: dict[str, Any]) -> Path:
    path = _archive(folder, widget)
    if not path.exists():
        raise SettingsError(f"{path.name} is missing in {folder}: run rapport bench widget --fetch.")
    if hashlib.sha256(path.read_bytes()).hexdigest() != widget["sha256"]:
        raise SettingsError(f"{path.name} is not the file that widgets.toml names.")
    return path


@contextmanager
def host(folder: Path | None) -> Iterator[Host]:
    """The site on a free port: the bare page, one with an empty script, ours, then the others (none without a ``folder``)."""
    widgets = listed()["widget"] if folder else []
    archives = [_checked(folder, widget) for widget in widgets] if folder else []
    made = Host()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            body = made.body(path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", TYPES.get(path.rsplit(".", 1)[-1], "text/plain") + "; charset=utf-8")
            self.send_header("Cache-Control", "no-store")  # each load is a first visit
            if body is not None:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            made.sent += len(body or b"")
            self.wfile.write(body or b"")

        def do_POST(self) -> None:
            self.close_connection = True
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.port = server.server_port
    _fill(made)
    for widget, archive in zip(widgets, archives, strict=True):
        _add(made, widget, archive)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def pasted(origin: str, attributes: Mapping[str, str]) -> str:
    """What a clinic pastes, without the comments."""
    return re.sub(r"\s*<!--.*?-->\s*", "", snippet(origin, attributes), flags=re.DOTALL)


def _fill(made: Host) -> None:
    made.files["/favicon.ico"] = b""
    made.page(BARE, "", [])
    made.files["/empty.js"] = b"// nothing\n"
    made.page(EMPTY, f'<script src="{made.origin}/empty.js" defer></script>', [])
    build = load_build()
    for name, body in build.files.items():
        made.files[f"/widget/{build.version}/{name}"] = body
    made.page("Rapport", pasted(made.origin, {}), OURS)
    inline = pasted(made.origin, {"launcher": "none"})
    made.page("Rapport, no launcher", inline, INLINE)
    made.page("Rapport, no launcher, in sight", inline, INLINE, above=True)


def _add(made: Host, widget: dict[str, Any], path: Path) -> None:
    at = f"/{path.stem}"
    with tarfile.open(path) as archive:
        for member in archive:
            name = member.name.partition("/")[2]
            if member.isfile() and name.startswith(("dist/", "lib/")) and name.endswith((".js", ".mjs", ".css", ".json")):
                content = archive.extractfile(member)
                made.files[f"{at}/{name}"] = content.read() if content else b""
    page = widget["page"].replace("{at}", at).replace("{origin}", made.origin)
    made.page(widget["name"], page, widget["shown"])
    if widget.get("in_sight"):
        made.page(f"{widget['name']}, in sight", page, widget["shown"], above=True)
