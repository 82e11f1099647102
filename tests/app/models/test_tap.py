from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from app.errors import ModelError
from app.guard.classifier import FOLDER, load_classifier
from app.guard.training.branch import Top, _batch, states_of, upper_layers
from app.models import fetch
from app.models.catalogue import folder_name, load_catalogue
from app.models.embed import SHEET, OnnxEmbedder, open_embedder
from app.models.tap import add_midway, layer_weights

LAYERS = {"gte-small": 12, "arctic-embed-s": 12, "all-MiniLM-L6-v2": 6}
TEXTS = ["what happens in the first session", "it costs too much", "I can't sleep and I don't know whom to ask about it"]


def test_readings_are_vectors_with_the_scores_behind_them(embedder: OnnxEmbedder) -> None:
    rows = embedder.readings(TEXTS)
    assert rows.shape == (3, embedder.dimension + embedder.branch_width)
    assert embedder.branch_width > 20
    np.testing.assert_allclose(rows[:, : embedder.dimension], embedder.queries(TEXTS), atol=1e-6)
    assert np.isfinite(rows).all()


def test_readings_without_a_second_top_are_the_vectors(models_dir: Path) -> None:
    bare = open_embedder("default", models_dir, 1)
    assert bare.branch_width == 0
    assert bare.readings(TEXTS).shape == (3, bare.dimension)


def test_readings_are_one_pass(embedder: OnnxEmbedder) -> None:
    before = embedder.forward_passes
    embedder.readings(TEXTS)
    assert embedder.forward_passes == before + 1


def test_an_untrained_top_is_the_models_own_upper_layers(models_dir: Path) -> None:
    """So the weights are read right, scales and all, and our layer computes what the model's does."""
    for entry in load_catalogue().model:
        if not (models_dir / entry.name).is_dir():
            continue
        embedder = open_embedder(entry.name, models_dir, 1)
        layers = upper_layers(models_dir / entry.name / "model.onnx", entry.midway)
        assert len(layers) == LAYERS[entry.name] - entry.midway
        inputs, mask = _batch(states_of(embedder, TEXTS), range(len(TEXTS)))
        states, away = inputs, (1 - mask.float())[:, None, None, :] * -1e4
        with torch.no_grad():
            for layer in Top(layers, 3).eval().layers:
                states = layer(states, away)
        pooled = states[:, 0] if entry.pooling == "cls" else (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
        ours = (pooled / pooled.norm(dim=1, keepdim=True)).numpy()
        assert ((ours * embedder.queries(TEXTS)).sum(1) > 0.98).all(), entry.name


def test_a_model_prepared_for_another_layer_is_told_to_be_prepared_again(models_dir: Path, tmp_path: Path) -> None:
    name = load_catalogue().default
    shutil.copytree(models_dir / name, tmp_path / name)
    sheet = tmp_path / name / SHEET
    sheet.write_text(json.dumps(json.loads(sheet.read_text()) | {"midway": 5}))
    with pytest.raises(ModelError, match=f"rapport models get {name}"):
        open_embedder(name, tmp_path, 1, FOLDER)


def test_a_graph_without_the_layer_says_so(models_dir: Path, tmp_path: Path) -> None:
    copy = tmp_path / "model.onnx"
    shutil.copy(models_dir / load_catalogue().default / "model.onnx", copy)
    with pytest.raises(ModelError, match="no layer 40"):
        add_midway(copy, 40)
    assert layer_weights(copy, 40) == {}


def test_a_damaged_second_top_is_named(models_dir: Path, tmp_path: Path) -> None:
    (tmp_path / f"{load_catalogue().default}.onnx").write_bytes(b"not a graph")
    with pytest.raises(ModelError, match=r"gte-small\.onnx"):
        open_embedder("default", models_dir, 1, tmp_path)


def test_the_default_and_its_fallback_have_a_second_top() -> None:
    catalogue = load_catalogue()
    assert {catalogue.default, catalogue.fallback} <= {file.stem for file in FOLDER.glob("*.onnx")}


@pytest.fixture
def strangers(models_dir: Path, tmp_path: Path) -> Path:
    """A folder with a model that the catalogue doesn't know."""
    shutil.copytree(models_dir / load_catalogue().fallback, tmp_path / folder_name("of-their-own"))
    sheet = tmp_path / folder_name("of-their-own") / SHEET
    sheet.write_text(json.dumps(json.loads(sheet.read_text()) | {"name": "of-their-own"}))
    return tmp_path


def test_beside_a_model_without_a_second_top_another_reads_for_the_guard(strangers: Path, models_dir: Path, embedder: OnnxEmbedder) -> None:
    (strangers / embedder.name).symlink_to(models_dir / embedder.name)
    chosen = open_embedder("of-their-own", strangers, 1, FOLDER)
    assert (chosen.name, chosen.reader) == ("of-their-own", embedder.name)
    assert chosen.branch_width == embedder.branch_width
    rows = chosen.readings(TEXTS)
    np.testing.assert_allclose(rows[:, : chosen.dimension], chosen.queries(TEXTS), atol=1e-6)
    np.testing.assert_allclose(rows[:, chosen.dimension :], embedder.readings(TEXTS)[:, embedder.dimension :], atol=1e-6)
    told = load_classifier(chosen.reader).judge(
        ["I want to kill myself", "What is CBT?"], chosen.readings(["I want to kill myself", "What is CBT?"])
    )
    assert told[0].crisis > 0.9
    assert told[1].crisis < 0.05


def test_where_no_other_model_is_ready_the_guard_goes_by_words_alone_and_says_so(strangers: Path) -> None:
    alone = open_embedder("of-their-own", strangers, 1, FOLDER)
    assert (alone.reader, alone.branch_width) == ("of-their-own", 0)
    assert "why" in load_classifier(alone.reader).describe()


def test_the_model_that_reads_is_made_ready_with_the_one_that_was_chosen(
    strangers: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    said: list[str] = []

    def never_there(name: str, *_: object) -> str:
        asked.append(name)
        raise ModelError("It can't be had.")

    monkeypatch.setattr(fetch, "ensure_model", never_there)
    fetch.ensure_reader("of-their-own", strangers, FOLDER, said.append)
    assert asked == ["default"]
    assert "words and letters alone" in said[-1]
    asked.clear()
    fetch.ensure_reader("default", models_dir, FOLDER, said.append)
    assert asked == []
