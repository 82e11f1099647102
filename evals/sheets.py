"""Reads sheets of cases: CSV as any spreadsheet program saves it, XLSX, or YAML.

All mistakes are told at once, each with its row and column.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain import Turn
from evals.cases import Case, Fate, Suite, SuiteError, case_id, parse_history, parse_requirements, parse_should_be, suite_name

COLUMNS = ("question", "history", "must say", "must not say", "must cite", "should be", "why it matters")
EXTRA_COLUMNS = ("region", "locale")  # for suites in several countries or languages
ENDINGS = (".csv", ".xlsx", ".yaml", ".yml")
MOST_TOLD = 12
LONGEST_QUESTION = 4_000
MOST_CASES = 20_000


@dataclass(frozen=True)
class Row:
    """A filled row: its number in the sheet (from 1, the header's), and the text under each known column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """What was read: ``letters`` names the column of each heading, for messages."""

    letters: Mapping[str, str]
    rows: tuple[Row, ...]


def load_suite(path: Path) -> Suite:
    """The cases of one file. Raises ``SuiteError`` naming every row and column that needs mending (the first dozen)."""
    name = path.name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SuiteError(f"{path} can't be opened ({type(error).__name__}).") from None
    reader = {".csv": _read_csv, ".xlsx": _read_xlsx, ".yaml": _read_yaml, ".yml": _read_yaml}.get(path.suffix.lower())
    if reader is None:
        raise SuiteError(f"{name}: a suite is a sheet that ends in {', '.join(ENDINGS)}.")
    sheet = reader(name, data)
    cases = _cases(suite_name(path), name, sheet)
    return Suite(suite_name(path), name, hashlib.sha256(data).hexdigest(), cases)


def _cases(suite: str, name: str, sheet: Sheet) -> tuple[Case, ...]:
    problems: list[str] = []
    cases: list[Case] = []
    seen: dict[str, int] = {}
    for row in sheet.rows[: MOST_CASES + 1]:
        case = _case(suite, row, sheet.letters, problems)
        if case is not None:
            seen[case.id] = seen.get(case.id, 0) + 1
            cases.append(case if seen[case.id] == 1 else _renamed(case, seen[case.id]))
    if problems:
        more = len(problems) - MOST_TOLD
        told = [*problems[:MOST_TOLD], *([f"… and {more} more."] if more > 0 else [])]
        raise SuiteError(f"{name} needs mending:\n  " + "\n  ".join(told))
    if not cases:
        raise SuiteError(f"{name} holds no questions: fill in the column “question”, from row 2 on.")
    if len(cases) > MOST_CASES:
        raise SuiteError(f"{name} holds more than {MOST_CASES:,} questions: split it.")
    return tuple(cases)


def _renamed(case: Case, count: int) -> Case:
    return Case(**{**{name: getattr(case, name) for name in case.__dataclass_fields__}, "id": f"{case.id}-{count}"})


def _case(suite: str, row: Row, letters: Mapping[str, str], problems: list[str]) -> Case | None:
    cells = {column: row.cells.get(column, "").strip() for column in (*COLUMNS, *EXTRA_COLUMNS)}
    before = len(problems)

    def wrong(column: str, message: str) -> None:
        problems.append(f"Row {row.number}, column {letters.get(column, '?')} ({column}): {message}.")

    if not cells["question"]:
        wrong("question", "is empty, but other cells of the row are filled in")
    if len(cells["question"]) > LONGEST_QUESTION:
        wrong("question", f"is longer than {LONGEST_QUESTION:,} characters")
    history: tuple[Turn, ...] = ()
    should_be: tuple[Fate, ...] = ()
    referral = ""
    try:
        history = parse_history(cells["history"])
    except ValueError as error:
        wrong("history", str(error))
    try:
        should_be, referral = parse_should_be(cells["should be"])
    except ValueError as error:
        wrong("should be", str(error))
    if len(problems) > before:
        return None
    return Case(
        id=case_id(suite, cells["question"], history, cells["region"], cells["locale"]),
        suite=suite,
        row=row.number,
        question=cells["question"],
        history=history,
        must_say=parse_requirements(cells["must say"]),
        must_not_say=tuple(phrase for phrases in parse_requirements(cells["must not say"]) for phrase in phrases),
        must_cite=parse_requirements(cells["must cite"]),
        should_be=should_be,
        referral=referral,
        why=cells["why it matters"],
        region=cells["region"].upper(),
        locale=cells["locale"],
    )


# --- files ------------------------------------------------------------------------------------------------------------


def _read_csv(name: str, data: bytes) -> Sheet:
    text = _decoded(data)
    header = text.split("\n", 1)[0]
    mark = max(",;\t", key=header.count)  # a spreadsheet in a country with decimal commas saves with semicolons
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as error:
        raise SuiteError(f"{name} isn't a CSV file that can be read: {error}.") from None
    return _sheet(name, records)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # what Excel writes when it is not asked for UTF-8


def _read_xlsx(name: str, data: bytes) -> Sheet:
    import zipfile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise SuiteError(f"{name} isn't an XLSX file that can be read: save it again from your spreadsheet program.") from None
    try:
        page = book["cases"] if "cases" in book.sheetnames else book.worksheets[0]
        records = [["" if value is None else str(value) for value in row] for row in page.iter_rows(values_only=True)]
    finally:
        book.close()
    return _sheet(name, records)


def _sheet(name: str, records: list[list[str]]) -> Sheet:
    """The rows of a table whose first row is the header."""
    if not records:
        raise SuiteError(f"{name} is empty: its first row must hold the column names, “question” first.")
    columns = _columns(name, records[0])
    rows = []
    for number, record in enumerate(records[1:], 2):
        if any(cell.strip() for cell in record):
            rows.append(Row(number, {column: record[at] for column, at in columns.items() if at < len(record)}))
    return Sheet({column: _letter(at) for column, at in columns.items()}, tuple(rows))


def _columns(name: str, header: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, heading in enumerate(header):
        column = " ".join(heading.replace("_", " ").casefold().split())
        if not column or column.startswith("note"):
            continue
        if column not in (*COLUMNS, *EXTRA_COLUMNS):
            near = difflib.get_close_matches(column, COLUMNS, 1)
            hint = f"Did you mean “{near[0]}”?" if near else f"The columns are {', '.join(COLUMNS)}; “notes” is free."
            raise SuiteError(f"{name}: Row 1, column {_letter(at)}: “{heading.strip()}” isn't a column. {hint}")
        if column in found:
            raise SuiteError(f"{name}: Row 1, column {_letter(at)}: “{column}” stands twice.")
        found[column] = at
    if "question" not in found:
        raise SuiteError(f"{name}: Row 1 has no column “question”.")
    return found


def _letter(at: int) -> str:
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _read_yaml(name: str, data: bytes) -> Sheet:
    """A list of cases, or ``cases:`` with one; keys are the column names, a list in a cell means several requirements."""
    import yaml

    try:
        loaded = yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError):
        raise SuiteError(f"{name} isn't YAML that can be read.") from None
    entries = loaded.get("cases") if isinstance(loaded, dict) else loaded
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SuiteError(f"{name}: a YAML suite is a list of cases, each with “question” and other columns as keys.")
    rows = []
    for number, entry in enumerate(entries, 1):
        keys = [str(key) for key in entry]
        columns = _columns(f"{name}, case {number}", keys)
        rows.append(Row(number, {column: _cell(column, list(entry.values())[at]) for column, at in columns.items()}))
    return Sheet({column: column for column in COLUMNS}, tuple(rows))


def _cell(column: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return (" || " if column == "history" else " ; ").join(_cell(column, part) for part in value)
    return str(value)
