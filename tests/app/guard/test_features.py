from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SettingsError
from app.guard.features import BUCKETS, Cues, hashed, load_cues


@pytest.fixture(scope="module")
def cues() -> Cues:
    return load_cues()


@given(st.text(max_size=300))
def test_any_text_gives_a_row_of_length_about_one(text: str) -> None:
    row = hashed(text)
    assert row.buckets.dtype == np.int32
    assert list(row.buckets) == sorted(set(row.buckets.tolist()))
    assert all(0 <= bucket < BUCKETS for bucket in row.buckets)
    assert np.isfinite(row.weights).all()
    assert 0.6 < float(np.linalg.norm(row.weights)) < 1.5


@given(st.text(max_size=300))
def test_any_text_gives_cues_between_nought_and_one(text: str) -> None:
    cues = load_cues()
    values = cues(text)
    assert values.shape == (cues.size,)
    assert ((values >= 0) & (values <= 1)).all()


def test_disguised_letters_give_the_same_row() -> None:
    plain, disguised = hashed("I want to die"), hashed("I w\u200bant to \uff44\uff49\uff45")
    assert plain.buckets.tolist() == disguised.buckets.tolist()


def test_a_slip_of_the_fingers_keeps_most_letter_runs() -> None:
    plain, slipped, other = (set(hashed(text).buckets.tolist()) for text in ("suicidal", "suicdal", "fees"))
    assert len(plain & slipped) > 2 * len(plain & other)


def test_word_order_matters() -> None:
    assert set(hashed("he hit me").buckets.tolist()) != set(hashed("me hit he").buckets.tolist())


def test_scripts_without_spaces_are_read_letter_by_letter() -> None:
    assert len(set(hashed("我想死").buckets.tolist()) & set(hashed("我真的想死了").buckets.tolist())) >= 5


def test_cues_say_who_and_when(cues: Cues) -> None:
    def of(name: str, text: str) -> float:
        return float(cues(text)[cues.names.index(name)])

    assert of("i", "I hurt") > of("i", "she hurts")
    assert of("now", "I want it tonight") > of("now", "I wanted it")
    assert of("past", "ten years ago") > of("past", "tomorrow")
    assert of("joke", "lol") > of("joke", "please")
    assert of("education", "what is it") > of("education", "it is")


def test_a_broken_cue_file_is_named(tmp_path: Path) -> None:
    for content in ("cues = 3", "[cues]", "[cues]\nnow = []", "[cues]\nnow = [1]", "not toml ="):
        file = tmp_path / "cues.toml"
        file.write_text(content, "utf-8")
        with pytest.raises(SettingsError, match=r"cues\.toml"):
            load_cues(file)
