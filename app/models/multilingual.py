"""The multilingual encoder, which reads other languages than English for the guard: USE-multilingual v3 (Yang et al., 2020).

The table of vectors of word pieces is mapped, not read: only the rows of the pieces that were met come into memory. What is above it, a
network of word n-grams, runs in ONNX Runtime. Prepared by ``app.models.piecetable``; torch is never imported here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import ModelError
from app.models.catalogue import load_catalogue
from app.models.embed import Vectors, sha256_of
from app.models.runtime import session

SHEET = "rapport-multilingual.json"
TABLE, SCALES, TOKENIZER, GRAPH = "table.npy", "scales.npy", "tokenizer.json", "model.onnx"
MOST_PIECES = 256  # of a text

Ids = NDArray[np.int64]


class Multilingual:
    """A prepared encoder in ``folder``, on one thread: a message is too short for two. Thread-safe.

    Raises ``ModelError`` when it is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        hashes = _checked(folder)
        self.fingerprint = hashlib.sha256(json.dumps([hashes, MOST_PIECES], sort_keys=True).encode()).hexdigest()[:16]
        try:
            self._table = np.load(folder / TABLE, mmap_mode="r", allow_pickle=False)
            self._scale, self._least = np.load(folder / SCALES, allow_pickle=False)
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._session = session(folder / GRAPH, 1)
        except Exception as error:  # both libraries raise their own bare Exception types for a bad file
            raise ModelError(f"The multilingual encoder in {folder} can't be opened ({type(error).__name__}). {_remedy()}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MOST_PIECES)
        self.dimension = int(self._session.get_outputs()[0].shape[1])

    def queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) vectors of unit length, in one forward pass."""
        ids = self.pieces(texts)
        if not ids:
            return np.zeros((0, self.dimension), np.float32)
        states = np.zeros((len(ids), max(map(len, ids)), self._table.shape[1]), np.float32)
        mask = np.zeros(states.shape[:2], np.int64)
        for row, numbers in enumerate(ids):
            states[row, : len(numbers)] = self.rows(numbers)
            mask[row, : len(numbers)] = 1
        vectors: Vectors = self._session.run(None, {"states": states, "mask": mask})[0]
        return vectors

    def pieces(self, texts: Sequence[str]) -> list[Ids]:
        """The numbers of each text's pieces, cut at ``MOST_PIECES``."""
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        return [np.array(encoding.ids, np.int64) for encoding in self._tokenizer.encode_batch(clean)]

    def rows(self, ids: Ids) -> Vectors:
        """(len(ids), width) vectors of pieces."""
        block = ids % len(self._scale)
        vectors: Vectors = self._table[ids] * self._scale[block, None] + self._least[block, None]
        return vectors


def open_multilingual(models_dir: Path) -> Multilingual:
    """The prepared encoder. Raises ``ModelError`` that says what to run."""
    return Multilingual(models_dir / load_catalogue().multilingual.name)


def _checked(folder: Path) -> dict[str, str]:
    try:
        hashes: dict[str, str] = json.loads((folder / SHEET).read_text("utf-8"))
        for file, expected in hashes.items():
            if sha256_of(folder / file) != expected:
                raise ValueError(file)
    except (OSError, ValueError, AttributeError):
        raise ModelError(f"The multilingual encoder in {folder} is missing or is not what was prepared. {_remedy()}") from None
    return hashes


def _remedy() -> str:
    return f"Run: rapport models get {load_catalogue().multilingual.name}"
