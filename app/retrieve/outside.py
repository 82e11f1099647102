"""Examples of questions that a library about therapy doesn't answer, from ``outside.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from app.errors import SettingsError

FILE = Path(__file__).with_name("outside.toml")


@cache
def outside_examples() -> tuple[str, ...]:
    """All examples, in file order. Raises ``SettingsError`` when the file is malformed or holds none."""
    try:
        kinds = tomllib.loads(FILE.read_text("utf-8"))["kind"]
        examples = tuple(str(example) for kind in kinds for example in kind["examples"] if kind["why"])
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise SettingsError(f"{FILE.name} is malformed ({type(error).__name__}): each kind needs why and examples.") from None
    if not examples:
        raise SettingsError(f"{FILE.name} holds no examples.")
    return examples
