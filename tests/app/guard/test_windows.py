from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.guard.windows import windows


def test_a_short_sentence_is_its_own_only_window() -> None:
    assert windows("How much does it cost?") == ["How much does it cost?"]


def test_the_message_comes_first_and_each_sentence_is_seen() -> None:
    message = (
        "I love your clinic and the room with the yellow chairs, it is so calm. I don't want to wake up tomorrow, honestly. "
        "Do you have parking nearby for a bicycle?"
    )
    found = windows(message)
    assert found[0] == message
    assert any(window.startswith("I don't want to wake up") for window in found[1:])


def test_short_neighbours_share_a_window() -> None:
    assert windows("Hi. Me again. Thanks.") == ["Hi. Me again. Thanks."]


def test_a_long_sentence_is_cut_into_overlapping_pieces_and_read_whole() -> None:
    message = " ".join(f"word{i}" for i in range(200))
    pieces = windows(message)[1:]
    assert all(len(piece) <= 200 for piece in pieces)
    assert all(any(f"word{i}" in piece for piece in pieces) for i in range(200))


def test_an_empty_message_has_one_window() -> None:
    assert windows("") == [""]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=500))
def test_windows_are_few_and_never_raise(message: str) -> None:
    found = windows(message)
    assert 1 <= len(found) <= len(message) // 10 + 3 + message.count("\n") + message.count(".")
