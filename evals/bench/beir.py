"""BEIR-format folders: corpus.jsonl (_id, title, text), queries.jsonl (_id, text), qrels/test.tsv (query, document, grade)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
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
    """A corpus, the judged queries, and their grades by document id."""

    documents: tuple[Document, ...]
    queries: dict[str, str]
    relevances: dict[str, dict[str, float]]


def load_dataset(folder: Path) -> Dataset:
    """Read a folder. Raises ``RapportError`` naming the file and line that is wrong. Queries without a judgement are left out."""
    documents = tuple(
        Document(str(row["_id"]), str(row.get("title") or ""), str(row.get("text") or "")) for row in _rows(folder / "corpus.jsonl", "_id")
    )
    relevances = _grades(folder / "qrels" / "test.tsv")
    queries = {str(row["_id"]): str(row.get("text") or "") for row in _rows(folder / "queries.jsonl", "_id")}
    judged = {query: text for query, text in queries.items() if query in relevances}
    if not documents or not judged:
        raise RapportError(f"{folder} holds no documents or no judged queries.")
    return Dataset(documents, judged, {query: relevances[query] for query in judged})


def _rows(path: Path, key: str) -> Iterator[dict[str, Any]]:
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
        yield row


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
