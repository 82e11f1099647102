"""Does a written sentence say only what its quote says? A careful comparison of signs, never a proof.

A fault (a number, name, denial, degree, limit, party or order that the quote does not bear out, a word that it lacks) drops the sentence.
What is left is the quote with words left out, or turned in one of the few ways that say the same. English only: in other languages little
but word-for-word sentences passes.

Not seen: what needs knowledge of the world, and who is meant by "they" or "it".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from app.compose.verify_read import read
from app.compose.verify_signs import fault
from app.compose.verify_types import Reading
from app.compose.verify_words import WordLists, load_words

LONGEST_SENTENCE = 600  # characters: nobody writes a longer sentence for an answer
LONGEST_QUOTE = 6_000
ENTAILED = 0.5  # an entailment model's probability under which the sentence is dropped


@dataclass(frozen=True, slots=True)
class Support:
    """Whether a sentence may be shown, and why not ("number", "negation", "name" …, "" when it may)."""

    ok: bool
    reason: str


class Verifier:
    """Checks written sentences against their quotes.

    ``entail`` is an optional entailment model: (quote, sentence) to the probability that the first implies the second. It may only
    drop more.
    """

    def __init__(self, entail: Callable[[str, str], float] | None = None, lists: WordLists | None = None) -> None:
        self._entail = entail
        self._lists = lists or _shipped_lists()

    def check(self, sentence: str, quote: str) -> Support:
        """Whether ``quote`` supports ``sentence``. Never raises on any text."""
        found = self._fault(sentence, quote)
        if found is None:
            found = "" if self._entail is None or self._entail(quote, sentence) >= ENTAILED else "entailment"
        return Support(found == "", found)

    def _fault(self, sentence: str, quote: str) -> str | None:
        """The code of a fault; "" for a sentence of the quote, where nothing else need be asked; None where none was found."""
        if len(sentence) > LONGEST_SENTENCE or len(quote) > LONGEST_QUOTE:
            return "long"
        said, source = read(sentence, self._lists), read(quote, self._lists)
        if not said.words or not source.words:
            return "empty"
        if _verbatim(said, source):
            return ""
        return fault(said, source, self._lists) or None


def _verbatim(said: Reading, source: Reading) -> bool:
    """The sentence is one of the quote's own, or several in a row, up to case, marks, articles and short forms."""
    size = len(said.spoken)
    return any(said.spoken == source.spoken[start : start + size] for start in range(len(source.spoken) - size + 1))


@cache
def _shipped_lists() -> WordLists:
    return load_words()
