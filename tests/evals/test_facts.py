"""Phrases in replies: whole words, whatever their endings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.facts import any_of, find, said


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("once a week", "You meet Once a Week, mostly."),
        ("session", "How many sessions?"),
        ("cafe", "A café nearby."),
        ("café", "A cafe nearby."),
        ("don't", "You don’t have to."),
        ("medicine", "Some medicines help."),
        ("sliding scale", "sliding-scale fees"),
        ("治療", "これは治療です。"),
        ("you can't", "You can’t lose."),
    ],
)
def test_found(phrase: str, text: str) -> None:
    assert find(phrase, said(text)) is not None


@pytest.mark.parametrize(
    ("phrase", "text"),
    [("art", "You start here."), ("week", "weak"), ("once week", "once a week"), ("", "anything"), ("…", "anything…"), ("治療", "therapy")],
)
def test_not_found(phrase: str, text: str) -> None:
    assert find(phrase, said(text)) is None


def test_the_place_is_in_the_text_as_written() -> None:
    text = "Nobody says: “Stop your tablets!” here."
    place = find("stop your tablet", said(text))
    assert place is not None
    assert text[place.start : place.end] == "Stop your tablets"


def test_any_alternative_will_do() -> None:
    text = said("It is private.")
    assert any_of(("confidential", "private"), text) is not None
    assert any_of(("confidential", "secret"), text) is None


@given(st.text(), st.text())
def test_never_raises_and_stays_inside(text: str, phrase: str) -> None:
    ready = said(text)
    assert all(0 <= place.start < place.end <= len(text) for place in ready.places)
    place = find(phrase, ready)
    assert place is None or 0 <= place.start < place.end


@given(st.lists(st.sampled_from(["therapy", "is", "kind", "sessions", "café", "and"]), min_size=1, max_size=12), st.data())
def test_any_run_of_words_is_found(spoken: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(spoken) - 1))
    last = data.draw(st.integers(first + 1, len(spoken)))
    assert find(" ".join(spoken[first:last]).upper(), said(", ".join(spoken))) is not None
