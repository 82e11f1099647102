"""Reading age: the Flesch-Kincaid grade (Kincaid and others, 1975), with syllables counted by rule.

textstat was tried and left out: it counts syllables with a dictionary that it fetches at first use. English only.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import SettingsError
from ingest.check.draft import Draft
from ingest.check.limits import Limits
from ingest.check.report import Finding, Severity

CHECK = "reading age"
SYLLABLES_FILE = Path(__file__).with_name("syllables.toml")
_LEAST_SENTENCES = 5  # fewer say nothing about an article
_VOWELS = re.compile(r"[aeiouy]+")
_LETTERS = re.compile(r"[a-z]+")


class Rules(BaseModel):
    """``syllables.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    silent: tuple[re.Pattern[str], ...]
    split: tuple[re.Pattern[str], ...]
    words: dict[str, int]


def check(draft: Draft, limits: Limits) -> Iterator[Finding]:
    """An article, in English, that reads above the grade allowed."""
    if not draft.meta.locale.startswith("en"):
        return
    sentences = [sentence.words for sentence in draft.sentences()]
    found = grade(sentences)
    if len(sentences) >= _LEAST_SENTENCES and found >= limits.reading_grade:
        message = f"Its reading grade is {found:.1f}; the limit is {limits.reading_grade}."
        yield Finding(draft.name, 0, CHECK, Severity.ERROR, message, "Use shorter words and sentences; the longest sentences first.")


def grade(sentences: Sequence[Sequence[str]]) -> float:
    """The grade of a text, given as the words of each sentence: about the school year that reads it with ease. 0 without words."""
    words = [word for sentence in sentences for word in sentence]
    spoken = [sentence for sentence in sentences if sentence]
    if not words:
        return 0.0
    syllables = sum(syllables_in(word) for word in words)
    return 0.39 * len(words) / len(spoken) + 11.8 * syllables / len(words) - 15.59


@lru_cache(maxsize=50_000)
def syllables_in(word: str) -> int:
    """How many syllables an English word has, at least 1. Abbreviations (CBT) and numbers count as one, as Flesch had it."""
    if word.isupper():
        return 1
    return sum(_spoken(part) for part in _LETTERS.findall(word.lower().replace("’", "").replace("'", ""))) or 1


def _spoken(word: str) -> int:
    rules = _rules()
    if word in rules.words:
        return rules.words[word]
    runs = len(_VOWELS.findall(word))
    silent = sum(bool(pattern.search(word)) for pattern in rules.silent)
    split = sum(len(pattern.findall(word)) for pattern in rules.split)
    return max(1, runs - silent + split)


@cache
def _rules() -> Rules:
    try:
        return Rules.model_validate(tomllib.loads(SYLLABLES_FILE.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"{SYLLABLES_FILE.name} needs mending: {error}") from None
