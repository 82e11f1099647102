"""How the same words are typed by different people: on a phone, in a hurry, politely, inside a longer friendly message."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

_WORD = re.compile(r"[a-z]{4,}")
_SHORT = 3  # letters of a word that nobody misspells
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


@dataclass(frozen=True, slots=True)
class Styles:
    """The data of ``styles.toml``: phone spellings, spellings by ear, and friendly sentences to put before and after."""

    phone: dict[str, str]
    ear: Sequence[tuple[str, str]]
    openers: Sequence[str]
    closers: Sequence[str]
    chat: Sequence[str]

    def vary(self, text: str, language: str, rng: Random) -> tuple[str, str]:
        """The text in a style chosen at random, and the style's name. Other languages than English only lose capitals and marks."""
        draw = rng.random()
        if draw < 0.1:
            return text, ""
        if draw < 0.33 or language != "en":
            return bare(text), "bare"
        if draw < 0.45:
            return self.phoned(text), "phone"
        if draw < 0.6:
            return slipped(text, rng), "typo"
        if draw < 0.73:
            return self.by_ear(text, rng), "ear"
        if draw < 0.77:
            return text.upper(), "capitals"
        if draw < 0.89:
            return self.opened(text, rng), "opened"
        return self.wrapped(text, rng), "wrapped"

    def phoned(self, text: str) -> str:
        """Short forms, no capitals, no marks."""
        words = (self.phone.get(word, word) for word in bare(text).split())
        return " ".join(words)

    def by_ear(self, text: str, rng: Random) -> str:
        """As somebody writes who never learned to spell, or types what they hear: about half of the words, no marks."""
        return " ".join(self._heard(word) if rng.random() < 0.5 else word for word in bare(text).split())

    def _heard(self, word: str) -> str:
        if len(word) <= _SHORT:
            return word
        heard = word
        for sound, letters in self.ear:
            heard = re.sub(sound, letters, heard)
        return heard if len(heard) > 1 else word

    def opened(self, text: str, rng: Random) -> str:
        """A greeting or a polite start before, or an end after."""
        if rng.random() < 0.7:
            return f"{rng.choice(self.openers)} {text}"
        return f"{_ended(text)} {rng.choice(self.closers)}"

    def wrapped(self, text: str, rng: Random) -> str:
        """In the middle of a longer message about ordinary things."""
        return " ".join((rng.choice(self.chat), _ended(text), rng.choice(self.chat)))


def bare(text: str) -> str:
    """Lower case, without apostrophes and marks."""
    return " ".join(re.sub(r"[.,!?;:…\"¿¡]+", " ", text.lower().replace("'", "").replace("’", "")).split())


def slipped(text: str, rng: Random) -> str:
    """A slip in every fourth word or so, two at least."""
    for _ in range(max(2, len(text.split()) // 4)):
        text = typo(text, rng)
    return text


def typo(text: str, rng: Random) -> str:
    """One slip in a word of four letters or more: two letters swapped, one lost, doubled or hit beside."""
    words = list(_WORD.finditer(text))
    if not words:
        return text
    word = rng.choice(words)
    at = rng.randrange(word.start() + 1, word.end() - 1)
    slip = rng.randrange(4)
    if slip == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if slip == 1:
        return text[:at] + text[at + 1 :]
    if slip == 2:
        return text[:at] + text[at] + text[at:]
    return text[:at] + _beside(text[at]) + text[at + 1 :]


def _beside(letter: str) -> str:
    row = next(row for row in _ROWS if letter in row)
    return row[max(0, row.index(letter) - 1)] if row.index(letter) else row[1]


def _ended(text: str) -> str:
    return text if text[-1:] in ".?!" else f"{text}."


def load_styles(folder: Path) -> Styles:
    """Read ``styles.toml``."""
    data = tomllib.loads((folder / "styles.toml").read_text("utf-8"))
    return Styles(data["phone"], [(sound, letters) for sound, letters in data["ear"]], data["openers"], data["closers"], data["chat"])
