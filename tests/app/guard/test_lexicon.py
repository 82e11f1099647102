from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.errors import SettingsError
from app.guard.lexicon import FOLDER, Lexicon, load_lexicon


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("im gonna kms tn", "i am going to kill myself tonight"),
        ("don't", "do not"),
        ("dont", "do not"),
        ("my friend's sad", "my friend s sad"),
        ("o'clock", "oclock"),
        ("unalive my self", "kill myself"),
        ("sewer slide", "suicide"),
        ("myslef", "myself"),
        ("sucide", "suicide"),
        ("kill skill ill", "kill skill ill"),
    ],
)
def test_plain_english(lexicon: Lexicon, typed: str, read: str) -> None:
    assert next(lexicon.plain(typed)) == read


def test_a_stretched_word_is_read_both_ways(lexicon: Lexicon) -> None:
    assert set(lexicon.plain("tooo kiiill")) >= {"too kill"}
    assert len(list(lexicon.plain("too kill"))) == 1


@pytest.mark.parametrize(
    ("typed", "meant"), [("su*cide", "suicide"), ("d*e", "die"), ("k#ll,", "kill"), ("kill", None), ("c*t", None), ("***", None)]
)
def test_starred_out(lexicon: Lexicon, typed: str, meant: str | None) -> None:
    assert lexicon.uncensor(typed) == meant


@pytest.mark.parametrize(
    ("letters", "words"),
    [("iwanttodie", "i want to die"), ("skillmyself", "skill myself"), ("take30pills", "take 30 pills"), ("zqxtherapy", "z q x therapy")],
)
def test_letters_apart_become_words(lexicon: Lexicon, letters: str, words: str) -> None:
    assert lexicon.split(letters) == words


def test_swapped_letters_are_mended_only_in_words_that_are_not_real(lexicon: Lexicon) -> None:
    assert lexicon.mend("overdoes trial") == "overdose trial" or lexicon.mend("overdoes") == "overdoes"
    assert lexicon.mend("theraipst") == "therapist"
    assert lexicon.mend("angle") == "angle"


def test_a_missing_or_broken_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"characters\.toml"):
        load_lexicon(tmp_path)
    shutil.copytree(FOLDER, tmp_path / "words")
    (tmp_path / "words" / "english.toml").write_text("[spoken]\nx = 'y'\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="hidden"):
        load_lexicon(tmp_path / "words")
