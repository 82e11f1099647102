"""Texts to vectors for a build: each distinct text is embedded once, and only when the cache doesn't know it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.errors import ModelError
from app.models.embed import Embedder
from ingest.cache import VectorCache, key_of

Progress = Callable[[str, int, int], None]
Side = Literal["passage", "query"]
CHUNK = 256  # texts between two saves and two lines of progress


class CachedEmbedder:
    """Fills arrays with vectors. ``embedded`` and ``reused`` count distinct texts; ``used`` holds the keys of all of them."""

    def __init__(self, embedder: Embedder, cache: VectorCache, on_progress: Progress) -> None:
        self.embedder, self._cache, self.on_progress = embedder, cache, on_progress
        self.used: set[bytes] = set()
        self.embedded = 0
        self.reused = 0

    def fill(self, out: NDArray[np.floating], texts: Sequence[str], side: Side, phase: str) -> None:
        """Write the vector of ``texts[i]`` into ``out[i]``; ``out`` is (n, d) of any float type.

        Raises ``ModelError`` when the model gives a vector that isn't finite.
        """
        rows_of: dict[bytes, list[int]] = {}
        for row, text in enumerate(texts):
            rows_of.setdefault(key_of(self.embedder.fingerprint, side, text), []).append(row)
        self.used |= rows_of.keys()
        done = self._fill_known(out, rows_of)
        total = done + len(rows_of)
        self.on_progress(phase, done, total)
        # Alike lengths together: little is padded, so little is wasted.
        missing = sorted(rows_of, key=lambda key: len(texts[rows_of[key][0]]))
        for start in range(0, len(missing), CHUNK):
            keys = missing[start : start + CHUNK]
            vectors = self._embed([texts[rows_of[key][0]] for key in keys], side)
            self._cache.put(keys, vectors)
            for key, vector in zip(keys, vectors, strict=True):
                out[rows_of[key]] = vector
            self.embedded += len(keys)
            done += len(keys)
            self.on_progress(phase, done, total)

    def _fill_known(self, out: NDArray[np.floating], rows_of: dict[bytes, list[int]]) -> int:
        known = 0
        keys = list(rows_of)
        for start in range(0, len(keys), CHUNK):
            for key, vector in self._cache.get(keys[start : start + CHUNK]).items():
                out[rows_of.pop(key)] = vector
                known += 1
        self.reused += known
        return known

    def _embed(self, texts: Sequence[str], side: Side) -> NDArray[np.float32]:
        vectors = self.embedder.passages(texts) if side == "passage" else self.embedder.queries(texts)
        if not np.isfinite(vectors).all():
            raise ModelError("The embedding model gave a vector that isn't finite.")
        return vectors
