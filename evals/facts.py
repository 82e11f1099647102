"""Whether a reply says something: phrases as whole words, whatever their case, accents and endings.

"once a week" is found in "Once a week." and "sessions" in "a session"; "art" is not found in "start". Scripts written without
spaces are looked up as they stand. Not done: synonyms beyond the alternatives a case gives, and
meaning ("not private" holds "private").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.retrieve.words import words

_PIECE = re.compile("(?:[^\\W_]|[\u0300-\u036f])+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a phrase stands: characters of the text, ``end`` exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Said:
    """A text made ready to be looked up in: the stem of each word, and where the word stands."""

    text: str
    stems: tuple[str, ...]
    places: tuple[Place, ...]


def said(text: str) -> Said:
    """``text`` (any ``str``) made ready; places are characters of ``text`` itself."""
    found: list[str] = []
    places: list[Place] = []
    for piece in _PIECE.finditer(text):
        for word in words(piece[0]):
            found.append(word)
            places.append(Place(piece.start(), piece.end()))
    return Said(text, tuple(_stem(found)), tuple(places))


def find(phrase: str, text: Said) -> Place | None:
    """Where ``phrase`` first stands in the text, as whole words; None when it doesn't, or has no words."""
    if _UNSPACED.search(phrase):
        start = text.text.casefold().find(unicodedata.normalize("NFC", phrase).casefold())
        return None if start < 0 else Place(start, start + len(phrase))
    wanted = stems(phrase)
    size = len(wanted)
    if not size:
        return None
    for at in range(len(text.stems) - size + 1):
        if text.stems[at : at + size] == wanted:
            return Place(text.places[at].start, text.places[at + size - 1].end)
    return None


def any_of(phrases: Sequence[str], text: Said) -> Place | None:
    """Where the first of the alternatives that is said stands; None when none is."""
    return next((place for phrase in phrases if (place := find(phrase, text)) is not None), None)


@lru_cache(maxsize=4096)
def stems(phrase: str) -> tuple[str, ...]:
    """The stems of all words of a phrase, in order."""
    return tuple(_stem(words(phrase)))


def _stem(found: list[str]) -> list[str]:
    return _stemmer().stemWords(found)  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def _stemmer():  # type: ignore[no-untyped-def]  # Stemmer has no types
    import Stemmer

    return Stemmer.Stemmer("english")
