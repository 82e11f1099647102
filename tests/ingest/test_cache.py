from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.cache import VectorCache, key_of

DIMENSION = 16


def unit(count: int, seed: int = 0) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / lengths, np.float32)


def keys_of(count: int) -> list[bytes]:
    return [key_of("model", "passage", f"text {number}") for number in range(count)]


def test_gives_back_what_it_was_given_also_after_closing(tmp_path: Path) -> None:
    keys, vectors = keys_of(1_200), unit(1_200)
    cache = VectorCache(tmp_path / "cache.sqlite", DIMENSION)
    assert cache.get(keys) == {}
    cache.put(keys, vectors)
    cache.close()
    again = VectorCache(tmp_path / "cache.sqlite", DIMENSION).get(keys)
    np.testing.assert_array_equal(np.stack([again[key] for key in keys]), vectors)


@pytest.mark.parametrize("other", [("other", "passage", "a"), ("model", "query", "a"), ("model", "passage", "b")])
def test_model_side_and_text_all_count(other: tuple[str, str, str]) -> None:
    assert key_of("model", "passage", "a") != key_of(*other)


def test_only_the_keys_of_the_last_build_stay_and_the_rest_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    keys, vectors = keys_of(500), unit(500)
    cache = VectorCache(path, DIMENSION)
    cache.put(keys, vectors)
    cache.keep_only(keys[:100])
    assert set(cache.get(keys)) == set(keys[:100])
    cache.close()
    data = path.read_bytes()
    assert keys[50] in data
    assert not any(key in data for key in keys[100:])
    assert not any(vector.tobytes() in data for vector in vectors[100:])


def test_holds_no_text(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "cache.sqlite", DIMENSION)
    cache.put([key_of("model", "passage", "canary phrase")], unit(1))
    cache.close()
    assert b"canary" not in (tmp_path / "cache.sqlite").read_bytes()


def test_a_vector_that_can_not_be_right_is_not_used(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "cache.sqlite", DIMENSION)
    keys, vectors = keys_of(4), unit(4)
    vectors[1] *= 1.01
    vectors[2] = np.nan
    cache.put(keys, vectors)
    cache.put(keys[3:], unit(1)[:, :8])
    assert set(cache.get(keys)) == {keys[0]}


@pytest.mark.parametrize("damage", ["text", "cut", "page"])
def test_a_damaged_cache_starts_anew(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "cache.sqlite"
    keys, vectors = keys_of(300), unit(300)
    cache = VectorCache(path, DIMENSION)
    cache.put(keys, vectors)
    cache.close()
    data = bytearray(path.read_bytes())
    if damage == "text":
        path.write_bytes(b"not a database" * 100)
    elif damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    else:
        data[4_096:8_192] = bytes(4_096)
        path.write_bytes(data)
    again = VectorCache(path, DIMENSION)
    again.put(keys, vectors)
    assert len(again.get(keys)) == 300
    again.close()
