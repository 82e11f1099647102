from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.errors import ModelError
from ingest.cache import VectorCache
from ingest.vectors import CHUNK, CachedEmbedder
from tests.index_samples import WordEmbedder


class Counting(WordEmbedder):
    """Notes the texts it is asked for."""

    def __init__(self) -> None:
        super().__init__(dimension=8)
        object.__setattr__(self, "asked", [])

    asked: list[str]

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.extend(texts)
        return super().passages(texts)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[VectorCache]:
    opened = VectorCache(tmp_path / "cache.sqlite", 8)
    yield opened
    opened.close()


def ignore(phase: str, done: int, total: int) -> None:
    """No progress is shown."""


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=12), max_size=20))
def test_each_row_gets_the_vector_of_its_text(cache: VectorCache, texts: list[str]) -> None:
    out = np.zeros((len(texts), 8), np.float32)
    CachedEmbedder(WordEmbedder(dimension=8), cache, ignore).fill(out, texts, "passage", "x")
    for row, text in enumerate(texts):
        np.testing.assert_allclose(out[row], WordEmbedder(dimension=8).passages([text])[0], atol=1e-6)


def test_each_distinct_text_is_embedded_once_in_all(cache: VectorCache) -> None:
    first, second = Counting(), Counting()
    texts = [f"text {number % 40}" for number in range(100)]
    vectors = CachedEmbedder(first, cache, ignore)
    vectors.fill(np.zeros((100, 8), np.float32), texts, "passage", "x")
    assert sorted(first.asked) == sorted(set(texts))
    assert (vectors.embedded, vectors.reused, len(vectors.used)) == (40, 0, 40)
    again = CachedEmbedder(second, cache, ignore)
    again.fill(np.zeros((101, 8), np.float32), [*texts, "new"], "passage", "x")
    assert second.asked == ["new"]
    assert (again.embedded, again.reused) == (1, 40)


def test_a_question_is_not_taken_for_a_passage(cache: VectorCache) -> None:
    embedder = Counting()
    vectors = CachedEmbedder(embedder, cache, ignore)
    for side in ("passage", "query", "query"):
        vectors.fill(np.zeros((1, 8), np.float32), ["same"], side, "x")
    assert (vectors.embedded, vectors.reused) == (2, 1)


def test_alike_lengths_go_together(cache: VectorCache) -> None:
    embedder = Counting()
    texts = [f"{number} " + "word " * (number * 37 % 50) for number in range(60)]
    CachedEmbedder(embedder, cache, ignore).fill(np.zeros((60, 8), np.float32), texts, "passage", "x")
    assert [len(text) for text in embedder.asked] == sorted(len(text) for text in texts)


def test_progress_counts_up_to_the_total(cache: VectorCache) -> None:
    heard: list[tuple[str, int, int]] = []
    vectors = CachedEmbedder(WordEmbedder(dimension=8), cache, lambda *step: heard.append(step))
    count = CHUNK * 2 + 1
    vectors.fill(np.zeros((count, 8), np.float32), [f"{number}" for number in range(count)], "passage", "embedding")
    assert heard == [("embedding", done, count) for done in (0, CHUNK, CHUNK * 2, count)]
    vectors.fill(np.zeros((2, 8), np.float32), ["0", "1"], "passage", "again")
    assert heard[-1] == ("again", 2, 2)


def test_what_was_embedded_before_a_stop_is_kept(cache: VectorCache) -> None:
    class Failing(Counting):
        def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
            if self.asked:
                raise RuntimeError("stopped")
            return super().passages(texts)

    texts = [f"{number}" for number in range(CHUNK + 10)]
    with pytest.raises(RuntimeError, match="stopped"):
        CachedEmbedder(Failing(), cache, ignore).fill(np.zeros((len(texts), 8), np.float32), texts, "passage", "x")
    again = CachedEmbedder(WordEmbedder(dimension=8), cache, ignore)
    again.fill(np.zeros((len(texts), 8), np.float32), texts, "passage", "x")
    assert (again.embedded, again.reused) == (10, CHUNK)


def test_a_vector_that_is_not_finite_ends_the_build(cache: VectorCache) -> None:
    class Broken(WordEmbedder):
        def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return np.full((len(texts), 8), np.nan, np.float32)

    with pytest.raises(ModelError, match="isn't finite"):
        CachedEmbedder(Broken(), cache, ignore).fill(np.zeros((1, 8), np.float32), ["a"], "passage", "x")
