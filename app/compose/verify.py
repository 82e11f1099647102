"""Does a written sentence say only what its quote says? A careful comparison of signs, never a proof.

A fault (a number, name, denial, degree, limit, party or order that the quote does not bear out) drops the sentence at once. What is left is
weighed by a small logistic model over the words without a counterpart, the embedding and the order of words; its weights were fitted by
``python -m evals.bench.verification --write``. English only: in other languages little but word-for-word sentences passes.

Not seen: what needs knowledge of the world, and who is meant by "they" or "it".
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from app.compose.verify_read import read
from app.compose.verify_signs import Comparison, compare
from app.compose.verify_types import Reading
from app.compose.verify_words import WordLists, load_words
from app.errors import SettingsError
from app.models.embed import Vectors

WEIGHTS_FILE = Path(__file__).with_name("verify_weights.toml")
LONGEST_SENTENCE = 600  # characters: nobody writes a longer sentence for an answer
LONGEST_QUOTE = 6_000
MEASURES = ("missing", "missing_share", "far", "far_from_all", "inverted", "dropped", "scattered", "unbound", "replaced")
ENTAILED = 0.5  # an entailment model's probability under which the sentence is dropped


@dataclass(frozen=True, slots=True)
class Support:
    """Whether a sentence may be shown; why not ("number", "negation", "name" …, "" when it may); and a probability of
    support, 0 after a fault."""

    ok: bool
    reason: str
    score: float


@dataclass(frozen=True, slots=True)
class Weights:
    """The logistic model: one weight a measure, and the probability from which a sentence is shown."""

    bias: float
    measures: Mapping[str, float]
    show_from: float


class Verifier:
    """Checks written sentences against their quotes. ``embed`` gives unit vectors, one row a text.

    ``entail`` is an optional entailment model: (quote, sentence) to the probability that the first implies the second. It may only
    drop more.
    """

    def __init__(
        self,
        embed: Callable[[Sequence[str]], Vectors],
        entail: Callable[[str, str], float] | None = None,
        lists: WordLists | None = None,
        weights: Weights | None = None,
    ) -> None:
        self._embed = embed
        self._entail = entail
        self._lists = lists or _shipped_lists()
        self._weights = weights or _shipped_weights()

    def check(self, sentence: str, quote: str) -> Support:
        """Whether ``quote`` supports ``sentence``. Never raises on any text; at most one embedding call."""
        fault, measures = self.measure(sentence, quote)
        if fault is not None:
            return Support(fault == "", fault, 1.0 if fault == "" else 0.0)
        score = probability(self._weights, measures)
        if score < self._weights.show_from:
            return Support(False, "unrelated", score)
        if self._entail is not None and not self._entail(quote, sentence) >= ENTAILED:
            return Support(False, "entailment", score)
        return Support(True, "", score)

    def measure(self, sentence: str, quote: str) -> tuple[str | None, dict[str, float]]:
        """What is sure ("" for a sentence of the quote, the code of a fault), or None and the measures that decide."""
        if len(sentence) > LONGEST_SENTENCE or len(quote) > LONGEST_QUOTE:
            return "long", {}
        said, source = read(sentence, self._lists), read(quote, self._lists)
        if not said.words or not source.words:
            return "empty", {}
        if _verbatim(said, source):
            return "", {}
        found = compare(said, source, self._lists)
        if found.fault:
            return found.fault, {}
        if not found.told:
            return "empty", {}
        return None, self._measures(sentence, quote, said, source, found)

    def _measures(self, sentence: str, quote: str, said: Reading, source: Reading, found: Comparison) -> dict[str, float]:
        lost = [said.words[at].text for at in found.missing]
        theirs = sorted({word.text for word in source.words if word.stem not in self._lists.plain}) if lost else []
        parts = [part for part in source.sentences if part != quote]
        vectors = self._embed([sentence, quote, *parts, *lost, *theirs])
        near = vectors[1 : 2 + len(parts)] @ vectors[0]
        missing = 0.0
        if lost:
            start = 2 + len(parts)
            closeness = vectors[start : start + len(lost)] @ vectors[start + len(lost) :].T if theirs else np.zeros((len(lost), 1))
            missing = float(np.clip((0.97 - closeness.max(axis=1)) / 0.07, 0.2, 1).sum())
        return {
            "missing": missing,
            "missing_share": missing / found.told,
            "far": 1 - float(near.max()),
            "far_from_all": 1 - float(near[0]),
            "inverted": found.inverted,
            "dropped": float(found.dropped),
            "scattered": found.scattered,
            "unbound": found.unbound,
            "replaced": float(found.replaced),
        }


def probability(weights: Weights, measures: Mapping[str, float]) -> float:
    """The model's probability that the quote supports the sentence."""
    value = weights.bias + sum(weight * measures[name] for name, weight in weights.measures.items())
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, value))))


def load_weights(path: Path = WEIGHTS_FILE) -> Weights:
    """Read the weights. Raises ``SettingsError``."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        weights = Weights(float(data["bias"]), {name: float(data["measures"][name]) for name in MEASURES}, float(data["show_from"]))
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise SettingsError(f"{path.name} can't be used ({error}). Run: python -m evals.bench.verification --write") from None
    if not 0 < weights.show_from < 1:
        raise SettingsError(f"{path.name}: show_from must lie between 0 and 1.")
    return weights


def _verbatim(said: Reading, source: Reading) -> bool:
    """The sentence is one of the quote's own, or several in a row, up to case, marks, articles and short forms."""
    size = len(said.spoken)
    return any(said.spoken == source.spoken[start : start + size] for start in range(len(source.spoken) - size + 1))


@cache
def _shipped_lists() -> WordLists:
    return load_words()


@cache
def _shipped_weights() -> Weights:
    return load_weights()
