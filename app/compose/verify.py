"""Does a written sentence say only what its quote says? A careful comparison of signs, never a proof.

First cut: numbers, names and negations are compared, and what is left needs a close embedding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.models.embed import Vectors
from app.retrieve.words import terms, words
from app.text import sentences

CLOSE = 0.93
_NEGATIONS = frozenset(["not", "no", "never", "without", "nobody", "nothing", "none", "neither", "nor", "cannot", "t"])
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Support:
    """Whether a sentence may be shown; ``reason`` is "" or a short code, ``score`` the cosine with the nearest part of the quote."""

    ok: bool
    reason: str
    score: float


class Verifier:
    """Checks written sentences against their quotes. ``embed`` gives unit vectors, one row a text."""

    def __init__(self, embed: Callable[[Sequence[str]], Vectors], entail: Callable[[str, str], float] | None = None) -> None:
        self._embed = embed
        self._entail = entail

    def check(self, sentence: str, quote: str) -> Support:
        """Whether ``quote`` supports ``sentence``. Never raises on any text; one embedding call."""
        said, source = words(sentence), words(quote)
        if not said or not source:
            return Support(False, "empty", 0.0)
        if " ".join(said) in " ".join(source):
            return Support(True, "", 1.0)
        if set(_NUMBER.findall(sentence)) - set(_NUMBER.findall(quote)):
            return Support(False, "number", 0.0)
        if sum(word in _NEGATIONS for word in said) != sum(word in _NEGATIONS for word in source):
            return Support(False, "negation", 0.0)
        parts = [quote[span.start : span.end] for span in sentences(quote)]
        vectors = self._embed([sentence, quote, *parts])
        score = float((vectors[1:] @ vectors[0]).max())
        missing = set(terms(sentence)) - set(terms(quote))
        return Support(score >= CLOSE and len(missing) <= 2, "" if score >= CLOSE and len(missing) <= 2 else "unrelated", score)
