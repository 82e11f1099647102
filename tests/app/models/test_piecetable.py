from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import ModelError
from app.models.multilingual import Multilingual
from app.models.piecetable import VOCABULARY, WEIGHTS, prepare_multilingual
from tests.app.models.test_sentencepiece import PIECES, model

WIDTH, GRAM, DEEP, OUT = 4, 2, 3, 5
LENGTHS = {2: 0, 3: 1, 5: 2}


@pytest.fixture
def arrays() -> dict[str, NDArray[Any]]:
    """An encoder of a few numbers, in the package's own layout."""
    draw = np.random.default_rng(0)
    features = WIDTH + 3 * GRAM
    shapes: dict[str, tuple[int, ...]] = {"ln_g": (features,), "ln_b": (features,), "cnn_W": (features, WIDTH), "cnn_b": (WIDTH,)}
    shapes |= {"d0": (WIDTH, DEEP), "d1": (DEEP, DEEP), "p1": (WIDTH, DEEP), "d2": (DEEP, OUT), "p3": (DEEP, OUT), "d3": (OUT, OUT)}
    for n in LENGTHS:
        shapes |= {f"proj{n}": (WIDTH, GRAM), f"proj_b{n}": (GRAM,), f"ln_g{n}": (GRAM,), f"ln_b{n}": (GRAM,)}
        shapes |= {f"{kind}{step}_{n}": (n * GRAM, GRAM) if kind == "w" else (GRAM,) for kind in "wb" for step in (1, 2)}
    blocks = {f"q{block + 1}": draw.integers(0, 63, (1, WIDTH), np.uint8) for block in range(17)}
    weights = {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    scales = {"scale": draw.random(17, np.float32), "lo": -draw.random(17, np.float32)}
    return {**blocks, **weights, **scales, "bits": np.array([6], np.int8), "eps": np.array(1e-12)}


def write(folder: Path, arrays: dict[str, NDArray[Any]]) -> None:
    (folder / VOCABULARY).write_bytes(model(PIECES))
    np.savez(folder / WEIGHTS, **arrays)  # type: ignore[arg-type]


def by_hand(arrays: dict[str, NDArray[Any]], ids: list[int]) -> NDArray[np.float64]:
    """The published network, piece by piece, as slowly and plainly as can be."""

    def norm(row: NDArray[Any], name: str) -> NDArray[Any]:
        normed: NDArray[Any] = (row - row.mean()) / row.std() * arrays[f"ln_g{name}"] + arrays[f"ln_b{name}"]
        return normed

    states = [arrays[f"q{i % 17 + 1}"][i // 17] * arrays["scale"][i % 17] + arrays["lo"][i % 17] for i in ids]
    features = [[state] for state in states]
    for n, left in LENGTHS.items():
        grams = [norm(state @ arrays[f"proj{n}"] + arrays[f"proj_b{n}"], str(n)) for state in states]
        for step in (1, 2):
            padded = [np.zeros(GRAM)] * left + grams + [np.zeros(GRAM)] * n
            windows = [np.concatenate(padded[place : place + n]) for place in range(len(grams))]
            weight, bias = arrays[f"w{step}_{n}"], arrays[f"b{step}_{n}"]
            grams = [gram + np.maximum(window @ weight + bias, 0) for gram, window in zip(grams, windows, strict=True)]
        for row, gram in zip(features, grams, strict=True):
            row.append(gram)
    total = np.sum([norm(np.concatenate(row), "") @ arrays["cnn_W"] + arrays["cnn_b"] for row in features], axis=0) / len(ids) ** 0.5
    deep = np.maximum(total @ arrays["p1"] + np.maximum(total @ arrays["d0"], 0) @ arrays["d1"], 0)
    out = np.tanh(deep @ arrays["p3"] + np.maximum(deep @ arrays["d2"], 0) @ arrays["d3"])
    unit: NDArray[np.float64] = out / np.linalg.norm(out)
    return unit


def test_the_prepared_graph_computes_the_published_network(tmp_path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    write(tmp_path, arrays)
    prepare_multilingual(tmp_path, tmp_path / "ready")
    encoder = Multilingual(tmp_path / "ready")
    texts = ["ab", "a b ab a a b", ""]
    pieces = [ids.tolist() for ids in encoder.pieces(texts)]
    assert pieces[0] == [1, 7, 2]
    for vector, ids in zip(encoder.queries(texts), pieces, strict=True):
        np.testing.assert_allclose(vector, by_hand(arrays, ids), atol=1e-4)
    assert encoder.fingerprint == Multilingual(tmp_path / "ready").fingerprint


@pytest.mark.parametrize("lost", ["q17", "scale", "d0"])
def test_weights_that_lack_something_are_refused(tmp_path: Path, arrays: dict[str, NDArray[Any]], lost: str) -> None:
    del arrays[lost]
    write(tmp_path, arrays)
    with pytest.raises(ModelError, match=r"weights\.npz"):
        prepare_multilingual(tmp_path, tmp_path / "ready")
