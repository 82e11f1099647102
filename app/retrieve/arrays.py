"""The vectors of a build, as .npy files that are mapped into memory: only what is read takes room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import IndexDamaged
from app.retrieve import layout
from app.retrieve.manifest import Manifest
from app.retrieve.outside import outside_examples

Vectors = NDArray[np.float32]
Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions that the corpus says it answers: each article's own, and its headings.

    ``vectors`` is (n, d), embedded as queries. Question i belongs to article row ``articles[i]`` and is answered by the passage rows
    ``starts[i]`` up to, not including, ``stops[i]``: one section for a heading (``headings[i]`` is 1), the whole article otherwise (0).
    """

    vectors: Vectors
    articles: Rows
    starts: Rows
    stops: Rows
    headings: Rows


@dataclass(frozen=True, slots=True)
class Arrays:
    """All vectors of a build. ``passages`` (passages, d) are unit vectors by row; ``heads`` (articles, d) stand for whole articles.

    ``outside`` (examples, d) are questions that no such library answers (``outside.toml``), embedded as queries.
    ``sentences`` (sentences, d) is float16; those of passage row r are ``sentences[sentence_starts[r] : sentence_starts[r + 1]]``.
    """

    passages: Vectors
    article_rows: Rows
    heads: Vectors
    questions: Questions
    outside: Vectors
    sentences: NDArray[np.float16]
    sentence_starts: NDArray[np.int64]


def load_arrays(folder: Path, manifest: Manifest) -> Arrays:
    """Map a build's arrays. Raises ``IndexDamaged`` when one can't be read, or has not the shape that the manifest counts."""
    n, d = manifest.passages, manifest.dimension
    points = _load(folder / layout.QUESTION_ROWS, np.int32, (manifest.questions, 4))
    vectors = _load(folder / layout.QUESTIONS, np.float32, (manifest.questions, d))
    return Arrays(
        passages=_load(folder / layout.PASSAGES, np.float32, (n, d)),
        article_rows=_load(folder / layout.ARTICLE_ROWS, np.int32, (n,)),
        heads=_load(folder / layout.HEADS, np.float32, (len(manifest.articles), d)),
        questions=Questions(vectors, points[:, 0], points[:, 1], points[:, 2], points[:, 3]),
        outside=_load(folder / layout.OUTSIDE, np.float32, (len(outside_examples()), d)),
        sentences=_load(folder / layout.SENTENCES, np.float16, (manifest.sentences, d)),
        sentence_starts=_load(folder / layout.SENTENCE_STARTS, np.int64, (n + 1,)),
    )


def _load(path: Path, dtype: type[np.generic], shape: Sequence[int]) -> NDArray[Any]:
    try:
        # A plain view: memmap's own class costs ten times more a slice.
        array = np.asarray(np.load(path, mmap_mode="r" if shape[0] else None, allow_pickle=False))
    except (OSError, ValueError):
        raise IndexDamaged(f"{path.name} can't be read.") from None
    if array.dtype != dtype or array.shape != tuple(shape):
        raise IndexDamaged(f"{path.name} doesn't hold what the manifest counts.")
    return array
