"""What is plainly harmless after a crisis; the words are in ``careful.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path

import re2

from app.errors import SettingsError
from app.guard.views import Views

FILE = Path(__file__).parent / "careful.toml"


class Careful:
    """Tells a question that may be answered again from one that keeps the chat careful."""

    def __init__(self, benign: list[str], evasive: list[str]) -> None:
        self._benign = re2.compile("|".join(f"(?:(?:^| )(?:{pattern})(?: |$))" for pattern in benign))
        self._evasive = re2.compile("|".join(f"(?:(?:^| )(?:{pattern})(?: |$))" for pattern in evasive))

    def is_benign(self, seen: Views) -> bool:
        """True when a reading asks a plain question about therapy and no reading backs off, pretends or comes back to the danger."""
        texts = (*seen.plain, *seen.native)
        return any(self._benign.search(text) for text in texts) and not any(self._evasive.search(text) for text in texts)


def load_careful(path: Path = FILE) -> Careful:
    """Read the words. Raises ``SettingsError`` when they can't be used."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Careful(data["benign"], data["evasive"])
    except (OSError, tomllib.TOMLDecodeError, KeyError, re2.error) as error:
        raise SettingsError(f"The guard's file {path.name} can't be used ({type(error).__name__}).") from None
