"""Makes sheets: a starter with examples and help, any list of cases, and a draft case at the end of a sheet."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.cases import SuiteError, parse_should_be
from evals.sheets import COLUMNS, ENDINGS, load_suite

STARTER_FILE = Path(__file__).with_name("starter.toml")
WIDTHS = {"question": 60, "history": 30, "must say": 40, "must not say": 30, "must cite": 24, "should be": 14, "why it matters": 40}
FORMULA = ("=", "+", "-", "@")  # how a cell begins that a spreadsheet would run
Cells = Mapping[str, str]


class _Starter(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    intro: str
    columns: dict[str, str]
    steps: tuple[str, ...]
    example: tuple[dict[str, str], ...]


def write_starter(file: Path) -> tuple[Path, ...]:
    """A starter sheet at ``file``: in XLSX with help on a second page, in YAML as comments, in CSV in a text beside it.

    Returns the files made. Raises ``SuiteError`` when ``file`` is there already or has another ending.
    """
    starter = load_starter()
    return write_sheet(file, starter.example, help_text(starter))


def write_sheet(file: Path, cases: Sequence[Cells], help_lines: Sequence[str] = ()) -> tuple[Path, ...]:
    """A sheet of cases (cells by column name), with help if given. Returns the files made; raises ``SuiteError`` rather than overwrite."""
    if file.suffix.lower() not in ENDINGS:
        raise SuiteError(f"{file.name}: a sheet ends in {', '.join(ENDINGS)}.")
    if file.exists():
        raise SuiteError(f"{file} is there already: choose another name.")
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix.lower() == ".xlsx":
        _write_xlsx(file, cases, help_lines)
    elif file.suffix.lower() == ".csv":
        file.write_text(_csv(cases), encoding="utf-8-sig", newline="")  # the mark tells Excel that it is UTF-8
        if help_lines:
            beside = file.with_name(f"{file.stem}-help.txt")
            beside.write_text("\n".join(help_lines) + "\n", encoding="utf-8")
            return file, beside
    else:
        _write_yaml(file, cases, help_lines)
    return (file,)


def add_draft(sheet: Path, question: str, should_be: str, why: str) -> str:
    """Add one pasted question at the end of a CSV sheet, made when it isn't there; says what was done. Raises ``SuiteError``."""
    if sheet.suffix.lower() != ".csv":
        raise SuiteError("Drafts are added to a CSV sheet.")
    try:
        parse_should_be(should_be)
    except ValueError as error:
        raise SuiteError(f"--should-be: {error}.") from None
    today = datetime.now(UTC).date().isoformat()
    case = {
        "question": question.strip(),
        "should be": should_be,
        "why it matters": f"draft, {today}: {why.strip() or 'say what it must hold'}",
    }
    if not sheet.exists():
        write_sheet(sheet, [case])
        return f"Made {sheet} with the question as a draft."
    suite = load_suite(sheet)  # a sheet that can't be read is not added to
    if any(known.question == case["question"] and not known.history for known in suite.cases):
        return f"{sheet} has that question already."
    _append(sheet, case)
    return f"Added to {sheet} as a draft: fill in “must say” and “must cite”."


@lru_cache(maxsize=1)
def load_starter() -> _Starter:
    """The words of ``starter.toml``."""
    try:
        return _Starter.model_validate(tomllib.loads(STARTER_FILE.read_text("utf-8")))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise SuiteError(f"{STARTER_FILE.name} needs mending ({type(error).__name__}).") from None


def help_text(starter: _Starter) -> list[str]:
    """The help as lines: what each column is for, then what to do."""
    columns = [f"{name}: {words}" for name, words in starter.columns.items()]
    return [starter.intro, "", *columns, "", *(f"{place}. {step}" for place, step in enumerate(starter.steps, 1))]


def _append(sheet: Path, case: Cells) -> None:
    text = sheet.read_text("utf-8-sig")
    header = text.split("\n", 1)[0].rstrip("\r")
    mark = max(",;\t", key=header.count)
    names = [" ".join(name.replace("_", " ").casefold().split()) for name in next(csv.reader([header], delimiter=mark))]
    line = io.StringIO()
    csv.writer(line, delimiter=mark, lineterminator="\n").writerow([_inert(case.get(name, "")) for name in names])
    with sheet.open("a", encoding="utf-8", newline="") as file:
        file.write(("" if text.endswith("\n") else "\n") + line.getvalue())


def _csv(cases: Sequence[Cells]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([[_inert(case.get(column, "")) for column in COLUMNS] for case in cases])
    return text.getvalue()


def _inert(cell: str) -> str:
    return f" {cell}" if cell.startswith(FORMULA) else cell  # a space keeps a spreadsheet from running it; reading strips it


def _write_xlsx(file: Path, cases: Sequence[Cells], help_lines: Sequence[str]) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    page = book.active
    page.title = "cases"
    page.append(COLUMNS)
    for case in cases:
        page.append([case.get(column, "") for column in COLUMNS])
    for cells in page.iter_rows():
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.data_type = "s" if isinstance(cell.value, str) and cell.value.startswith(FORMULA) else cell.data_type
    for at, column in enumerate(COLUMNS, 1):
        head = page.cell(row=1, column=at)
        head.font = Font(bold=True)
        page.column_dimensions[head.column_letter].width = WIDTHS[column]
    page.freeze_panes = "B2"
    choice = DataValidation(type="list", formula1='"answered,declined,referred"', allow_blank=True, showErrorMessage=False)
    page.add_data_validation(choice)
    choice.add(f"F2:F{max(len(cases) + 1, 500)}")
    if help_lines:
        help_page = book.create_sheet("help")
        help_page.column_dimensions["A"].width = 110
        for line in help_lines:
            help_page.append([line])
            help_page.cell(row=help_page.max_row, column=1).alignment = Alignment(wrap_text=True, vertical="top")
    book.save(file)


def _write_yaml(file: Path, cases: Sequence[Cells], help_lines: Sequence[str]) -> None:
    import yaml

    comments = "".join(f"# {line}".rstrip() + "\n" for line in help_lines)
    plain = [{column: case[column] for column in COLUMNS if case.get(column)} for case in cases]
    file.write_text(comments + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8")
