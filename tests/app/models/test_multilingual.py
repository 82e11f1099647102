from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.errors import ModelError
from app.models.catalogue import load_catalogue
from app.models.multilingual import MOST_PIECES, SCALES, SHEET, TABLE, TOKENIZER, Multilingual, open_multilingual

TEXTS = ["How much does a session cost?", "Combien coûte une séance ?", "My husband hits me", "mein Mann schlägt mich", ""]


@pytest.fixture(scope="module")
def encoder(models_dir: Path) -> Multilingual:
    return open_multilingual(models_dir)


def test_translations_are_near_each_other(encoder: Multilingual) -> None:
    vectors = encoder.queries(TEXTS)
    assert vectors.shape == (5, encoder.dimension) == (5, 512)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-4)
    near = vectors @ vectors.T
    assert min(near[0, 1], near[2, 3]) > 0.6
    assert max(near[0, 2], near[0, 3], near[1, 2], near[1, 3]) < 0.4
    assert encoder.queries([]).shape == (0, 512)


def test_neighbours_in_a_batch_change_nothing(encoder: Multilingual) -> None:
    alone = np.concatenate([encoder.queries([text]) for text in TEXTS])
    np.testing.assert_allclose(encoder.queries(TEXTS), alone, atol=1e-5)


@pytest.mark.parametrize("text", ["\x00", "\ud800", "😀" * 3000, "a" * 20_000, " ", "\u202eמָוֶת"])
def test_any_text_can_be_read(encoder: Multilingual, text: str) -> None:
    assert np.isfinite(encoder.queries([text])).all()
    assert len(encoder.pieces([text])[0]) <= MOST_PIECES


def test_threads_may_share_it(encoder: Multilingual) -> None:
    expected = encoder.queries(TEXTS)
    with ThreadPoolExecutor(8) as pool:
        for vectors in pool.map(encoder.queries, [TEXTS] * 40):
            np.testing.assert_array_equal(vectors, expected)


def test_rows_are_scaled_block_by_block(encoder: Multilingual, models_dir: Path) -> None:
    folder = models_dir / load_catalogue().multilingual.name
    table, (scale, least) = np.load(folder / TABLE, mmap_mode="r"), np.load(folder / SCALES)
    ids = np.array([5, 22, 17, 127_999])
    for number, row in zip(ids, encoder.rows(ids), strict=True):
        np.testing.assert_allclose(row, table[number].astype(np.float32) * scale[number % 17] + least[number % 17], rtol=1e-6)


@pytest.mark.parametrize("sheet", [None, "[]", "{}", json.dumps({TOKENIZER: "0" * 64}), "not JSON"])
def test_what_is_missing_or_changed_says_what_to_run(models_dir: Path, tmp_path: Path, sheet: str | None) -> None:
    name = load_catalogue().multilingual.name
    folder = tmp_path / name
    folder.mkdir()
    shutil.copy(models_dir / name / TOKENIZER, folder)
    if sheet is not None:
        (folder / SHEET).write_text(sheet)
    with pytest.raises(ModelError, match=f"rapport models get {name}"):
        open_multilingual(tmp_path)
