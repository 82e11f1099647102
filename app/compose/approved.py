"""Answers that the clinic has written and signed itself (``corpus/answers.csv``), given word for word before anything is looked up.

A wrong match is worse than none, so matching is strict: the same words once case and punctuation are gone; or the same telling words in
the same order, and a high cosine besides. Order counts because no cosine tells "can my wife see my therapist" from "can my therapist see
my wife" (figures: ingest/check/README.md). A row that is unsigned or has expired never matches; ``rapport check`` lists it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.compose.fixed import spoken
from app.errors import SettingsError
from app.models.embed import Embedder

Vector = NDArray[np.float32]
Today = Callable[[], dt.date]

COLUMNS = ("questions", "answer", "signed by", "signed on", "expires on", "articles")
WORDS_FILE = Path(__file__).with_name("approved_words.toml")
LEAST_COSINE = 0.85
LONGEST_ANSWER = 2_000
_MOST_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Approved:
    """One row: an answer, its questions, who stands behind it and until when. ``row`` counts the header as 1, as a spreadsheet does."""

    row: int
    questions: tuple[str, ...]
    answer: str
    signed_by: str
    signed_on: dt.date | None
    expires_on: dt.date | None
    articles: tuple[str, ...]

    @property
    def signed(self) -> bool:
        return bool(self.signed_by) and self.signed_on is not None

    def expired(self, today: dt.date) -> bool:
        """True after its last day. A row without one has expired: nothing is approved for ever."""
        return self.expires_on is None or self.expires_on < today

    def live(self, today: dt.date) -> bool:
        """Whether it may be given as an answer on that day."""
        return self.signed and not self.expired(today)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row, and in which column; never the words in it."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"row {self.row}, column “{self.column}”: {self.message}"


@dataclass(frozen=True, slots=True)
class _Phrasing:
    text: str
    telling: tuple[str, ...]
    answer: Approved


class ApprovedAnswers:
    """The answers, ready to match. ``vectors`` are the phrasings' own, (n, dimension), or None when only words are compared."""

    def __init__(self, rows: Sequence[Approved], embedder: Embedder | None, today: Today) -> None:
        self.rows = tuple(rows)
        self._today = today
        self._phrasings = [_Phrasing(spoken(question), telling(question), row) for row in rows for question in row.questions]
        texts = [question for row in rows for question in row.questions]
        self._vectors = embedder.queries(texts) if embedder and texts else None

    def match(self, message: str, vector: Vector | None) -> Approved | None:
        """The live answer to a message, or None. ``vector`` is the message's own, as ``Embedder.queries`` gives it."""
        said, key = spoken(message), telling(message)
        if not key:
            return None
        today = self._today()
        live = [(place, phrasing) for place, phrasing in enumerate(self._phrasings) if phrasing.answer.live(today)]
        exact = next((phrasing.answer for _, phrasing in live if phrasing.text == said), None)
        if exact or vector is None or self._vectors is None:
            return exact
        near = [(float(self._vectors[place] @ vector), phrasing.answer) for place, phrasing in live if phrasing.telling == key]
        cosine, answer = max(near, key=lambda pair: pair[0], default=(0.0, None))
        return answer if cosine >= LEAST_COSINE else None


def load_approved(path: Path, embedder: Embedder | None, today: Today = dt.date.today) -> ApprovedAnswers:
    """The answers in a file; none when there is no file. ``today`` is asked at each match, since a server runs for months.

    Raises ``SettingsError`` naming row and column of what is wrong.
    """
    rows, problems = read_rows(path)
    if problems:
        shown = "; ".join(str(problem) for problem in problems[:_MOST_PROBLEMS])
        more = f"; and {len(problems) - _MOST_PROBLEMS} more" if len(problems) > _MOST_PROBLEMS else ""
        raise SettingsError(f"{path.name} needs mending: {shown}{more}. `rapport check` lists everything.")
    return ApprovedAnswers(rows, embedder, today)


def read_rows(path: Path) -> tuple[list[Approved], list[Problem]]:
    """The rows that are well formed, live or not, and what is wrong with the others. Blank rows are passed over."""
    if not path.is_file():
        return [], []
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        return [], [Problem(1, "questions", "the file is not UTF-8: save it as “CSV UTF-8”")]
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ",")
    names = [name.strip().lower() for name in next(reader, [])]
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        return [], [Problem(1, column, "the column is missing") for column in missing]
    rows, problems = list[Approved](), list[Problem]()
    for number, cells in enumerate(reader, start=2):
        if any(cell.strip() for cell in cells):
            row, wrong = _row(number, dict(zip(names, (cell.strip() for cell in cells), strict=False)))
            problems.extend(wrong)
            if not wrong:
                rows.append(row)
    return rows, [*problems, *_doubles(rows)]


def telling(text: str) -> tuple[str, ...]:
    """The words of a message in order, less those that change nothing about what is asked."""
    return tuple(word for word in spoken(text).split() if word not in _empty_words())


def _row(number: int, cells: dict[str, str]) -> tuple[Approved, list[Problem]]:
    problems: list[Problem] = []

    def day(column: str) -> dt.date | None:
        text = cells.get(column, "")
        try:
            return dt.date.fromisoformat(text) if text else None
        except ValueError:
            problems.append(Problem(number, column, "write the date as 2026-11-22"))
            return None

    row = Approved(
        row=number,
        questions=_parts(cells.get("questions", "")),
        answer=cells.get("answer", ""),
        signed_by=cells.get("signed by", ""),
        signed_on=day("signed on"),
        expires_on=day("expires on"),
        articles=_parts(cells.get("articles", "")),
    )
    if not row.questions or not all(telling(question) for question in row.questions):
        problems.append(Problem(number, "questions", "write at least one question in words, alternatives apart by |"))
    if not row.answer:
        problems.append(Problem(number, "answer", "the answer is empty"))
    if len(row.answer) > LONGEST_ANSWER:
        problems.append(Problem(number, "answer", f"the answer is longer than {LONGEST_ANSWER:,} characters"))
    if row.signed_on and row.expires_on and row.expires_on < row.signed_on:
        problems.append(Problem(number, "expires on", "it expires before it was signed"))
    return row, problems


def _doubles(rows: Sequence[Approved]) -> list[Problem]:
    first: dict[tuple[str, ...], int] = {}
    problems = []
    for row in rows:
        for key in {telling(question) for question in row.questions}:
            if first.setdefault(key, row.row) != row.row:
                problems.append(Problem(row.row, "questions", f"row {first[key]} answers the same question"))
    return problems


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


@cache
def _empty_words() -> frozenset[str]:
    return frozenset(tomllib.loads(WORDS_FILE.read_text("utf-8"))["empty"])
