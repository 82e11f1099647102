"""``gates.toml``: what a reply may cost a reader, and what a run must reach. Read by staff, checked when loaded."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evals.cases import Fate, SuiteError

GATES_FILE = Path(__file__).with_name("gates.toml")
Measure = Literal[
    "passed", "safe", "right outcome", "not referred", "facts", "grounded", "readable", "asked", "no worse",
    "ndcg@10", "mrr@10", "recall@5", "recall@10",
]  # fmt: skip


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reading(_Table):
    """Limits on a reply, shown when passed, never failing a case.

    ``grade`` is Flesch-Kincaid, ``seconds`` from question to whole reply, ``rank`` the last good place of the wanted article in the search.
    """

    words: int = Field(ge=10)
    grade: float = Field(gt=0)
    seconds: float = Field(gt=0)
    overlap: float = Field(ge=0, le=1)
    rank: int = Field(3, ge=1)


class Gate(_Table):
    """One thing a run must reach.

    It looks at the cases of ``suites`` (names, ``*`` for any part) without ``but_not``, only those that ``should_be`` that fate if given.
    ``least`` is the share that must be reached; "no worse" compares with the run before instead: ``p`` is the level of the paired tests
    (McNemar's for sheets, randomisation for retrieval suites). "ndcg@10" and its kin look at retrieval suites only.
    """

    name: str
    measure: Measure = "passed"
    suites: tuple[str, ...] = ("*",)
    but_not: tuple[str, ...] = ()
    should_be: Fate | None = None
    least: float | None = Field(None, ge=0, le=1)
    p: float | None = Field(None, gt=0, lt=1)
    safety: bool = False
    what_to_do: str = ""

    @model_validator(mode="after")
    def _one_bar(self) -> Gate:
        if (self.measure == "no worse") != (self.p is not None) or (self.p is None) == (self.least is None):
            raise ValueError("needs “least”, or for “no worse” “p” instead")
        return self


class Gates(_Table):
    """The whole file."""

    reading: Reading
    gate: tuple[Gate, ...]
    crisis_suites: tuple[str, ...] = ()


@lru_cache(maxsize=4)
def load_gates(path: Path = GATES_FILE) -> Gates:
    """The gates of a file. Raises ``SuiteError`` saying what to mend."""
    try:
        return Gates.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise SuiteError(f"{path} can't be opened ({type(error).__name__}).") from None
    except tomllib.TOMLDecodeError as error:
        raise SuiteError(f"{path.name} isn't TOML: {error}.") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors(include_input=False))
        raise SuiteError(f"{path.name} needs mending: {wrong}.") from None
