"""What the semantic layer says about a stretch of text, and when that is enough to act on.

The layer gives probabilities; ``decide`` turns those of all windows of a message into a verdict by the thresholds of ``thresholds.toml``, which a
clinician can read and change.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.domain import Outcome, Verdict
from app.errors import SettingsError

LAYER = "classifier"
FILE = Path(__file__).parent / "thresholds.toml"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Calibrated probabilities, 0 to 1, that a window speaks of danger, asks for a clinician's judgement, or touches a sensitive topic.

    ``category`` and ``clinical_category`` are the likeliest kinds, whatever the probabilities.
    """

    crisis: float
    category: str
    clinical: float
    clinical_category: str
    sensitive: float

    @property
    def sound(self) -> bool:
        """False when a probability is not a number between 0 and 1: the layer has failed."""
        return all(math.isfinite(p) and 0 <= p <= 1 for p in (self.crisis, self.clinical, self.sensitive))


class Semantic(Protocol):
    """A layer that judges meaning."""

    def judge(self, windows: Sequence[str], vectors: NDArray[np.float32] | None, language: str = "en") -> Sequence[Judgement]:
        """One judgement a window. ``vectors`` is (len(windows), dimension), or None when there is no embedding model."""
        ...


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Least probabilities to act on, for a whole message and for one window of a longer one."""

    crisis: float
    crisis_window: float
    clinical: float
    clinical_window: float
    sensitive: float
    sensitive_window: float


def load_thresholds(file: Path = FILE) -> Thresholds:
    """Read ``thresholds.toml``. Raises ``SettingsError`` that says what to mend."""
    try:
        table = tomllib.loads(file.read_text("utf-8"))
        thresholds = Thresholds(**{name: float(value) for name, value in table["thresholds"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"{file.name} can't be used ({type(error).__name__}): it needs a [thresholds] table with six numbers.") from None
    wrong = [name for name in Thresholds.__slots__ if not 0 < getattr(thresholds, name) < 1]
    if wrong:
        raise SettingsError(f"{file.name}: {', '.join(wrong)} must be above 0 and below 1.")
    return thresholds


def decide(judgements: Sequence[Judgement], thresholds: Thresholds) -> Verdict:
    """The verdict on one message, from the judgements of its windows; the first window is the whole message.

    Crisis wins over clinical advice, and that over the quiet line. Among windows the likeliest names the kind.
    """
    if not judgements:
        return Verdict(Outcome.PASS)
    whole, parts = judgements[0], judgements[1:]
    crises = [j for j in (whole,) if j.crisis >= thresholds.crisis] + [j for j in parts if j.crisis >= thresholds.crisis_window]
    if crises:
        return Verdict(Outcome.CRISIS, max(crises, key=lambda j: j.crisis).category, LAYER)
    advice = [j for j in (whole,) if j.clinical >= thresholds.clinical] + [j for j in parts if j.clinical >= thresholds.clinical_window]
    if advice:
        return Verdict(Outcome.CLINICAL_ADVICE, max(advice, key=lambda j: j.clinical).clinical_category, LAYER)
    if whole.sensitive >= thresholds.sensitive or any(j.sensitive >= thresholds.sensitive_window for j in parts):
        return Verdict(Outcome.PASS_WITH_LINE, "sensitive", LAYER)
    return Verdict(Outcome.PASS)
