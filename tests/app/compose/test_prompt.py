from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from app.compose import prompt
from app.compose.prompt import load_prompt, new_fence
from app.compose.verify import Verifier
from app.errors import SettingsError

SLOTS = {"write": {"fence", "passages", "question"}, "rewrite": {"fence", "conversation"}}


@pytest.mark.parametrize("name", SLOTS)
def test_each_prompt_has_its_slots_and_no_other(name: str) -> None:
    values = {slot: f"<{slot}>" for slot in SLOTS[name]}
    system, user = load_prompt(name).fill(**values)
    assert all(f"<{slot}>" in user for slot in SLOTS[name])
    assert "<fence>" in system
    assert "{" not in system + user


def test_what_is_filled_in_is_not_read_for_slots() -> None:
    _, user = load_prompt("write").fill(fence="f", passages="a {question} {fence} {nothing}", question="{passages}")
    assert "a {question} {fence} {nothing}" in user
    assert "\n{passages}\n" in user


def test_the_digest_is_the_files_own() -> None:
    data = (prompt.FOLDER / "write.md").read_bytes()
    assert load_prompt("write").digest == hashlib.sha256(data).hexdigest()[:12]


def test_every_prompt_in_the_folder_is_known() -> None:
    assert {path.stem for path in prompt.FOLDER.glob("*")} == set(SLOTS)


def test_a_prompt_of_one_part_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half.md").write_text("Only what the model is told.")
    monkeypatch.setattr(prompt, "FOLDER", tmp_path)
    with pytest.raises(SettingsError, match=r"half\.md"):
        load_prompt("half")


def test_fences_are_never_the_same() -> None:
    assert len({new_fence() for _ in range(1_000)}) == 1_000


def test_the_example_keeps_the_rule_that_it_shows() -> None:
    """What the prompt shows a model must pass the verifier, or a model that does as it is shown is never heard."""
    text = (prompt.FOLDER / "write.md").read_text("utf-8")
    passages = dict(re.findall(r"Passage (\d) says: (.+?) (?=Passage|Asked)", text))
    shown = re.findall(r'^\[(\d)\] "(.+)" => (.+)$', text, re.MULTILINE)
    assert len(shown) == 3
    for number, quote, sentence in shown:
        whole = next(said for said in re.split(r"(?<=\.) ", passages[number]) if quote in said)
        assert Verifier().check(sentence, whole).ok, sentence
