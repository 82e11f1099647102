from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.retrieve.words import stopwords, terms, words


def test_words_are_lower_case_without_accents() -> None:
    assert words("Café's 2 Visits — naïve?") == ["cafe", "s", "2", "visits", "naive"]


def test_terms_drop_what_says_nothing_and_keep_stems() -> None:
    assert terms("What are the costs of therapies?") == terms("cost therapy")
    assert terms("what is it?") == []


def test_the_stop_list_holds_no_word_that_a_question_turns_on() -> None:
    assert not stopwords() & {"no", "not", "without", "never", "before", "after", "cost", "long", "much", "more", "first"}


@given(st.text())
def test_never_raises(text: str) -> None:
    assert all(word and not word.isspace() for word in words(text))
    assert len(terms(text)) <= len(words(text))
