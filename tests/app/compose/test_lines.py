from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.compose.lines import Line, locate, parse
from app.domain import Passage, Span
from app.text import sentences

BEFORE = 100  # where the passage stands in its article


def passage(text: str) -> Passage:
    spans = tuple(Span(span.start + BEFORE, span.end + BEFORE) for span in sentences(text))
    return Passage("id", "a", "A", "S", BEFORE, BEFORE + len(text), text, spans)


TEXT = "A first session is mostly a conversation. You can’t get it “wrong”, and  you\nmay stop at any time. Most sessions last 50 minutes."
SPOKEN = passage(TEXT)


def found(quote: str, where: Passage = SPOKEN) -> str | None:
    span = locate(quote, where)
    return None if span is None else where.text[span.start - BEFORE : span.end - BEFORE]


@pytest.mark.parametrize(
    "line",
    [
        '[2] "a few words from there" => You can rest.',
        '  - [2] "a few words from there" => You can rest.',
        '1. [2] "a few words from there" -> You can rest.',
        "[2] “a few words from there” → You can rest.",
        "[2] a few words from there => You can rest.",
        '[2]: "a few words from there" => "You can rest."',
        '[2] "a few words from there" => You can rest. [2]',
        '[2] "a few words from there" => You can rest [2].',
        '[2] "a few words from there" => You can\u200b rest.',
    ],
)
def test_a_line_in_many_spellings(line: str) -> None:
    parsed = parse(line)
    assert isinstance(parsed, Line)
    assert [number for number, _ in parsed.evidence] == [2]
    assert parsed.evidence[0][1].strip(': "') == "a few words from there"
    assert parsed.said == ("You can rest.",)


def test_several_quotes_and_several_sentences() -> None:
    parsed = parse('[1] "one two three four" [3] "five six seven eight" => You can rest. You can talk.')
    assert parsed == Line(((1, "one two three four"), (3, "five six seven eight")), ("You can rest.", "You can talk."))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "form"),
        ("Sure! Here is the answer:", "form"),
        ("NOTHING", "form"),
        ("[2] You can rest.", "form"),
        ('"a few words" => You can rest.', "form"),
        ("[2] =>", "form"),
        ("[2] " + "x" * 3_000 + " => You can rest.", "form"),
        ("[2] q => You can **rest**.", "markup"),
        ("[2] q => You can <b>rest</b>.", "markup"),
        ("[2] q => See [this](https://x.example).", "markup"),
        ("[2] q => See www.x.example today.", "markup"),
        ("[2] q => Write to a@x.example.", "markup"),
        ("[2] q => You can &lt;rest.", "markup"),
        ("[2] q => You can => rest.", "markup"),
        ("[2] q => You can re", "unfinished"),
        ("[2] q => You can rest. And you can al", "unfinished"),
        ("[2] q => Can you rest?", "question"),
        ("[2] q => " + "word " * 90 + "end.", "long"),
        ("[2] q => One is. Two is. Three is. Four is.", "long"),
    ],
)
def test_what_is_dropped_and_why(line: str, why: str) -> None:
    assert parse(line) == why


@pytest.mark.parametrize(
    ("quote", "whole"),
    [
        ("A first session is mostly a conversation.", "A first session is mostly a conversation."),
        ("first session is mostly", "A first session is mostly a conversation."),
        ("FIRST SESSION IS MOSTLY", "A first session is mostly a conversation."),
        ('You can\'t get it "wrong", and you may stop', "You can’t get it “wrong”, and  you\nmay stop at any time."),
        ("most sessions last 50 minutes …", "Most sessions last 50 minutes."),
        (
            "a conversation. You can’t get",
            "A first session is mostly a conversation. You can’t get it “wrong”, and  you\nmay stop at any time.",
        ),
        ("\u200bfirst session\u00ad is mostly", "A first session is mostly a conversation."),
    ],
)
def test_a_quote_is_found_and_widened_to_its_sentences(quote: str, whole: str) -> None:
    assert found(quote) == whole


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "first session is",  # three words stand anywhere
        "a first session was mostly a conversation",
        "irst session is mostly a",  # half a word
        "first session is mostl",
        "A first session … 50 minutes",
        "most sessions last 60 minutes",
    ],
)
def test_a_quote_that_is_not_there_is_not_found(quote: str) -> None:
    assert found(quote) is None


def test_half_a_sentence_brings_its_not() -> None:
    where = passage("Nobody says that you must tell them everything. You choose.")
    assert found("you must tell them everything", where) == "Nobody says that you must tell them everything."


def test_a_later_place_is_taken_when_the_first_is_half_a_word() -> None:
    where = passage("Unlike some you may rest a while. We say like some you may rest.")
    assert found("like some you may rest", where) == "We say like some you may rest."


def test_a_quote_over_too_many_sentences_is_none() -> None:
    text = "One is here. Two is here. Three is here. Four is here."
    assert found(text, passage(text)) is None


def test_letters_that_change_length_in_lower_case_keep_their_place() -> None:
    where = passage("İstanbul İİ has many therapists in it. Others too.")
    assert found("has many therapists in it", where) == "İstanbul İİ has many therapists in it."


@given(st.text(max_size=300), st.text(max_size=300))
def test_nothing_raises_and_what_is_found_stands_there(line: str, text: str) -> None:
    parse(line)
    where = passage(text)
    span = locate(line, where)
    if span is not None:
        assert BEFORE <= span.start < span.end <= BEFORE + len(text)


@given(st.lists(st.sampled_from(["you", "can", "rest", "É", "don’t", "“stop”", "well-known", "50"]), min_size=4, max_size=30), st.data())
def test_any_four_words_that_stand_there_are_found(spoken: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(spoken) - 4))
    copied = " ".join(spoken[start : start + 4])
    where = passage(" ".join(spoken) + " at last.")
    span = locate(copied.upper().replace("’", "'"), where)
    assert span is not None
    assert copied in where.text[span.start - BEFORE : span.end - BEFORE]
