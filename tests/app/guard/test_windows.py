from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.guard.windows import windows


def test_a_short_message_is_its_own_only_window() -> None:
    for message in ("How much does it cost?", "Hi. Me again. Thanks.", "I'd like to come. When are you open on Fridays?"):
        assert windows(message) == [message]


def test_the_message_comes_first_and_each_sentence_is_seen_with_both_neighbours() -> None:
    before, danger, after = (
        "I love your clinic and the yellow chairs.",
        "I don't want to wake up tomorrow, honestly.",
        "Do you have parking nearby?",
    )
    message = f"{before} {danger} {after}"
    assert windows(message) == [message, f"{before} {danger}", f"{danger} {after}"]


def test_a_sentence_without_end_is_cut_into_overlapping_pieces_and_read_whole() -> None:
    message = " ".join(f"word{i}" for i in range(200))
    pieces = windows(message)[1:]
    assert all(len(piece) <= 401 for piece in pieces)
    assert all(any(f"word{i}" in piece for piece in pieces) for i in range(200))


def test_an_empty_message_has_one_window() -> None:
    assert windows("") == [""]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=500))
def test_windows_are_few_and_never_raise(message: str) -> None:
    found = windows(message)
    assert 1 <= len(found) <= len(message) // 10 + 3 + message.count("\n") + message.count(".")


def test_empty_lines_are_no_sentences() -> None:
    assert windows("Hello.\n   \nThere.") == ["Hello.\n   \nThere."]
