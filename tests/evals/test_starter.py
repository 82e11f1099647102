"""Starter sheets and drafts."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from evals.cases import SuiteError
from evals.sheets import COLUMNS, load_suite
from evals.starter import add_draft, load_starter, write_sheet, write_starter


@pytest.mark.parametrize("name", ["start.csv", "start.xlsx", "start.yaml"])
def test_a_starter_can_be_run_as_it_is_and_brings_its_help(tmp_path: Path, name: str) -> None:
    made = write_starter(tmp_path / name)
    cases = load_suite(tmp_path / name).cases
    assert [case.question for case in cases] == [example["question"] for example in load_starter().example]
    assert {case.should_be for case in cases} == {("answered",), ("declined",), ("referred",)}
    assert cases[1].history
    helps = {"start.csv": lambda: made[1].read_text("utf-8"), "start.yaml": lambda: made[0].read_text("utf-8")}
    help_text = (
        helps[name]() if name in helps else "\n".join(str(row[0].value) for row in load_workbook(tmp_path / name)["help"].iter_rows())
    )
    assert all(f"{column}: " in help_text for column in COLUMNS)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    write_starter(tmp_path / "a.csv")
    with pytest.raises(SuiteError, match="is there already"):
        write_starter(tmp_path / "a.csv")
    with pytest.raises(SuiteError, match="ends in"):
        write_starter(tmp_path / "a.doc")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_cell_that_looks_like_a_formula_stays_text(tmp_path: Path, name: str) -> None:
    question = '=HYPERLINK("http://evil.example","hi")'
    write_sheet(tmp_path / name, [{"question": question}])
    assert load_suite(tmp_path / name).cases[0].question == question
    if name == "a.csv":
        assert "\n=" not in (tmp_path / name).read_text("utf-8-sig").replace('"', "")
    else:
        assert load_workbook(tmp_path / name)["cases"]["A2"].data_type == "s"


@pytest.mark.parametrize("mark", [",", ";"])
def test_a_pasted_question_becomes_a_draft_at_the_end(tmp_path: Path, mark: str) -> None:
    sheet = tmp_path / "mine.csv"
    sheet.write_text(f"notes{mark}question{mark}should be{mark}why it matters\nmine{mark}first?{mark}declined{mark}x", "utf-8")
    assert "Added" in add_draft(sheet, "what about; grief, and loss?", "answered", "thumbs down")
    cases = load_suite(sheet).cases
    assert [case.question for case in cases] == ["first?", "what about; grief, and loss?"]
    assert cases[1].should_be == ("answered",)
    assert cases[1].kind == "draft"
    assert "thumbs down" in cases[1].why
    assert "already" in add_draft(sheet, "first?", "answered", "")
    assert len(load_suite(sheet).cases) == 2


def test_a_draft_makes_the_sheet_when_there_is_none(tmp_path: Path) -> None:
    add_draft(tmp_path / "new.csv", "hello?", "declined", "")
    assert load_suite(tmp_path / "new.csv").cases[0].should_be == ("declined",)


def test_drafts_refuse_what_they_can_not_do(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="CSV"):
        add_draft(tmp_path / "a.xlsx", "q", "answered", "")
    with pytest.raises(SuiteError, match="not one of"):
        add_draft(tmp_path / "a.csv", "q", "maybe", "")
    (tmp_path / "bad.csv").write_text("hello\nworld")
    with pytest.raises(SuiteError, match="isn't a column"):
        add_draft(tmp_path / "bad.csv", "q", "answered", "")
