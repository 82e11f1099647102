"""Whether what was found answers what was asked: give nothing rather than the best of bad."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from app.errors import SettingsError
from app.retrieve.find import Signs

FILE = Path(__file__).with_name("answerable.toml")
OTHERS = "any"


@dataclass(frozen=True, slots=True)
class Answerable:
    """Weights of the signs. At ``answer_from`` a question is answered; below ``topic_from`` it is off the topic altogether."""

    bias: float
    cosine: float
    sentence: float
    asked: float
    covered: float
    unknown: float
    answer_from: float
    topic_from: float

    def probability(self, signs: Signs) -> float:
        """How likely the passages answer the question, 0 to 1."""
        value = (
            self.bias
            + self.cosine * signs.cosine
            + self.sentence * signs.sentence
            + self.asked * max(signs.asked, signs.cosine)
            + self.covered * signs.covered
            + self.unknown * signs.unknown
        )
        return 1 / (1 + math.exp(-max(min(value, 50.0), -50.0)))


def load_answerable(model: str, cutoff: float | None = None) -> Answerable:
    """The weights for an embedding model; ``cutoff`` replaces ``answer_from``. Raises ``SettingsError`` on a malformed file."""
    table = _tables().get(model) or _tables()[OTHERS]
    return Answerable(**(table | ({} if cutoff is None else {"answer_from": cutoff})))


@cache
def _tables() -> dict[str, dict[str, float]]:
    names = {field.name for field in fields(Answerable)}
    tables: dict[str, dict[str, float]] = tomllib.loads(FILE.read_text("utf-8"))
    for model, table in tables.items():
        if set(table) != names or OTHERS not in tables:
            raise SettingsError(f"{FILE.name}: [{model}] needs exactly {', '.join(sorted(names))}, and [{OTHERS}] must be there.")
    return tables
