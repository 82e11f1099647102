"""Sheets as people save them, and the mistakes they make in them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from app.domain import Turn
from evals.cases import SuiteError
from evals.sheets import COLUMNS, load_suite

HEADER = ",".join(COLUMNS)
SHIPPED = Path("evals/suites")


def _sheet(tmp_path: Path, text: str, name: str = "mine.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def _problems(path: Path) -> str:
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    return str(caught.value)


def test_the_same_cases_from_csv_xlsx_and_yaml(tmp_path: Path) -> None:
    rows = [
        ["how long?", "U: what is cbt || A: It is short.", "weeks|months; sessions", "forever", "cbt|how-long", "answered", "follow-up"],
        ["¿qué es la terapia?", "", "", "", "", "", ""],
    ]
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    book = Workbook()
    for row in [list(COLUMNS), *rows]:
        book.active.append(row)
    book.save(tmp_path / "mine.xlsx")
    plain = [{column: cell for column, cell in zip(COLUMNS, row, strict=True) if cell} for row in rows]
    plain[0]["history"] = ["U: what is cbt", "A: It is short."]  # type: ignore[assignment]  # a list works as well
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"cases": plain}), "utf-8")
    from_csv = load_suite(_sheet(tmp_path, text.getvalue())).cases
    assert [case.row for case in from_csv] == [2, 3]
    assert from_csv[0].history == (Turn("user", "what is cbt"), Turn("assistant", "It is short."))
    assert from_csv[0].must_say == (("weeks", "months"), ("sessions",))
    assert from_csv[0].must_cite == (("cbt", "how-long"),)
    assert load_suite(tmp_path / "mine.xlsx").cases == from_csv
    assert [case.id for case in load_suite(tmp_path / "mine.yaml").cases] == [case.id for case in from_csv]


@pytest.mark.parametrize(("mark", "encoding"), [(",", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-8")])
def test_as_spreadsheet_programs_save_it(tmp_path: Path, mark: str, encoding: str) -> None:
    text = f'Question{mark}SHOULD_BE{mark}notes\r\n"Is it ok, he asked; ""really""\r\nin two lines?"{mark}answered{mark}café\r\n\r\n'
    suite = load_suite(_sheet(tmp_path, text, encoding=encoding))
    assert [case.question for case in suite.cases] == ['Is it ok, he asked; "really"\r\nin two lines?']
    assert suite.cases[0].should_be == ("answered",)


def test_only_the_question_is_needed(tmp_path: Path) -> None:
    (case,) = load_suite(_sheet(tmp_path, "question\nhello")).cases
    assert (case.must_say, case.must_not_say, case.must_cite, case.should_be, case.history) == ((), (), (), (), ())


def test_every_mistake_is_told_with_row_and_column(tmp_path: Path) -> None:
    told = _problems(_sheet(tmp_path, f"{HEADER}\nok,,,,,answered,\n,,x,,,,\nq,hello,,,,refered,\n"))
    assert "mine.csv needs mending" in told
    assert "Row 3, column A (question): is empty" in told
    assert "Row 4, column B (history): each turn must read" in told
    assert "Row 4, column F (should be): “refered” is not one of answered, declined, referred." in told


def test_a_misspelled_column_is_told_with_a_guess(tmp_path: Path) -> None:
    assert "column B: “must sayy” isn't a column. Did you mean “must say”?" in _problems(_sheet(tmp_path, "question,must sayy\nq,x"))
    assert "no column “question”" in _problems(_sheet(tmp_path, "must say\nx"))
    assert "stands twice" in _problems(_sheet(tmp_path, "question,Question\nq,x"))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("mine.csv", b"", "question"),
        ("mine.csv", b"question\n\n", "no questions"),
        ("mine.csv", b'question\n"a" b"\n', "CSV"),
        ("mine.xlsx", b"not a zip", "XLSX"),
        ("mine.yaml", b"[: bad", "YAML"),
        ("mine.yaml", b"- just\n- words\n", "list of cases"),
        ("mine.docx", b"", "ends in"),
    ],
)
def test_a_file_that_is_no_sheet(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert words in _problems(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "can't be opened" in _problems(tmp_path / "none.csv")


def test_only_the_first_dozen_mistakes_are_listed(tmp_path: Path) -> None:
    told = _problems(_sheet(tmp_path, "question,should be\n" + "q,no\n" * 40))
    assert "… and 28 more." in told
    assert told.count("Row ") == 12


def test_the_same_question_twice_has_two_ids(tmp_path: Path) -> None:
    cases = load_suite(_sheet(tmp_path, "question,must say\nq,a\nq,b")).cases
    assert len({case.id for case in cases}) == 2
    assert cases[1].id == f"{cases[0].id}-2"


@settings(max_examples=60)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip), min_size=1, max_size=5)
)
def test_any_question_survives_the_sheet(tmp_path_factory: pytest.TempPathFactory, questions: list[str]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["question"], *([question] for question in questions)])
    path = _sheet(tmp_path_factory.mktemp("any"), text.getvalue(), encoding="utf-8-sig")
    assert [case.question for case in load_suite(path).cases] == [question.strip() for question in questions]


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.csv")), ids=lambda path: path.stem)
def test_the_suites_that_ship_can_be_read(path: Path) -> None:
    suite = load_suite(path)
    assert len({case.id for case in suite.cases}) == len(suite.cases)
