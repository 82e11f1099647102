"""The clinic's own answers: matched strictly, and never when unsigned or expired."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.compose.approved import COLUMNS, ApprovedAnswers, load_approved, read_rows, telling
from app.errors import SettingsError
from app.models.embed import Embedder, open_embedder
from app.settings import Settings

TODAY = dt.date(2026, 11, 22)
HEADER = ",".join(COLUMNS) + "\n"
SIGNED = "Dr Wool,2026-11-01,2027-11-01,cost-and-insurance"
ROWS = (
    HEADER
    + f"Do you take Medicare?|is medicare accepted here,We take Medicare.,{SIGNED}\n"
    + f"do you see children,We see children from six years.,{SIGNED}\n"
    + f"can my wife see my therapist,Please ask us.,{SIGNED}\n"
    + f"can I come without my partner,Yes.,{SIGNED}\n"
    + "where can I park,Behind the house.,,,2027-11-01,\n"
    + "are you open on Sunday,No.,Dr Wool,2025-11-01,2026-11-21,\n"
    + "do you have a lift,Yes.,Dr Wool,2025-11-01,,\n"
)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder("default", Settings().models_dir, 1)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> ApprovedAnswers:
    path = tmp_path_factory.mktemp("corpus") / "answers.csv"
    path.write_text(ROWS, "utf-8")
    return load_approved(path, embedder, lambda: TODAY)


def given_answer(answers: ApprovedAnswers, message: str, embedder: Embedder | None) -> str | None:
    found = answers.match(message, embedder.queries([message])[0] if embedder else None)
    return found.answer if found else None


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("do you take medicare", "We take Medicare."),
        ("DO YOU TAKE MEDICARE???", "We take Medicare."),
        ("Is Medicare accepted here?", "We take Medicare."),
        ("hi, do you take Medicare please? thanks", "We take Medicare."),
        ("so do you actually see the children", "We see children from six years."),
    ],
)
def test_the_same_question_matches(answers: ApprovedAnswers, embedder: Embedder, message: str, answer: str) -> None:
    assert given_answer(answers, message, embedder) == answer


@pytest.mark.parametrize(
    "message",
    [
        "do you take Medicaid",
        "do you take medicare advantage",
        "do you not take medicare",
        "why do you take medicare",
        "do you see couples",
        "do you see children with autism",
        "do children see you",
        "can my therapist see my wife",
        "can my husband see my therapist",
        "can I come with my partner",
        "medicare",
        "do you take medicare? I want to die",
        "",
        "???",
        "please",
    ],
)
def test_near_misses_do_not(answers: ApprovedAnswers, embedder: Embedder, message: str) -> None:
    assert given_answer(answers, message, embedder) is None


@pytest.mark.parametrize("message", ["where can I park", "are you open on Sunday", "do you have a lift"])
def test_unsigned_expired_and_endless_rows_never_match(answers: ApprovedAnswers, embedder: Embedder, message: str) -> None:
    assert given_answer(answers, message, embedder) is None


def test_without_a_vector_only_the_same_words_match(answers: ApprovedAnswers) -> None:
    assert given_answer(answers, "Do you take Medicare", None) == "We take Medicare."
    assert given_answer(answers, "hi, do you take Medicare", None) is None


def test_a_far_vector_keeps_the_same_telling_words_from_matching(answers: ApprovedAnswers, embedder: Embedder) -> None:
    assert answers.match("hi, do you take Medicare", -embedder.queries(["do you take Medicare"])[0]) is None


def test_an_answer_stops_on_the_day_after_its_last_while_the_server_runs(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(ROWS, "utf-8")
    days = iter([dt.date(2027, 11, 1), dt.date(2027, 11, 2)])
    answers = load_approved(path, None, lambda: next(days))
    assert answers.match("do you see children", None) is not None
    assert answers.match("do you see children", None) is None


@given(st.text())
def test_any_message_is_safe_to_match(message: str) -> None:
    assert ApprovedAnswers([], None, lambda: TODAY).match(message, None) is None
    assert telling(" ".join(telling(message))) == telling(message)


@pytest.mark.parametrize(
    ("row", "place"),
    [
        (f",An answer.,{SIGNED}", "row 2, column “questions”"),
        (f"???,An answer.,{SIGNED}", "row 2, column “questions”"),
        (f"do you park,,{SIGNED}", "row 2, column “answer”"),
        (f"do you park,{'x' * 2_001},{SIGNED}", "row 2, column “answer”"),
        ("do you park,Yes.,Dr Wool,1 November,2027-11-01,", "row 2, column “signed on”"),
        ("do you park,Yes.,Dr Wool,2026-11-01,2026-13-01,", "row 2, column “expires on”"),
        ("do you park,Yes.,Dr Wool,2026-11-01,2026-10-01,", "row 2, column “expires on”"),
        (f"do you park,Yes.,{SIGNED}\n\nDo you park?,No.,{SIGNED}", "row 4, column “questions”"),
    ],
)
def test_a_malformed_row_is_named_by_row_and_column_without_its_words(tmp_path: Path, row: str, place: str) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(HEADER + row + "\n", "utf-8")
    with pytest.raises(SettingsError) as error:
        load_approved(path, None)
    assert place in str(error.value)
    assert "park" not in str(error.value)
    assert "November" not in str(error.value)


def test_a_missing_column_and_a_wrong_encoding(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("questions,answer\nx,y\n", "utf-8")
    assert [problem.column for problem in read_rows(path)[1]] == ["signed by", "signed on", "expires on", "articles"]
    path.write_bytes(HEADER.encode() + b"caf\xe9,Yes.,,,,\n")
    assert "UTF-8" in read_rows(path)[1][0].message


def test_what_a_spreadsheet_saves_is_read(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(
        "\ufeff"
        + ";".join(column.title() for column in COLUMNS)
        + '\r\n"do you park";"Yes; behind\nthe house.";Dr W;2026-11-01;2027-11-01;a|b\r\n',
        "utf-8",
    )
    rows, problems = read_rows(path)
    assert problems == []
    assert (rows[0].answer, rows[0].articles, rows[0].row) == ("Yes; behind\nthe house.", ("a", "b"), 2)


def test_no_file_means_no_answers(tmp_path: Path) -> None:
    assert load_approved(tmp_path / "none.csv", None).rows == ()


def test_ours_ships_with_a_header_and_no_live_rows() -> None:
    path = Path(__file__).resolve().parents[3] / "corpus" / "answers.csv"
    rows, problems = read_rows(path)
    assert path.is_file()
    assert problems == []
    assert not any(row.live(TODAY) for row in rows)


def test_the_example_in_the_guide_is_live(tmp_path: Path) -> None:
    guide = (Path(__file__).resolve().parents[3] / "corpus" / "README.md").read_text("utf-8")
    path = tmp_path / "answers.csv"
    path.write_text(guide.partition("```csv\n")[2].partition("```")[0], "utf-8")
    answers = load_approved(path, None, lambda: TODAY)
    assert given_answer(answers, "Do you take Medicare?", None) == "Yes, we take Medicare. Please bring your card to the first session."
