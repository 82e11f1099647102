"""What a run leaves behind: every question of the suite, the reply to it, what each check found, and what exactly was asked.

A run is one JSON file. It holds the suite's own questions and the replies to them, and nothing that anybody else wrote.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from app.domain import Reply
from evals.cases import Case, SuiteError

FORMAT = 1
Result = Literal["pass", "fail", "unknown"]
Weight = Literal["must", "watch", "opinion"]


@dataclass(frozen=True)
class Check:
    """What one check found.

    A "must" decides the case; a "watch" is only shown; an "opinion" is a model's and is only shown, labelled so. ``hits`` of ``of`` are
    what was counted (facts said, sentences grounded …). ``marks`` are the offending or missing words, ``detail`` one sentence for staff.
    """

    name: str
    result: Result
    detail: str = ""
    weight: Weight = "must"
    hits: int = 0
    of: int = 0
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What retrieval gave for a question: article slugs, best first, each once. ``rank`` is the first wanted one's place, if any.

    ``query`` is what was searched for when it isn't the question itself: a follow-up as a question that stands alone.
    """

    articles: tuple[str, ...] = ()
    rank: int | None = None
    query: str = ""


@dataclass(frozen=True)
class Outcome:
    """One case, asked. ``reply`` is None when there was none; then ``problem`` says why and the result is unknown."""

    case: Case
    result: Result
    checks: tuple[Check, ...]
    reply: Reply | None = None
    seconds: float = 0.0
    found: Found | None = None
    problem: str = ""

    def check(self, name: str) -> Check | None:
        """The check of that name, if it was made."""
        return next((check for check in self.checks if check.name == name), None)

    @property
    def status(self) -> str:
        """The reply's status; "" when there was none."""
        return self.reply.status if self.reply else ""


@dataclass(frozen=True)
class SuiteInfo:
    """Which sheet was run: ``sha256`` is the file's."""

    name: str
    file: str
    sha256: str
    cases: int


@dataclass(frozen=True)
class Ranked:
    """One query of a retrieval suite: the documents it wants, with their grades, and those found, best first (ten at most).

    ``row`` is the line of queries.jsonl; ``problem`` says why it could not be searched for.
    """

    id: str
    row: int
    query: str
    wanted: dict[str, float]
    found: tuple[str, ...] = ()
    problem: str = ""

    @property
    def rank(self) -> int | None:
        """Place, from 1, of the first wanted document; None when none was found."""
        return next((place for place, name in enumerate(self.found, 1) if self.wanted.get(name, 0) > 0), None)


@dataclass(frozen=True)
class RankedSuite:
    """A retrieval suite (a BEIR-format folder), run. ``documents`` counts its own; 0 when the service's own articles were searched."""

    name: str
    folder: str
    sha256: str
    documents: int
    queries: tuple[Ranked, ...]


@dataclass(frozen=True)
class About:
    """What was asked, exactly: the build, the model, the settings that matter, versions, articles, data files (guard rules, texts).

    ``articles`` and ``files`` map a name to a short hash, ``rules`` a guard rule's id to its file, kind and hash. ``target`` is "in
    process" or a server's address. What a server doesn't tell is left empty.
    """

    target: str
    build: str = ""
    model: str = ""
    composer: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    articles: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Past:
    """An earlier run, in figures only: passes and counts by suite. What a trend is drawn from."""

    started: str
    build: str
    passed: dict[str, int]
    counts: dict[str, int]


@dataclass(frozen=True)
class Run:
    """A whole run. ``started`` is UTC, ISO 8601; ``earlier`` are the runs before it, oldest first."""

    started: str
    seconds: float
    about: About
    suites: tuple[SuiteInfo, ...]
    outcomes: tuple[Outcome, ...]
    earlier: tuple[Past, ...] = ()
    retrieval: tuple[RankedSuite, ...] = ()
    format: int = FORMAT


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Run]:
    return TypeAdapter(Run)


def save_run(run: Run, path: Path, **beside: Any) -> None:
    """Write the run as JSON; ``beside`` are further keys for machines (metrics, gates) that reading ignores."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(as_json(run, **beside), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def as_json(run: Run, **beside: Any) -> dict[str, Any]:
    """The run as plain values, with ``beside`` first."""
    plain: dict[str, Any] = _adapter().dump_python(run, mode="json")
    return {**beside, **plain}


def load_run(path: Path) -> Run:
    """A run that ``save_run`` wrote. Raises ``SuiteError`` when the file isn't one."""
    try:
        run = _adapter().validate_json(path.read_bytes())
    except OSError as error:
        raise SuiteError(f"{path} can't be opened ({type(error).__name__}).") from None
    except ValidationError:
        raise SuiteError(
            f"{path.name} isn't a run: give the JSON file that “rapport eval … --report FILE.html” wrote beside its report."
        ) from None
    if run.format != FORMAT:
        raise SuiteError(f"{path.name} is in format {run.format}, this version reads {FORMAT}: run the suite again.")
    return run
