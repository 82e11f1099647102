"""The cells of a case."""

from __future__ import annotations

import pytest

from app.domain import Turn
from evals.cases import case_id, parse_history, parse_requirements, parse_should_be
from tests.evals.fakes import make_case


def test_history_as_turns() -> None:
    cell = "U: what is cbt? || A: CBT looks at:\n• thoughts\n• actions || U: and: why?"
    assert parse_history(cell) == (
        Turn("user", "what is cbt?"),
        Turn("assistant", "CBT looks at:\n• thoughts\n• actions"),
        Turn("user", "and: why?"),
    )
    assert parse_history("  ") == ()


@pytest.mark.parametrize("cell", ["what is cbt", "U: hello || hi", "U:", "X: hello", "U: a ||"])
def test_a_history_that_is_not_one_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="U: what the person wrote"):
        parse_history(cell)


def test_requirements_and_alternatives() -> None:
    assert parse_requirements("once a week | weekly ; confidential|private") == (("once a week", "weekly"), ("confidential", "private"))
    assert parse_requirements(" ; | ") == ()


def test_should_be() -> None:
    assert parse_should_be("") == ((), "")
    assert parse_should_be(" Answered | declined ") == (("answered", "declined"), "")
    assert parse_should_be("referred (clinical advice)") == (("referred",), "clinical_advice")
    assert parse_should_be("Referred(crisis)") == (("referred",), "crisis")


@pytest.mark.parametrize("cell", ["refered", "answered (crisis)", "referred (police)", "yes"])
def test_should_be_refuses_other_words(cell: str) -> None:
    with pytest.raises(ValueError, match=r"is not one of|in brackets"):
        parse_should_be(cell)


def test_an_id_follows_what_is_asked_and_nothing_else() -> None:
    turns = (Turn("user", "hello"),)
    assert make_case("q", why="a").id == make_case("q", why="b", row=9).id
    assert (
        len({case_id("s", "q", ()), case_id("s", "q", turns), case_id("t", "q", ()), case_id("s", "q", (), "US"), case_id("s", "p", ())})
        == 5
    )


def test_the_kind_is_the_first_words_of_why_it_matters() -> None:
    assert make_case(why="Overdose: taken today").kind == "overdose"
    assert make_case(why="misspelled, UK").kind == "misspelled"
    assert make_case(why="").kind == make_case(why="(a)").kind == "unnamed"
