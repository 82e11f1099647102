"""Vectors kept from build to build, by the hash of what they are of. Never text.

A key is SHA-256 over the model's fingerprint, the side (passage or query) and the text. After each build only its own keys stay, so what
an erased article left is gone with the next build. A damaged cache is thrown away: it only saves time.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_AT_ONCE = 500


class VectorCache:
    """The cache in ``path``, for vectors of ``dimension``. ``close()`` when done."""

    def __init__(self, path: Path, dimension: int) -> None:
        self._dimension = dimension
        try:
            self._connection = _open(path)
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
            self._connection = _open(path)

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        """The vectors that are known; one that isn't of unit length and of our dimension counts as unknown."""
        found: dict[bytes, Vectors] = {}
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = self._connection.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", some)  # noqa: S608 (only marks)
            found.update((key, np.frombuffer(blob, np.float32)) for key, blob in rows if len(blob) == 4 * self._dimension)
        return {key: vector for key, vector in found.items() if abs(float(vector @ vector) - 1) < 1e-3}

    def put(self, keys: Iterable[bytes], vectors: Vectors) -> None:
        """Keep vectors; they are on disk when this returns, so that a build that is killed doesn't start from nothing."""
        rows = ((key, vector.astype(np.float32).tobytes()) for key, vector in zip(keys, vectors, strict=True))
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def keep_only(self, keys: Iterable[bytes]) -> None:
        """Forget all other vectors, and overwrite where they stood."""
        with self._connection:
            self._connection.execute("CREATE TEMP TABLE kept (key BLOB PRIMARY KEY) WITHOUT ROWID")
            self._connection.executemany("INSERT OR IGNORE INTO kept VALUES (?)", ((key,) for key in keys))
            gone = self._connection.execute("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM kept)").rowcount
        self._connection.execute("DROP TABLE kept")
        if gone:
            self._connection.execute("VACUUM")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def key_of(fingerprint: str, side: str, text: str) -> bytes:
    """The cache key of a text as one model embeds it on one side ("passage" or "query")."""
    return hashlib.sha256(f"{fingerprint}\0{side}\0{text}".encode("utf-8", "surrogatepass")).digest()


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID")
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
