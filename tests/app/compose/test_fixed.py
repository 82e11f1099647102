from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.compose.fixed import intent_of, intents, is_nonsense
from app.compose.texts import FixedTexts, load_texts

ARTICLES = Path(__file__).parents[3] / "corpus" / "articles"
INTENTS = ["greeting", "thanks", "bye", "human", "abilities", "privacy", "prompt", "contact", "report"]


@pytest.mark.parametrize(("intent", "message"), [(intent.id, message) for intent in intents() for message in intent.yes])
def test_each_example_is_recognised(intent: str, message: str) -> None:
    found = intent_of(message)
    assert found is not None
    assert found[0] == intent


@pytest.mark.parametrize("message", [message for intent in intents() for message in intent.no])
def test_each_counter_example_is_looked_up(message: str) -> None:
    assert intent_of(message) is None


def test_every_intent_has_examples_and_a_reply() -> None:
    assert [intent.id for intent in intents()] == INTENTS
    for intent in intents():
        assert len(intent.yes) >= 5
        assert len(intent.no) >= 2
        assert intent.id in FixedTexts.model_fields


def test_no_question_of_our_library_is_small_talk() -> None:
    questions = [
        str(question)
        for path in ARTICLES.glob("*.md")
        for question in yaml.safe_load(path.read_text("utf-8").split("---\n")[1])["questions"]
    ]
    assert len(questions) > 500
    assert [question for question in questions if intent_of(question)] == []


@pytest.mark.parametrize(("message", "intent"), [("👋", "greeting"), ("🙏🏽 🙏🏽", "thanks"), ("❤️", "thanks")])
def test_a_lone_sign_is_understood(message: str, intent: str) -> None:
    assert intent_of(message) == (intent, "greeting")


@pytest.mark.parametrize("text", ["???", "asdfasdf", "aaaaaa", "🙃", "hjkhdfgkjh", "12345", "...", ""])
def test_nonsense(text: str) -> None:
    assert is_nonsense(text)
    assert intent_of(text) == ("nonsense", "off_topic")


@pytest.mark.parametrize("text", ["EMDR", "cbt", "lgbt", "rhythm", "я не знаю", "不安", "قلق", "चिंता"])
def test_short_words_and_other_scripts_are_not_nonsense(text: str) -> None:
    assert not is_nonsense(text)


@given(st.text(max_size=500))
def test_never_raises(text: str) -> None:
    intent_of(text)


@pytest.mark.parametrize("locale", ["en", "es", "es-MX", "xx"])
def test_texts_are_whole_in_each_language(locale: str) -> None:
    texts = load_texts(locale)
    assert all(texts.fixed.model_dump().values())
    assert all(texts.answer.model_dump().values())
    assert all(texts.written.model_dump().values())
    assert set(texts.written.model_dump()) <= set(texts.fixed.model_dump())


def test_spanish_is_spanish() -> None:
    assert load_texts("es").fixed.greeting != load_texts("en").fixed.greeting
    assert load_texts("xx") == load_texts("en")
