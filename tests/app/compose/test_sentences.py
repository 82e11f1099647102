from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.compose.sentences import dangles, note, quotable


@pytest.mark.parametrize(
    "sentence",
    [
        "This helps many people.",
        "It often takes weeks.",
        "However, it can be hard.",
        "Moreover, they may cry.",
        "And so it goes on.",
        "For example, a walk can help.",
    ],
)
def test_a_sentence_that_leans_dangles(sentence: str) -> None:
    assert dangles(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "A session lasts 50 minutes.",
        "Moreover, trust allows for honest talk.",
        "Thisbe is a name.",
        "Italy has its own rules.",
        "You can stop at any time.",
    ],
)
def test_a_sentence_with_its_own_subject_does_not(sentence: str) -> None:
    assert not dangles(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["How long does it take?", "Here are three ways:", "Yes.", "You will find more ideas in preparing for the first session.", ""],
)
def test_what_says_nothing_alone_is_not_quoted(sentence: str) -> None:
    assert not quotable(sentence)


def test_an_ordinary_sentence_is_quoted() -> None:
    assert quotable("A first session usually lasts 45 to 60 minutes.")


@given(st.text(max_size=300))
def test_never_raises(sentence: str) -> None:
    note(sentence)
