from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from app.guard.windows import WHOLE, pairs, stretches, windows


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
    for pieces, longest in ((pairs(message), 401), (stretches(message), WHOLE)):
        assert len(pieces) > 1
        assert all(len(piece) <= longest for piece in pieces)
        assert all(any(f"word{i}" in piece for piece in pieces) for i in range(200))


def test_a_long_message_is_read_in_stretches_that_share_a_sentence_and_each_in_pairs() -> None:
    sentences = [f"On day {number} of the holiday we walked along the coast and had lunch in another harbour." for number in range(20)]
    message = " ".join(sentences)
    read = stretches(message)
    assert all(any(sentence in stretch for stretch in read) for sentence in sentences)
    assert len(read) > 1
    for earlier, later in pairwise(read):
        assert any(earlier.endswith(sentence) and later.startswith(sentence) for sentence in sentences)
    found = windows(message)
    assert found[0] == message
    assert {*read, *(f"{one} {two}" for one, two in pairwise(sentences))} == set(found[1:])


def test_a_message_that_is_not_long_is_one_stretch() -> None:
    message = "We walked all day. It rained. " * 26
    assert len(message.strip()) <= WHOLE
    assert stretches(message) == [message.strip()]


def test_an_empty_message_has_one_window() -> None:
    assert windows("") == [""]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=500))
def test_windows_are_few_and_never_raise(message: str) -> None:
    found = windows(message)
    assert 1 <= len(found) <= len(message) // 10 + 3 + message.count("\n") + message.count(".")


def test_empty_lines_are_no_sentences() -> None:
    assert windows("Hello.\n   \nThere.") == ["Hello.\n   \nThere."]
