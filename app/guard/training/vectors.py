"""Embeddings of the messages, kept outside the repository so that training again is quick."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
CACHE = Path(tempfile.gettempdir()) / "rapport-guard-vectors"
_THREADS = 2


class Encoder(Protocol):
    """What gives question vectors; its fingerprint names what they depend on."""

    @property
    def fingerprint(self) -> str: ...

    def queries(self, texts: Sequence[str]) -> Vectors: ...


def vectors(embedder: Encoder, texts: Sequence[str], cache: Path = CACHE) -> Vectors:
    """(n, dimension) question vectors, each embedded alone: an int8 model's vector depends a little on its neighbours in a batch.

    Read from and added to ``cache/<fingerprint>.npz``; only texts' hashes are kept there.
    """
    file = cache / f"{embedder.fingerprint}.npz"
    known: dict[str, Vectors] = {}
    if file.exists():
        with np.load(file) as data:
            known = dict(zip(json.loads(str(data["keys"])), data["rows"], strict=True))
    keys = [hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24] for text in texts]
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        with ThreadPoolExecutor(_THREADS) as pool:
            rows = pool.map(lambda text: embedder.queries([text])[0], missing.values())
            known.update(zip(missing, rows, strict=True))
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(file, keys=json.dumps(list(known)), rows=np.stack(list(known.values())))
    return np.stack([known[key] for key in keys])
