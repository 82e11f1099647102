"""What to write next, without keeping a word of anybody's: how often questions were declined, by the nearest article.

Off unless the clinic turns it on. Kept are an article's slug and a number, and the number only in whole steps of ``k``: a topic shows
once ``k`` questions fell near it, and grows by ``k`` at a time, so that no change of the file is one person's doing. What has not reached
the next step lives in memory and is lost when the process ends: the counts are "at least". Not done: several processes on one file
(give each its own), and one person asking ``k`` times (nobody is told apart here).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import threading
from collections import Counter
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from app.errors import SettingsError

LEAST_K = 5
MOST_TOPICS = 5_000
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_SLUG = 80


class Counts(BaseModel):
    """The file: ``counts`` maps a slug to a multiple of ``k``; ``since`` is the day it was begun."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    since: dt.date
    k: int = Field(ge=LEAST_K)
    counts: dict[str, int]

    @field_validator("counts")
    @classmethod
    def _slugs(cls, value: dict[str, int]) -> dict[str, int]:
        if not all(_is_slug(topic) and count > 0 for topic, count in value.items()):
            raise ValueError("maps article slugs to counts")
        return value


def read_counts(path: Path) -> Counts:
    """The counts in a file. Raises ``OSError`` when it can't be opened, ``SettingsError`` when it isn't one."""
    try:
        return Counts.model_validate_json(path.read_bytes())
    except ValidationError:
        raise SettingsError(f"{path.name} isn't a file of declined questions' counts.") from None


class GapCounter:
    """Counts declined questions by nearest article; ``k`` is at least 5. Thread-safe; never raises while counting.

    An existing file is added to. Raises ``SettingsError`` at once when it is not a file of counts, or can't be read.
    """

    def __init__(self, path: Path, k: int = LEAST_K) -> None:
        if k < LEAST_K:
            raise SettingsError(f"Counts of declined questions need k of at least {LEAST_K}.")
        self._path, self._k = path, k
        self._lock = threading.Lock()
        self._since, self._written = self._begun()
        self._waiting: Counter[str] = Counter()

    def record(self, topic: str) -> None:
        """One declined question near the article ``topic``. What isn't a slug is not counted, so that no text can get in."""
        if not _is_slug(topic):
            return
        with self._lock:
            if topic not in self._waiting and len(self._waiting) >= MOST_TOPICS:
                return
            self._waiting[topic] += 1
            if self._waiting[topic] >= self._k:
                self._release(topic)

    def _release(self, topic: str) -> None:
        grown = {**self._written, topic: self._written.get(topic, 0) + self._k}
        try:
            self._write(grown)
        except OSError:
            return  # a full disk must not end a reply; the next question near this topic tries again
        self._written = grown
        self._waiting[topic] -= self._k

    def _write(self, counts: dict[str, int]) -> None:
        text = json.dumps({"since": self._since.isoformat(), "k": self._k, "counts": dict(sorted(counts.items()))}, indent=1)
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(self._path)

    def _begun(self) -> tuple[dt.date, dict[str, int]]:
        try:
            found = read_counts(self._path)
        except FileNotFoundError:
            return dt.datetime.now(dt.UTC).date(), {}
        except OSError as error:
            raise SettingsError(f"{self._path.name} can't be read ({type(error).__name__}).") from None
        return found.since, dict(found.counts)


def _is_slug(topic: str) -> bool:
    return len(topic) <= LONGEST_SLUG and SLUG.fullmatch(topic) is not None
