"""What is moved in a sentence stays with the statement that it was said of; a condition moved to another statement is dropped."""

from __future__ import annotations

import re

import pytest

from app.compose.verify import Verifier
from tests.app.compose.test_verify import article_sentences

_OPENING = re.compile(r"((?:If|When|While|Unless|Until|Because|Before|After) [^,]{4,60}), ")


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("At the start of a shift, cakes are often not needed.", "Cakes are often not needed at the start of a shift."),
        ("The cook and the guard sometimes also look at the soup.", "Sometimes the cook and the guard also look at the soup."),
        ("Bakers in Norway pay for ten cakes.", "In Norway, bakers pay for ten cakes."),
        ("Cooks can offer a look or a new pot when soup does not help.", "When soup does not help, cooks can offer a new pot or a look."),
        ("Call today to a guard or a cook.", "Call today, to a cook or a guard, and the soup can wait."),
        ("Salt and sugar are common in soup.", "Salt and sugar are all common in soup."),
        ("When rain falls, you can leave the pot or the pan.", "You can leave the pot or the pan when rain falls."),
    ],
)  # fmt: skip
def test_what_is_moved_with_its_statement_passes(said: str, quote: str) -> None:
    assert Verifier().check(said, quote).reason == ""


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("Soup is often cold if the bell rings.", "Soup is often cold. If the bell rings, you can leave."),
        ("If the bell rings, soup is often cold.", "If the bell rings, you can leave. Soup is often cold."),
        ("Soup is free when the guard is ill.", "Soup is free, and bread can be sold when the guard is ill."),
        ("When the guard is ill, soup is free.", "Soup is free, and bread can be sold when the guard is ill."),
        ("In most towns, rain starts early.", "Rain starts early and shows in most towns."),
        ("For a new pot, cooks can ask a guard.", "Cooks can ask a guard or clinic for a new pot."),
        ("A cook is free.", "In public kitchens in many towns, a cook is free, and you only have to ask."),
        ("Soup often runs cold in the way.", "Soup often runs cold, and bread can go up and down on the way."),
        ("With study, guards work, rest and sing.", "With rest, guards work, study and sing."),
        ("Soup always doesn't help.", "Soup doesn't always help."),
        ("Cooks feel tired of soup.", "Cooks can feel tired of soup."),
        ("The soup suits cooks more than guards.", "The soup suits some cooks more than guards."),
    ],
)
def test_what_is_said_of_another_statement_is_dropped(said: str, quote: str) -> None:
    assert not Verifier().check(said, quote).ok


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("A burnt hand may need cold water.", "A burnt hand needs cold water."),
        ("The cook asks you first.", "Where possible, the cook asks you first."),
        ("What you order is not sent home.", "What you order is not sent home as a matter of course."),
        (
            "A burning pan is a danger, and salt is not the right answer.",
            "A burning pan is a danger, and salt alone is not the right answer.",
        ),
    ],
)
def test_a_hedge_more_or_a_limit_less_is_dropped(said: str, quote: str) -> None:
    assert Verifier().check(said, quote).reason
    assert not Verifier().check(quote, quote).reason


def test_a_condition_moved_to_the_next_sentence_is_dropped() -> None:
    """The opening condition of an article's sentence, put before or behind a sentence that stands beside it: 1 in 50 at most passes
    (lists before it whose end is misread); before there was a rule, 1 in 5 did."""
    own, verifier = article_sentences(), Verifier()
    opening = [(found[1], sentence) for sentence in own if (found := _OPENING.match(sentence))]
    others = [sentence for sentence in own if not _OPENING.match(sentence)][:: len(own) // 400]
    shown = tried = 0
    for (condition, sentence), other in zip(opening, others, strict=False):
        low = condition[0].lower() + condition[1:]
        for said in (f"{condition}, {other[0].lower()}{other[1:]}", f"{other[:-1]} {low}."):
            tried += 1
            shown += verifier.check(said, f"{other} {sentence}").ok
    assert tried > 200
    assert shown <= tried / 50
