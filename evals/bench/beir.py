"""BEIR-format folders: corpus.jsonl (_id, title, text), queries.jsonl (_id, text), qrels/test.tsv (query, document, grade).

Where there is no qrels/test.tsv, the one other file of qrels/ is read; several without a test.tsv are a mistake.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.errors import RapportError


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the corpus."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A corpus, the judged queries, their grades by document id, and the line of queries.jsonl that each stands on."""

    documents: tuple[Document, ...]
    queries: dict[str, str]
    relevances: dict[str, dict[str, float]]
    lines: dict[str, int] = field(default_factory=dict)


def load_dataset(folder: Path, *, corpus: bool = True) -> Dataset:
    """Read a folder; without ``corpus``, no documents. Raises ``RapportError`` naming the file and line that is wrong.

    Queries without a relevant document are left out, as trec_eval does.
    """
    rows = _rows(folder / "corpus.jsonl", "_id") if corpus else ()
    documents = tuple(Document(str(row["_id"]), str(row.get("title") or ""), str(row.get("text") or "")) for _, row in rows)
    relevances = _grades(_qrels(folder / "qrels"))
    queries = {str(row["_id"]): (line, str(row.get("text") or "")) for line, row in _rows(folder / "queries.jsonl", "_id")}
    judged = {query: given for query, given in queries.items() if any(grade > 0 for grade in relevances.get(query, {}).values())}
    if (corpus and not documents) or not judged:
        raise RapportError(f"{folder} holds no documents or no judged queries.")
    texts, lines = {query: text for query, (_, text) in judged.items()}, {query: line for query, (line, _) in judged.items()}
    return Dataset(documents, texts, {query: relevances[query] for query in judged}, lines)


def _qrels(folder: Path) -> Path:
    """test.tsv, or the only other one."""
    found = sorted(folder.glob("*.tsv"))
    return found[0] if len(found) == 1 else folder / "test.tsv"


def _rows(path: Path, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        raise RapportError(f"{path} can't be read.") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            row[key]
        except (ValueError, KeyError, TypeError):
            raise RapportError(f"{path.name}, line {number}: not a JSON object with {key!r}.") from None
        yield number, row


def _grades(path: Path) -> dict[str, dict[str, float]]:
    grades: dict[str, dict[str, float]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.reader(file, delimiter="\t"), start=1):
                if not row or (number == 1 and not _is_number(row[-1])):
                    continue  # the header
                if len(row) < 3 or not _is_number(row[-1]):
                    raise RapportError(f"{path.name}, line {number}: needs a query, a document and a grade.")
                query, document = (row[0], row[2]) if len(row) == 4 else (row[0], row[1])  # four columns: TREC's own order
                grades.setdefault(query, {})[document] = float(row[-1])
    except OSError:
        raise RapportError(f"{path} can't be read.") from None
    return grades


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
