"""What the classifier sees of a text besides its embedding: hashed words and letters, and counted cues. No model, no forward pass.

Everything is computed on ``fold.canonical`` text, so that disguises of letters are already gone. The hash is CRC-32: the same on
every machine.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from app.errors import SettingsError
from app.guard.fold import canonical

FILE = Path(__file__).parent / "cues.toml"
BUCKETS = 1 << 15
MOST_CHARS = 600  # of one window; a longer window is read in steps of this
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MARKS = frozenset(".?~")


@dataclass(frozen=True, slots=True)
class Hashed:
    """A sparse row: bucket numbers (each once, ascending) and their weights, of Euclidean length about 1."""

    buckets: NDArray[np.int32]
    weights: NDArray[np.float32]


def hashed(text: str) -> Hashed:
    """Words, pairs, triples and gapped pairs of words, and runs of 2 to 5 letters, each group of equal total weight."""
    words = canonical(text)[:MOST_CHARS].split()
    rows: dict[int, float] = {}
    for group in (set(_word_grams(words)), set(_letter_grams(words))):
        share = math.sqrt(0.5 / max(1, len(group)))
        for gram in group:
            bucket = crc32(gram.encode("utf-8", "replace")) % BUCKETS
            rows[bucket] = rows.get(bucket, 0.0) + share
    buckets = sorted(rows)
    return Hashed(np.array(buckets, np.int32), np.array([rows[bucket] for bucket in buckets], np.float32))


def _word_grams(words: Sequence[str]) -> Iterator[str]:
    padded = ["^", *words, "$"]
    for i, word in enumerate(padded):
        if 0 < i < len(padded) - 1:
            yield word
        if i + 1 < len(padded):
            yield f"{word} {padded[i + 1]}"
        if i + 2 < len(padded):
            yield f"{word} {padded[i + 1]} {padded[i + 2]}"
            yield f"{word} * {padded[i + 2]}"


def _letter_grams(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        if word in _MARKS:
            continue
        if _NO_SPACES.search(word):
            for n in (1, 2, 3, 4):
                yield from (f"#{word[i : i + n]}" for i in range(len(word) - n + 1))
            continue
        padded = f"_{word}_"
        for n in (3, 4, 5):
            yield from (f"#{padded[i : i + n]}" for i in range(len(padded) - n + 1))


class Cues:
    """Groups of words and phrases whose presence says who, when, how and in what frame; plus length and the shape of the sentence.

    ``Cues(groups)(text)`` is a float32 vector of ``size`` numbers between 0 and 1.
    """

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        self.names = tuple(groups)
        self._patterns = [
            re.compile(r"(?<!\w)(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + r")(?!\w)")
            for words in groups.values()
        ]
        self.size = len(self.names) + 6

    def __call__(self, text: str) -> NDArray[np.float32]:
        plain = canonical(text)[:MOST_CHARS]
        words = plain.split()
        counts = [min(2, sum(1 for _ in pattern.finditer(plain))) / 2 for pattern in self._patterns]
        sentences = sum(word in (".", "?") for word in words)
        shape = [
            min(1.0, len(words) / 40),
            float(len(words) <= 4),
            float("?" in words),
            min(1.0, sentences / 4),
            float(not text.isascii()),
            float(bool(words) and words[0] in ("i", "im", "i'm")),
        ]
        return np.array([*counts, *shape], np.float32)


def load_cues(file: Path = FILE) -> Cues:
    """Read the groups of ``cues.toml``. Raises ``SettingsError`` that says what to mend."""
    try:
        groups = tomllib.loads(file.read_text("utf-8"))["cues"]
        if not groups or not all(words and all(isinstance(word, str) and word for word in words) for words in groups.values()):
            raise ValueError(file.name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"{file.name} can't be used ({type(error).__name__}): it needs a [cues] table of lists of words.") from None
    return Cues({name: [canonical(word) for word in words] for name, words in groups.items()})
