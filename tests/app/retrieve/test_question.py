from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.retrieve.question import understand


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("How much does therapy cost and how long does it take?", ["How much does therapy cost", "how long does it take?"]),
        ("What is CBT? Does it help with panic?", ["What is CBT?", "Does it help with panic?"]),
        ("How do I tell my mum and dad?", ["How do I tell my mum and dad?"]),
        ("cbt", ["cbt"]),
    ],
)
def test_parts(message: str, parts: list[str]) -> None:
    assert list(understand(message).parts) == parts


def test_of_a_long_story_only_what_is_asked_is_searched_for() -> None:
    story = (
        "I moved here in spring with my cat and two boxes of books, and work has been busy ever since, with a new boss and a new desk. " * 2
    )
    understood = understand(f"{story} How do I choose a therapist? {story}")
    assert understood.text == "How do I choose a therapist?"


def test_a_long_message_without_a_question_stays_whole() -> None:
    story = "My days are long and my nights are short. " * 12
    assert understand(story).text == story


def test_many_questions_are_searched_for_as_one() -> None:
    message = "What is CBT? What is DBT? What is ACT? What is EMDR?"
    assert understand(message).parts == (message,)


@given(st.text(max_size=400))
def test_never_raises_and_always_has_a_part(message: str) -> None:
    assert understand(message).parts
