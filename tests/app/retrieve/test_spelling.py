from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.retrieve.spelling import Speller

VOCABULARY = {"therapist": 40, "exposure": 9, "anxiety": 30, "session": 50, "psychologist": 8, "sessile": 1}


@pytest.fixture
def speller() -> Speller:
    return Speller(VOCABULARY, known={"cancel", "therapy", "exposed", "bananas"}.__contains__)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("my therapyst", "my therapist"),
        ("Psycologist?", "psychologist?"),
        ("exposhure and anxeity", "exposure and anxiety"),
        ("sesion", "session"),
    ],
)
def test_slips_are_mended(speller: Speller, written: str, meant: str) -> None:
    assert speller.correct(written) == meant


@pytest.mark.parametrize("text", ["therapy", "exposed", "bananas", "EMDR", "cbt", "Wittgenstein", "naïveté", "42", "", "sessle"])
def test_known_short_foreign_and_distant_words_stay(speller: Speller, text: str) -> None:
    corrected = speller.correct(text)
    assert corrected == (text if text != "sessle" else corrected)
    assert corrected != "sessile", "a word that the library uses once may be a slip itself"


@given(st.text(max_size=300))
def test_never_raises_and_keeps_all_but_words(text: str) -> None:
    corrected = Speller(VOCABULARY, known=lambda _: False).correct(text)
    assert [char for char in corrected if not char.isalpha()] == [char for char in text if not char.isalpha()]
