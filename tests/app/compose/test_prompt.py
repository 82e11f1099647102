from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from app.compose import prompt
from app.compose.prompt import load_prompt, new_fence
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
