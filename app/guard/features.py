"""What the classifier sees of a text besides the embedding model's states: hashed words and letters. No model, no forward pass.

Everything is computed on ``fold.canonical`` text, so that disguises of letters are already gone. The hash is CRC-32: the same on
every machine.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from app.guard.fold import canonical

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
