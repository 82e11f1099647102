"""The pages' own files, each at an address that holds its hash and never changes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """A file as it is sent."""

    body: bytes
    media_type: str


class Assets:
    """All files of a folder, read once. ``url("site.css")`` is where one is served; ``by_address`` finds it again."""

    def __init__(self, folder: Path) -> None:
        self._urls: dict[str, str] = {}
        self._assets: dict[str, Asset] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in TYPES:
                body = path.read_bytes()
                address = f"{path.stem}.{hashlib.sha256(body).hexdigest()[:12]}{path.suffix}"
                self._urls[path.name] = f"/static/{address}"
                self._assets[address] = Asset(body, TYPES[path.suffix])

    def url(self, name: str) -> str:
        """The path of a file. Raises ``KeyError`` when there is none of that name."""
        return self._urls[name]

    def by_address(self, address: str) -> Asset | None:
        """The file at the last part of its path."""
        return self._assets.get(address)
