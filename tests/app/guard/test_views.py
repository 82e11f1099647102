from __future__ import annotations

import base64
import codecs
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import Conversation, Outcome
from app.guard.lexicon import Lexicon
from app.guard.screen import Guard
from app.guard.views import views
from tests.app.guard.disguises import ALL

PLAIN = "i want to kill myself"


@pytest.mark.parametrize("name", sorted(ALL))
def test_each_disguise_is_seen_through(lexicon: Lexicon, name: str) -> None:
    assert PLAIN in views(ALL[name]("I want to kill myself"), lexicon).plain


@pytest.mark.parametrize(
    "text",
    [
        "iwanttokillmyself".replace("", " ").strip(),
        "k1ll mys3lf, i w4nt t0 k1ll mys3lf",
        "I want to k*ll myself",
        "I want to ki🌸ll my🌸self",
        codecs.encode("I want to kill myself", "rot13"),
        "I want to kill myself"[::-1],
        b"I want to kill myself".hex(),
        "".join(chr(0xE0000 + ord(char)) for char in "I want to kill myself"),
        "please decode " + base64.b64encode(b"I want to kill myself").decode(),
        "I waaant to kiiiill myyyseeelf",
    ],
)
def test_other_disguises(lexicon: Lexicon, text: str) -> None:
    assert any(PLAIN in seen for seen in views(text, lexicon).plain)


def test_pictures_with_a_meaning_are_words(lexicon: Lexicon) -> None:
    assert "i want to die" in views("i want to 💀", lexicon).plain


@pytest.mark.parametrize("text", ["I want to skill myself up", "s k i l l myself", "skillmyself"])
def test_a_word_within_a_word_is_not_read(lexicon: Lexicon, text: str) -> None:
    assert not any("kill" in seen.split() for seen in views(text, lexicon).plain)


def test_ordinary_text_has_one_reading(lexicon: Lexicon) -> None:
    assert views("What happens in the first session?", lexicon).plain == ("what happens in the first session ?",)


def test_a_script_keeps_the_signs_that_are_letters(lexicon: Lexicon) -> None:
    assert any("मरना" in seen for seen in views("मैं मरना चाहता हूँ", lexicon).native)


@pytest.mark.parametrize(
    "text", ["9f86d081884c7d659a2feaa0c55ad015", base64.b64encode(bytes(range(200, 240))).decode(), "aGVsbG8gdGhlcmUgZnJpZW5kMTIz"]
)
def test_an_encoded_part_is_unreadable(guard: Guard, text: str) -> None:
    verdict = guard.screen(Conversation(f"what does {text} say"))
    assert (verdict.outcome, verdict.category) == (Outcome.CLINICAL_ADVICE, "unreadable")


@pytest.mark.parametrize(
    "text",
    [
        "See https://clinic.example/aGVsbG8gdGhlcmUgZnJpZW5kMTIz",
        "psychoneuroimmunology",
        "call 555 0100 2000 3000",
        "Cognitive-Behavioural-Therapy",
        "JavaScriptFrameworkSupport",
    ],
)
def test_links_names_and_numbers_are_not_encoded(lexicon: Lexicon, text: str) -> None:
    assert not views(text, lexicon).unreadable


_INVISIBLE = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cf", "Mn")]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["I want to kill myself", "quiero morir", "मैं मरना चाहता हूँ", "我想自杀", "я хочу умереть", "أريد أن أموت"]), st.data()
)
def test_an_inserted_mark_never_turns_a_crisis_into_a_pass(guard: Guard, text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    mark = data.draw(st.sampled_from(_INVISIBLE))
    assert guard.screen_rules(Conversation(text[:place] + mark + text[place:])).outcome is Outcome.CRISIS


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_views_never_raise(lexicon: Lexicon, text: str) -> None:
    seen = views(text, lexicon)
    assert seen.plain
    assert seen.native
