from __future__ import annotations

import asyncio

import pytest

from app.compose.rewrite import MOST_TURNS, Rewriter
from app.domain import Turn
from app.errors import UpstreamError
from tests.app.compose.test_written import Model

TURNS = (Turn("user", "What is EMDR?"), Turn("assistant", "EMDR is a therapy for trauma. Sessions last 60 minutes."))
MESSAGE = "how long does it take?"


def rewritten(*pieces: str | Exception, turns: tuple[Turn, ...] = TURNS, blocked: str = "") -> str | None:
    rewriter = Rewriter(Model(*pieces), lambda text: bool(blocked) and blocked in text)
    return asyncio.run(rewriter.rewrite(MESSAGE, turns))


@pytest.mark.parametrize(
    "said",
    [
        "How long does EMDR take?",
        "How long does EMDR therapy take?",
        '"How long does EMDR take?"',
        "How long does EMDR take?\nAnd more words.",
        "\n How long do sessions of EMDR take?",
    ],
)
def test_a_question_made_of_what_was_said_is_taken(said: str) -> None:
    assert rewritten(said) == said.strip().split("\n")[0].strip('"')


@pytest.mark.parametrize(
    "said",
    [
        "",
        "   \n\n",
        "how?",  # nothing to look up
        "How long does CBT take?",  # a name that nobody said
        "How long do 12 weeks of EMDR take?",  # a number that nobody said
        "How much sertraline for EMDR trauma?",
        "EMDR trauma " * 30,
        "How long does <b>EMDR</b> take?",
        "[EMDR](http://x.example) take?",
        UpstreamError("It failed.", code="gap"),
    ],
)
def test_anything_else_is_not(said: str | Exception) -> None:
    assert rewritten(said) is None


def test_what_the_guard_would_refer_is_not_taken() -> None:
    assert rewritten("How long does EMDR take?", blocked="EMDR") is None


def test_the_last_turns_are_sent_fenced_and_the_model_is_stopped_after_a_line() -> None:
    model = Model("How long does EMDR take?\n", *["more "] * 50)
    turns = tuple(Turn("user", f"turn {place} EMDR take") for place in range(20))
    assert asyncio.run(Rewriter(model, lambda _: False).rewrite(MESSAGE, turns)) is not None
    assert model.said == 1
    assert model.closed
    user = model.prompts[0][1]
    assert user.count("user: ") == MOST_TURNS + 1
    assert f"user: {MESSAGE}\n</conversation " in user
