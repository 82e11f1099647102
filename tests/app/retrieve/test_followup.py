from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import Turn
from app.retrieve.followup import Topics, standalone

TOPICS = Topics(["CBT", "cognitive behavioural therapy", "EMDR", "couples therapy", "sliding scale", "confidentiality"])
SAID = (
    "CBT often takes 6 to 20 sessions.\n\n• A psychologist can offer CBT.\n• A psychiatrist may prescribe medicine.\n\n"
    "Would you like to read next: “Does CBT work for depression?”"
)
HISTORY = (Turn("user", "How long does CBT take?"), Turn("assistant", SAID))


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("and for EMDR?", "How long does emdr take?"),
        ("does it work for teenagers?", "cbt does it work for teenagers?"),
        ("how much does it cost?", "cbt how much does it cost?"),
        ("how long does it last?", "cbt how long does it last?"),
        ("and do i need a referral for that?", "cbt and do i need a referral for that?"),
        ("and what does it cost?", "cbt and what does it cost?"),
        ("why?", "How long does CBT take? why?"),
        ("tell me more", "How long does CBT take? tell me more"),
        ("example pls", "How long does CBT take? example pls"),
        ("what are the other kinds", "cbt what are the other kinds"),
        ("sure, go on", "Does CBT work for depression?"),
        ("yes please", "Does CBT work for depression?"),
        ("the second one?", "A psychiatrist may prescribe medicine. the second one?"),
        ("what about the last one", "A psychiatrist may prescribe medicine. what about the last one"),
    ],
)
def test_what_leans_is_joined_to_what_it_leans_on(message: str, meant: str) -> None:
    resolved = standalone(message, HISTORY, TOPICS)
    assert resolved.leans
    assert resolved.text == meant


@pytest.mark.parametrize(
    "message",
    [
        "How do I tell my family I am in therapy?",
        "Is it normal to cry in therapy?",
        "What is confidentiality?",
        "EMDR?",
        "Can my partner come with me to couples therapy?",
        "How much do sessions cost if I have no insurance?",
        "What if I miss a session?",
        "Is it ok if I bring my mum?",
        "so how do i start, do i need a referral",
        "and how do I book",
        "ok and where are you?",
    ],
)
def test_a_new_topic_is_not_dragged_back(message: str) -> None:
    resolved = standalone(message, HISTORY, TOPICS)
    assert not resolved.leans
    assert resolved.text == message


def test_without_a_history_nothing_leans() -> None:
    assert standalone("why?", (), TOPICS).text == "why?"


def test_meaning_is_carried_through_several_turns() -> None:
    history = (*HISTORY, Turn("user", "and for EMDR?"), Turn("assistant", "EMDR often takes 6 to 12 sessions."))
    assert standalone("is it painful?", history, TOPICS).text == "emdr is it painful?"


def test_an_ordinal_beyond_the_list_falls_back_to_the_question() -> None:
    assert standalone("the fifth one?", HISTORY, TOPICS).text.startswith("cbt ")


def test_the_longest_topic_name_wins() -> None:
    assert TOPICS.find("is cognitive behavioural therapy hard") == "cognitive behavioural therapy"
    assert TOPICS.find("nothing here") == ""
    assert Topics([]).find("cbt") == ""


@pytest.mark.parametrize("message", ["CBT", "what is cognitive behavioural therapy?", "couple therapies", "emdr or cbt"])
def test_a_message_of_names_alone_is_known(message: str) -> None:
    assert TOPICS.all_of(message)


@pytest.mark.parametrize("message", ["", "?", "what is it", "cbt for warts", "retail therapy", "emdr " * 13])
def test_a_message_that_says_more_than_names_is_not(message: str) -> None:
    assert not TOPICS.all_of(message)


@given(st.text(max_size=200), st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=80)), max_size=6))
@settings(max_examples=200, deadline=None)
def test_never_raises(message: str, history: list[tuple[str, str]]) -> None:
    turns = [Turn(role, content) for role, content in history]  # type: ignore[arg-type]
    assert message in standalone(message, turns, TOPICS).text or standalone(message, turns, TOPICS).leans


@pytest.mark.parametrize("message", ["and what does it cost?", "How long does it take?", "is it private?", "and does insurance cover it"])
def test_a_question_about_the_service_lets_go_of_a_question_without_a_topic(message: str) -> None:
    before = [Turn("user", "what if i just sit there and have nothing to say"), Turn("assistant", "It is fine to come anyway.")]
    assert standalone(message, before, TOPICS).text == f"therapy {message}"


def test_a_question_about_the_service_keeps_a_topic_with_a_name() -> None:
    before = [Turn("user", "does EMDR hurt"), Turn("assistant", "EMDR can be tiring.")]
    assert standalone("and what does it cost?", before, TOPICS).text == "emdr and what does it cost?"
