"""Whether what was found answers what was asked: give nothing rather than the best of bad."""

from __future__ import annotations

import math
import tomllib
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path

from app.errors import SettingsError
from app.retrieve.find import Signs

FILE = Path(__file__).with_name("answerable.toml")
OTHERS = "any"
FEW_QUESTIONS = 60  # a library that lists fewer questions of its own is judged by its passages alone


@dataclass(frozen=True, slots=True)
class Answerable:
    """Weights of the signs. At ``answer_from`` a question is answered; below ``topic_from`` it is off the topic altogether."""

    bias: float
    passage: float
    sentence: float
    asked: float
    outside: float
    covered: float
    article: float
    length: float
    named: float
    answer_from: float
    topic_from: float

    def probability(self, signs: Signs) -> float:
        """How likely the passages answer the question, 0 to 1."""
        value = self.bias + sum(getattr(self, sign) * seen for sign, seen in asdict(signs).items())
        return 1 / (1 + math.exp(-max(min(value, 50.0), -50.0)))


def load_answerable(model: str, questions: int, cutoff: float | None = None) -> Answerable:
    """The weights for an embedding model and a library that lists so many ``questions`` of its own; ``cutoff`` replaces ``answer_from``.

    Raises ``SettingsError`` on a malformed file.
    """
    tables = _tables()
    table = tables.get(model, tables[OTHERS])["listed" if questions >= FEW_QUESTIONS else "plain"]
    return Answerable(**(table | ({} if cutoff is None else {"answer_from": cutoff})))


@cache
def _tables() -> dict[str, dict[str, dict[str, float]]]:
    names = {field.name for field in fields(Answerable)}
    tables: dict[str, dict[str, dict[str, float]]] = tomllib.loads(FILE.read_text("utf-8"))
    for model, kinds in tables.items():
        if OTHERS not in tables or any(set(kinds.get(kind, ())) != names for kind in ("listed", "plain")):
            raise SettingsError(
                f"{FILE.name}: [{model}.listed] and [{model}.plain] need {', '.join(sorted(names))}; [{OTHERS}] must be there."
            )
    return tables
