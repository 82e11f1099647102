"""Other tools' questions as a sheet: promptfoo's test files, RAG data sets in their common shapes, or one question a line.

Only what can be carried over truly is: phrases that must or must not be said, and the reference answer as a note. Assertions that need
a model, a script or a number (``llm-rubric``, ``javascript``, ``similar`` …) are counted and left out.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.cases import SuiteError
from evals.starter import write_sheet

QUESTION = ("question", "user_input", "query", "input", "prompt", "message", "q")
ANSWER = (
    "ground_truth",
    "reference",
    "answer",
    "expected_output",
    "expected",
    "reference_answer",
    "ground_truths",
    "answers",
    "ideal",
    "output",
)
HISTORY = ("history", "chat_history")
LONGEST_NOTE = 600
_SPLITTERS = str.maketrans({"|": "/", ";": ","})  # marks that mean something in a cell


def import_file(source: Path, sheet: Path) -> str:
    """Write ``sheet`` from ``source``; says what was carried over and what was not. Raises ``SuiteError``."""
    try:
        text = source.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{source} can't be read ({type(error).__name__}).") from None
    cases, left = _cases(source, text)
    if not cases:
        raise SuiteError(
            f"{source.name} holds no questions in a shape that is known (promptfoo tests; records with a “question” or “query”)."
        )
    write_sheet(sheet, cases)
    note = f" {left} checks that need a model, a script or a number were left out." if left else ""
    return f"Wrote {len(cases)} questions to {sheet}.{note} Fill in “should be” and “must say” where they are empty."


def _cases(source: Path, text: str) -> tuple[list[dict[str, str]], int]:
    ending = source.suffix.lower()
    if ending in (".txt", ".md"):
        return [{"question": line.strip(" -*\t")} for line in text.splitlines() if line.strip(" -*\t#")], 0
    data = _data(source, ending, text)
    if isinstance(data, dict) and isinstance(data.get("tests"), list):
        return _promptfoo(data["tests"])
    records = _records(data)
    if any("assert" in record or "vars" in record for record in records):
        return _promptfoo(records)
    return [case for record in records if (case := _rag(record))], 0


def _data(source: Path, ending: str, text: str) -> Any:
    try:
        if ending == ".csv":
            return list(csv.DictReader(io.StringIO(text)))
        if ending == ".jsonl":
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        if ending == ".json":
            return json.loads(text)
        if ending in (".yaml", ".yml"):
            import yaml

            try:
                return yaml.safe_load(text)
            except yaml.YAMLError:
                raise SuiteError(f"{source.name} isn't YAML that can be read.") from None
    except (json.JSONDecodeError, csv.Error):
        raise SuiteError(f"{source.name} isn't {ending[1:].upper()} that can be read.") from None
    raise SuiteError(f"{source.name}: files to import end in .yaml, .json, .jsonl, .csv or .txt.")


def _records(data: Any) -> list[dict[str, Any]]:
    """The records of a list, of the one list in a dict, or of a dict of columns."""
    if isinstance(data, dict):
        lists = {name: value for name, value in data.items() if isinstance(value, list)}
        if any(name in lists for name in QUESTION):
            return [dict(zip(lists, values, strict=False)) for values in zip(*lists.values(), strict=False)]
        data = next((value for value in lists.values() if value and isinstance(value[0], dict)), [])
    return [record for record in data if isinstance(record, dict)] if isinstance(data, list) else []


def _rag(record: dict[str, Any]) -> dict[str, str] | None:
    question = _first(record, QUESTION)
    if not question:
        return None
    answer = _first(record, ANSWER)
    case = {"question": question, "history": _history(record)}
    return case | (
        {"why it matters": f"imported; the reference answer was: {answer[:LONGEST_NOTE]}"} if answer else {"why it matters": "imported"}
    )


def _promptfoo(tests: list[Any]) -> tuple[list[dict[str, str]], int]:
    cases, left = [], 0
    for test in tests:
        if not isinstance(test, dict):
            continue
        given = test.get("vars")
        values: dict[str, Any] = given if isinstance(given, dict) else {}
        question = _first(values, QUESTION) or next((str(value) for value in values.values() if isinstance(value, str)), "")
        if not question:
            continue
        must, must_not, skipped = _asserted(test.get("assert"))
        left += skipped
        why = str(test.get("description") or "imported from promptfoo")
        cases.append({"question": question, "must say": "; ".join(must), "must not say": "|".join(must_not), "why it matters": why})
    return cases, left


def _asserted(assertions: Any) -> tuple[list[str], list[str], int]:
    """(requirements, forbidden phrases, how many assertions could not be carried over)."""
    must: list[str] = []
    must_not: list[str] = []
    skipped = 0
    for kind, value in _assertions(assertions):
        phrases = [str(part).translate(_SPLITTERS).strip() for part in (value if isinstance(value, list) else [value]) if part is not None]
        if kind in ("contains", "icontains", "equals", "contains-all", "icontains-all"):
            must += phrases
        elif kind in ("contains-any", "icontains-any"):
            must.append("|".join(phrases))
        elif kind in ("not-contains", "not-icontains", "not-contains-any", "not-icontains-any"):
            must_not += phrases
        else:
            skipped += 1
    return [phrase for phrase in must if phrase], [phrase for phrase in must_not if phrase], skipped


def _assertions(given: Any) -> Iterator[tuple[str, Any]]:
    for one in given if isinstance(given, list) else []:
        if isinstance(one, dict) and one.get("type") == "assert-set":
            yield from _assertions(one.get("assert"))
        elif isinstance(one, dict):
            yield str(one.get("type")), one.get("value")


def _history(record: dict[str, Any]) -> str:
    turns: list[Any] = next((record[name] for name in HISTORY if isinstance(record.get(name), list)), [])
    said = [(str(turn.get("role")), str(turn.get("content", "")).strip()) for turn in turns if isinstance(turn, dict)]
    return " || ".join(f"{'U' if role in ('user', 'human') else 'A'}: {text.replace('||', '/')}" for role, text in said if text)


def _first(record: dict[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = record.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""
