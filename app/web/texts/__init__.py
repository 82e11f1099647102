"""The service's own words, from ``en.toml`` beside this file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from app.errors import SettingsError


@dataclass(frozen=True)
class Texts:
    """``errors`` by code, ``problems`` by pydantic's name of the problem, ``regions`` by the guard's codes."""

    disclosure: str
    errors: dict[str, str]
    problems: dict[str, str]
    regions: dict[str, str]

    def error(self, code: str, **values: object) -> str:
        """The sentence for an error code, filled in. Raises ``KeyError`` for a code that has none."""
        return self.errors[code].format(**values)

    def problem(self, error: ErrorDetails) -> str:
        """One validation error in plain words ("message: too long (at most 4,000 characters)"); nothing of the input is in it."""
        kind, where = error["type"], [str(part) for part in error["loc"]]
        if kind == "extra_forbidden":
            where = where[:-1]  # the last part is the client's own field name
        of_text = kind == "too_long" and where != ["history"]
        values = {"items": "characters" if of_text else "messages", **(error.get("ctx") or {})}
        words = self.problems.get(kind, self.problems["other"]).format_map({name: _figure(value) for name, value in values.items()})
        return f"{'.'.join(where)}: {words}" if where else words


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def load_texts(path: Path | None = None) -> Texts:
    """Read the words. Raises ``SettingsError`` when the file is not in its form."""
    path = path or Path(__file__).with_name("en.toml")
    try:
        return TypeAdapter(Texts).validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"{path.name} in app/web/texts can't be read ({type(error).__name__}).") from None
