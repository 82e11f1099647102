from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from app.guard.classifier import MULTILINGUAL, load_classifier
from app.guard.training.fit import is_held_out, sheet
from app.guard.training.messages import Message, load_messages
from app.guard.training.train import main, train
from app.guard.training.vectors import vectors
from app.models.embed import OnnxEmbedder, open_embedder
from app.settings import Settings


@pytest.fixture(scope="module")
def some() -> list[Message]:
    """A slice of each label on both sides of the split, English and not."""
    chosen: dict[tuple[str, bool, bool], list[Message]] = {}
    for message in load_messages():
        key = (message.family.label, is_held_out(message.group), message.family.language == "en")
        if len(chosen.setdefault(key, [])) < 12:
            chosen[key].append(message)
    return [message for messages in chosen.values() for message in messages]


def digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


@pytest.mark.slow
def test_the_same_data_gives_the_same_bytes_and_they_work(some: list[Message], embedder: OnnxEmbedder, tmp_path: Path) -> None:
    cache, models = tmp_path / "cache", Settings().models_dir
    train(some, [embedder], tmp_path / "one", models, cache)
    train(some, [embedder], tmp_path / "two", models, tmp_path / "another-cache")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    made = {"lexical.npz", f"{MULTILINGUAL}.npz", f"{embedder.name}.npz", f"{embedder.name}.onnx"}
    assert set(digests(tmp_path / "one")) == made
    classifier = load_classifier(embedder.name, tmp_path / "one")
    rows = open_embedder(embedder.name, models, 2, tmp_path / "one").readings([message.text for message in some])
    judgements = classifier.judge([message.text for message in some], rows)
    crisis = [j.crisis for j, message in zip(judgements, some, strict=True) if message.family.label == "crisis"]
    harmless = [j.crisis for j, message in zip(judgements, some, strict=True) if message.family.label == "harmless"]
    assert np.median(crisis) > 0.6
    assert np.median(harmless) < 0.4


def test_the_cache_holds_no_text(embedder: OnnxEmbedder, tmp_path: Path) -> None:
    first = vectors(embedder, ["a very private sentence"], tmp_path)
    assert all(b"private" not in file.read_bytes() for file in tmp_path.iterdir())
    passes = embedder.forward_passes
    again = vectors(embedder, ["a very private sentence", "a very private sentence"], tmp_path)
    assert embedder.forward_passes == passes
    assert (again[0] == first[0]).all()


def test_a_family_is_never_on_both_sides(some: list[Message]) -> None:
    data = sheet(some)
    sides: dict[str, set[bool]] = {}
    for message, held in zip(some, data.held, strict=True):
        sides.setdefault(message.group, set()).add(bool(held))
    assert all(len(both) == 1 for both in sides.values())
    assert set(data.held.tolist()) == {True, False}


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    assert "--models" in capsys.readouterr().out
