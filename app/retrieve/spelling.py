"""Misspelled words of a question → the library's own spelling.

A word is left alone when the library has it or when the embedding model has it whole in its vocabulary: only what neither knows is
corrected, to the closest word of the library. "My therapyst canceled, is exposhure safe" → "My therapist canceled, is exposure safe".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from app.retrieve.words import words

_WORD = re.compile(r"[^\W\d_]+")
SHORTEST = 5  # shorter words have too many neighbours
ONE_SLIP = 7  # words up to this long may differ by one slip, longer ones by two
LEAST_USE = 2  # a word that the library uses once may be a slip itself


class Speller:
    """Corrects against ``vocabulary`` (word → how often the library uses it); ``known`` says whether a word is ordinary language."""

    def __init__(self, vocabulary: Mapping[str, int], known: Callable[[str], bool]) -> None:
        self._vocabulary = vocabulary
        self._known = known
        self._targets: dict[str, list[str]] = {}
        for word, count in vocabulary.items():
            if count >= LEAST_USE and len(word) >= SHORTEST - 1 and word.isalpha():
                self._targets.setdefault(word[0], []).append(word)

    def correct(self, text: str) -> str:
        """``text`` with its unknown words replaced; the very same string when there are none."""
        return _WORD.sub(lambda match: self._corrected(match[0]), text)

    def _corrected(self, word: str) -> str:
        folded = "".join(words(word))
        if len(folded) < SHORTEST or folded in self._vocabulary or not folded.isascii() or self._known(folded):
            return word
        return self._closest(folded) or word

    def _closest(self, word: str) -> str | None:
        """The nearest word that begins with the same letter; of equals the most used."""
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extract

        slips = 1 if len(word) <= ONE_SLIP else 2
        found = extract(word, self._targets.get(word[0], ()), scorer=OSA.distance, score_cutoff=slips, limit=8)
        if not found:
            return None
        best = min(found, key=lambda match: (match[1], -self._vocabulary[match[0]]))
        return str(best[0])
