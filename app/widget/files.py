"""The committed build of the widget, and the words of languages that are not folded into it."""

from __future__ import annotations

import gzip
import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from app.errors import SettingsError

FOLDER = Path(__file__).parent
DIST = FOLDER / "dist"
STRINGS = FOLDER / "strings"
FOLDED_IN = ("en", "es")

Words = dict[str, Any]


@dataclass(frozen=True)
class Build:
    """A build of the widget: the script and its style sheet as a file (only old browsers fetch that one)."""

    script: bytes
    style: bytes

    @cached_property
    def version(self) -> str:
        """Names the build in its address: same bytes, same name."""
        return hashlib.sha384(self.script).hexdigest()[:16]

    @cached_property
    def integrity(self) -> str:
        """For the ``integrity`` attribute of a script tag."""
        return "sha384-" + b64encode(hashlib.sha384(self.script).digest()).decode("ascii")

    @cached_property
    def zipped(self) -> dict[str, bytes]:
        """Both files as they are sent to whoever takes gzip, which is every browser."""
        return {name: gzip.compress(body, 9, mtime=0) for name, body in self.files.items()}

    @property
    def files(self) -> dict[str, bytes]:
        """Both files by name."""
        return {"widget.js": self.script, "widget.css": self.style}


def load_build(dist: Path = DIST) -> Build:
    """The current build. Raises ``SettingsError`` when it is not there."""
    return _build(dist / "widget.js", dist / "widget.css")


def load_builds(dist: Path = DIST) -> dict[str, Build]:
    """Every build that may be asked for, by version: the current one, and those in ``kept/``, which clinics may have pinned."""
    kept = (_build(path, path.with_suffix(".css")) for path in sorted((dist / "kept").glob("*.js")))
    return {build.version: build for build in (load_build(dist), *kept)}


def load_words(folder: Path = STRINGS) -> dict[str, Words]:
    """The widget's words by language, for those that are not in the bundle.

    Raises ``SettingsError`` when a file has other keys, or values of another kind, than English has.
    """
    english = _read(folder / "en.json")
    found = {path.stem: _read(path) for path in sorted(folder.glob("*.json")) if path.stem not in FOLDED_IN}
    for language, words in found.items():
        if wrong := differences(english, words):
            raise SettingsError(f"strings/{language}.json in app/widget needs mending: {', '.join(wrong)}.")
    return found


def differences(english: Words, words: Words) -> list[str]:
    """The keys that a language lacks, has too many, or holds in another form."""
    return sorted(
        key for key in english.keys() | words.keys() if key not in english or key not in words or _shape(english[key]) != _shape(words[key])
    )


def _shape(value: Any) -> Any:
    return sorted(value) if isinstance(value, dict) else type(value).__name__


def _build(script: Path, style: Path) -> Build:
    try:
        return Build(script.read_bytes(), style.read_bytes())
    except OSError:
        raise SettingsError("The widget's build is missing in app/widget/dist: run npm ci && npm run build.") from None


def _read(path: Path) -> Words:
    try:
        words = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise SettingsError(f"{path.name} in app/widget/strings can't be read.") from None
    if not isinstance(words, dict):
        raise SettingsError(f"{path.name} in app/widget/strings must hold an object.")
    return words
