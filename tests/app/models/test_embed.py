from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import ModelError
from app.models.catalogue import folder_name, load_catalogue
from app.models.embed import BATCH_TOKENS, SHEET, OnnxEmbedder, _batches, open_embedder, prepared_name


def test_vectors_are_unit_float32_rows(embedder: OnnxEmbedder) -> None:
    vectors = embedder.passages(["A session lasts about 50 minutes.", "", "x " * 3_000])
    assert vectors.shape == (3, embedder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_meaning_decides(embedder: OnnxEmbedder) -> None:
    question = embedder.queries(["what will it cost me?"])[0]
    near, far = embedder.passages(["The fee for a session is 80 dollars.", "Breathe in slowly through your nose."])
    assert question @ near > question @ far


def test_order_and_company_do_not_change_a_vector(embedder: OnnxEmbedder) -> None:
    texts = ["short", "a somewhat longer sentence about therapy and trust", "mid length text here"]
    together = embedder.passages(texts)
    alone = np.stack([embedder.passages([text])[0] for text in texts])
    # Dynamic int8 scales a batch as one, so company shifts a vector a little; the full-precision test is in test_export.py.
    assert (together * alone).sum(1).min() > 0.98


def test_no_texts_give_no_rows(embedder: OnnxEmbedder) -> None:
    assert embedder.queries([]).shape == (0, embedder.dimension)


def test_a_few_short_questions_are_one_forward_pass(embedder: OnnxEmbedder) -> None:
    before = embedder.forward_passes
    embedder.queries(["what is cbt", "how long does it take", "who can prescribe"])
    assert embedder.forward_passes == before + 1


@given(st.text(max_size=200))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_has_a_finite_vector(embedder: OnnxEmbedder, text: str) -> None:
    assert np.isfinite(embedder.queries([text])).all()


def test_lone_surrogates_are_read_as_question_marks(embedder: OnnxEmbedder) -> None:
    assert np.isfinite(embedder.queries(["\ud800 hello"])).all()


@given(st.lists(st.integers(1, 512), min_size=1, max_size=60))
def test_batches_hold_each_text_once_and_keep_memory_flat(lengths: list[int]) -> None:
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    batches = _batches(order, lengths)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or max(lengths[i] for i in batch) * len(batch) <= BATCH_TOKENS for batch in batches)


def test_the_vocabulary_knows_words_and_not_slips(embedder: OnnxEmbedder) -> None:
    assert embedder.knows("therapist")
    assert not embedder.knows("therapyst")


def test_an_unprepared_model_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="rapport models get"):
        open_embedder("gte-small", tmp_path, 1)


def test_a_changed_weight_is_refused(models_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(models_dir / "gte-small", folder)
    weights = bytearray((folder / "model.onnx").read_bytes())
    weights[len(weights) // 2] ^= 1
    (folder / "model.onnx").write_bytes(weights)
    with pytest.raises(ModelError, match="not the file that was checked"):
        OnnxEmbedder(folder, 1)


def test_a_malformed_sheet_is_refused(tmp_path: Path) -> None:
    (tmp_path / SHEET).write_text('{"name": 1}')
    with pytest.raises(ModelError, match="malformed"):
        OnnxEmbedder(tmp_path, 1)


def test_bad_files_under_a_right_hash_are_our_error(models_dir: Path, tmp_path: Path) -> None:
    import hashlib

    folder = tmp_path / "model"
    folder.mkdir()
    sheet = json.loads((models_dir / "gte-small" / SHEET).read_text())
    for name in sheet["sha256"]:
        (folder / name).write_bytes(b"not a model")
        sheet["sha256"][name] = hashlib.sha256(b"not a model").hexdigest()
    (folder / SHEET).write_text(json.dumps(sheet))
    with pytest.raises(ModelError, match="can't be opened"):
        OnnxEmbedder(folder, 1)


def test_a_renamed_copy_has_the_same_fingerprint(models_dir: Path, tmp_path: Path, embedder: OnnxEmbedder) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(models_dir / "gte-small", folder)
    sheet = json.loads((folder / SHEET).read_text())
    (folder / SHEET).write_text(json.dumps(sheet | {"name": "other"}))
    assert OnnxEmbedder(folder, 1).fingerprint == embedder.fingerprint
    (folder / SHEET).write_text(json.dumps(sheet | {"query_prefix": "query: "}))
    assert OnnxEmbedder(folder, 1).fingerprint != embedder.fingerprint


def test_the_default_falls_back_only_when_it_alone_is_missing(tmp_path: Path) -> None:
    catalogue = load_catalogue()
    assert prepared_name("default", tmp_path) == catalogue.default
    (tmp_path / catalogue.fallback).mkdir()
    (tmp_path / catalogue.fallback / SHEET).write_text("{}")
    assert prepared_name("default", tmp_path) == catalogue.fallback
    assert prepared_name("arctic-embed-s", tmp_path) == "arctic-embed-s"
    assert prepared_name("someone/else", tmp_path) == "someone/else"


def test_folder_names_are_safe_and_distinct() -> None:
    names = {folder_name(name) for name in ("a/b", "a_b", "../../etc", "gte-small", "x" * 300, "")}
    assert len(names) == 6
    assert all("/" not in name and not name.startswith(".") and len(name) < 80 for name in names)
