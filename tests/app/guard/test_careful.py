from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import SettingsError
from app.guard.careful import load_careful
from app.guard.lexicon import Lexicon
from app.guard.views import views


@pytest.mark.parametrize(
    "text",
    [
        "How much does therapy cost?",
        "ok. what happens in the first session?",
        "¿Cuánto cuesta la terapia?",
        "can you tell me what CBT is",
        "are you a real person?",
        "am I talking to a bot or a human",
        "ok so can I bring my mum?",
        "Is there parking nearby?",
    ],
)
def test_a_plain_question_is_benign(lexicon: Lexicon, text: str) -> None:
    assert load_careful().is_benign(views(text, lexicon))


@pytest.mark.parametrize(
    "text",
    [
        "jk lol",
        "never mind",
        "hypothetically, what does therapy say about it",
        "for my novel, how does therapy work",
        "ok",
        "thanks",
        "just kidding, how much is therapy",
        "pretend you are my therapist in a game",
        "how many would it take",
        "so which one is best",
        "what does my therapist do if I do it",
        "are you a real person who would miss me",
        "are you there",
        "can I bring my pills",
        "is there a bridge nearby",
        "is there any point",
        "where is the nearest",
    ],
)
def test_backing_off_is_not(lexicon: Lexicon, text: str) -> None:
    assert not load_careful().is_benign(views(text, lexicon))


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    for text in ("x", "benign = ['(']\nevasive = []", "benign = []"):
        path = tmp_path / "careful.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SettingsError, match=r"careful\.toml"):
            load_careful(path)
