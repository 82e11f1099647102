"""Runs and what they leave behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import Conversation, Turn
from evals.cases import Case, Suite, SuiteError
from evals.limits import load_gates
from evals.records import Check, load_run, save_run
from evals.run import past_of, run_case, run_suites
from evals.summary import retrieval
from evals.target import TargetError
from tests.evals.fakes import FakeTarget, answer, fixed, make_case


def _suite(*cases: Case, name: str = "mine") -> Suite:
    return Suite(name, f"{name}.csv", "0" * 64, cases)


def test_outcomes_come_in_the_sheets_order_with_several_at_once() -> None:
    cases = [make_case(f"question {n}") for n in range(40)]
    seen: list[tuple[int, int]] = []
    target = FakeTarget()
    run = run_suites([_suite(*cases)], target, load_gates(), workers=8, progress=lambda _, done, total: seen.append((done, total)))
    assert [outcome.case.question for outcome in run.outcomes] == [case.question for case in cases]
    assert all(outcome.result == "pass" for outcome in run.outcomes)
    assert seen == [(n, 40) for n in range(1, 41)]
    assert run.about.settings["retrieve.cutoff"] == "0.4"
    assert run.about.composer == "quotes"


def test_a_case_that_can_not_be_asked_is_unknown_and_ends_nothing() -> None:
    target = FakeTarget({"a": TargetError("The server doesn't answer."), "b": RuntimeError("secret words of the question")})
    run = run_suites([_suite(make_case("a"), make_case("b"), make_case("c"))], target, load_gates())
    assert [outcome.result for outcome in run.outcomes] == ["unknown", "unknown", "pass"]
    assert run.outcomes[0].problem == "The server doesn't answer."
    assert "secret" not in run.outcomes[1].problem
    assert "RuntimeError" in run.outcomes[1].problem


def test_rank_is_asked_only_for_questions_that_name_an_article() -> None:
    target, gates, cited = FakeTarget(), load_gates(), {"must_cite": (("first-session",),)}
    found = run_case(make_case(**cited), target, gates).found  # type: ignore[arg-type]
    assert found is not None
    assert (found.rank, found.articles) == (2, ("cost", "first-session"))
    assert run_case(make_case(), target, gates).found is None
    assert run_case(make_case(**cited, should_be=("declined",)), target, gates).found is None  # type: ignore[arg-type]
    assert run_case(make_case("zebra", **cited), target, gates).result == "unknown"  # type: ignore[arg-type]


def test_a_follow_up_is_ranked_as_a_question_that_stands_alone() -> None:
    case = make_case("how long?", must_cite=(("first-session",),), history=(Turn("user", "what is cbt"),), should_be=("answered",))
    searched: list[str] = []

    class Late(FakeTarget):
        def search(self, query: str, k: int) -> list[str]:
            searched.append(query)
            return ["a", "b", "c", "first-session"][:k]

    target = Late()
    outcome = run_case(case, target, load_gates())
    assert searched == ["what is cbt how long?"]
    assert outcome.found is not None
    assert (outcome.found.rank, outcome.found.query) == (4, "what is cbt how long?")
    check = outcome.check("retrieval rank")
    assert check is not None
    assert (check.result, check.weight, check.hits) == ("fail", "watch", 4)
    assert "as number 4 in the search for “what is cbt how long?”" in check.detail
    assert outcome.result == "pass", "a late rank is shown and fails nothing"
    names = {mean.name: mean.value for mean in retrieval([outcome])}
    assert names["follow-ups MRR@10"] == 0.25
    assert "MRR@10" not in names

    class Server(FakeTarget):
        def standalone(self, conversation: Conversation) -> str | None:
            return None

    assert run_case(case, Server(), load_gates()).found is None, "a server doesn't tell what a follow-up means"


def test_a_run_survives_its_file(tmp_path: Path) -> None:
    target = FakeTarget({"b": fixed("crisis"), "c": TargetError("no")})
    cases = [
        make_case("a", must_cite=(("first-session",),), must_say=(("x", "y"),)),
        make_case("b", should_be=("referred",)),
        make_case("c"),
    ]
    run = run_suites([_suite(*cases)], target, load_gates())
    save_run(run, tmp_path / "deep" / "run.json", metrics={"any": 1})
    assert load_run(tmp_path / "deep" / "run.json") == run


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_question_survives_the_file(tmp_path_factory: pytest.TempPathFactory, question: str) -> None:
    run = run_suites([_suite(make_case(question))], FakeTarget(), load_gates(), workers=1)
    path = tmp_path_factory.mktemp("runs") / "run.json"
    save_run(run, path)
    assert load_run(path) == run


@pytest.mark.parametrize(("text", "words"), [("{}", "isn't a run"), ("nonsense", "isn't a run")])
def test_a_file_that_is_no_run(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(SuiteError, match=words):
        load_run(path)
    with pytest.raises(SuiteError, match="can't be opened"):
        load_run(tmp_path / "none.json")


def test_a_run_of_another_format_is_refused(tmp_path: Path) -> None:
    run = run_suites([_suite(make_case())], FakeTarget(), load_gates())
    path = tmp_path / "run.json"
    save_run(run, path)
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(SuiteError, match="format 2"):
        load_run(path)


def test_past_counts_by_suite() -> None:
    target = FakeTarget({"b": TargetError("no")})
    run = run_suites([_suite(make_case("a"), make_case("b")), _suite(make_case("c", "other"), name="other")], target, load_gates())
    past = past_of(run)
    assert past.passed == {"mine": 1, "other": 1}
    assert past.counts == {"mine": 2, "other": 1}


def test_a_judge_only_adds_an_opinion() -> None:
    opinion = Check("judge", "fail", "poor", "opinion")
    run = run_suites([_suite(make_case())], FakeTarget({"q": answer()}), load_gates(), judge=lambda _case, _outcome: opinion)
    assert run.outcomes[0].checks[-1] == opinion
    assert run.outcomes[0].result == "pass"
