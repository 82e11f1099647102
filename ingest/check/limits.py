"""The numbers that articles are held to, from ``limits.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import SettingsError

LIMITS_FILE = Path(__file__).with_name("limits.toml")
Range = tuple[int, int]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Alike(_Table):
    """Cosines of one embedding model above which two texts count as alike."""

    heading: float
    heading_numbers: float
    paragraph: float
    question_margin: float


class Limits(_Table):
    """``limits.toml``; ranges hold both ends."""

    words: Range
    sections: Range
    opening_sentences: Range
    aliases: Range
    questions: Range
    least_sources: int
    most_links: int
    reading_grade: float
    long_sentence: int
    longest_sentence: int
    shortest_sentence: int
    same_words_warning: float
    same_words_error: float
    audience: frozenset[str]
    region: frozenset[str]
    phone_articles: frozenset[str]
    alike: dict[str, Alike]


def read_limits(path: Path) -> Limits:
    """The limits in a file. Raises ``SettingsError`` when it is malformed."""
    try:
        return Limits.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"{path.name} needs mending: {error}") from None


@cache
def limits() -> Limits:
    """The limits that ship, read once."""
    return read_limits(LIMITS_FILE)
