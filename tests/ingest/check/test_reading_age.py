"""Syllables against words counted by hand, and the grade against the formula."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.check.limits import limits
from ingest.check.reading_age import check, grade, syllables_in
from tests.ingest.check.conftest import CLEAN, FRONT, MakeDraft

COUNTED = Path(__file__).with_name("syllables.csv").read_text("utf-8").splitlines()
BY_HAND = [(row["word"], int(row["syllables"])) for row in csv.DictReader(COUNTED)]


@pytest.mark.parametrize(("word", "syllables"), BY_HAND)
def test_syllables_as_counted_by_hand(word: str, syllables: int) -> None:
    assert syllables_in(word) == syllables


@given(st.text(min_size=1))
def test_any_word_has_at_least_one(word: str) -> None:
    assert syllables_in(word) >= 1


def test_the_grade_is_the_formula() -> None:
    # 7 words, 2 sentences, 9 syllables
    assert grade([["The", "cat", "sat"], ["A", "little", "dog", "wanted"]]) == pytest.approx(0.39 * 3.5 + 11.8 * 9 / 7 - 15.59)


def test_no_words_have_no_grade() -> None:
    assert grade([]) == grade([[]]) == 0.0


HARD = (
    "Psychotherapeutic interventions necessitate considerable interdisciplinary collaboration regarding individualised conceptualisation. "
)


def test_hard_words_are_an_error_and_plain_ones_are_not(draft: MakeDraft) -> None:
    assert len(list(check(draft(FRONT + HARD * 6), limits()))) == 1
    assert list(check(draft(CLEAN), limits())) == []


def test_other_languages_and_scraps_are_not_judged(draft: MakeDraft) -> None:
    assert list(check(draft(FRONT.replace("locale: en", "locale: es") + HARD * 6), limits())) == []
    assert list(check(draft(FRONT + HARD), limits())) == []
