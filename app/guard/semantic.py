"""The border to the classifier: what it is asked, what it must answer, and how a wrong or late answer is noticed."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the classifier says of one window: calibrated probabilities, 0 to 1, and the likeliest kind of each sort."""

    crisis: float
    category: str
    clinical: float
    clinical_category: str
    sensitive: float


class Semantic(Protocol):
    """A classifier of windows. ``vectors`` has a row for each window, or is None for a classifier that needs none."""

    def judge(self, windows: Sequence[str], vectors: Vectors | None, language: str) -> Sequence[Judgement]: ...


class SemanticFailure(Exception):
    """The semantic layer gave no answer that can be used. Never holds text."""


class Deadline:
    """Runs a function in a thread of its own and waits a limited time.

    A thread that hangs can't be ended, only left behind; when ``most`` are left behind, further calls fail at once.
    """

    def __init__(self, seconds: float = 2.0, most: int = 8) -> None:
        self._seconds = seconds
        self._free = threading.BoundedSemaphore(most)

    def run(self, function: Callable[[], T]) -> T:
        """The function's value. Raises ``SemanticFailure`` when it raises, is late, or too many earlier ones still hang."""
        if not self._free.acquire(blocking=False):
            raise SemanticFailure("busy")
        done: queue.SimpleQueue[T | BaseException] = queue.SimpleQueue()

        def work() -> None:
            try:
                done.put(function())
            except BaseException as error:  # noqa: BLE001 - whatever it is, the guard must fail closed
                done.put(error)
            finally:
                self._free.release()

        threading.Thread(target=work, daemon=True, name="guard-semantic").start()
        try:
            result = done.get(timeout=self._seconds)
        except queue.Empty:
            raise SemanticFailure("late") from None
        if isinstance(result, BaseException):
            raise SemanticFailure(type(result).__name__) from None
        return result


def judged(semantic: Semantic, embed: Embed | None, windows: Sequence[str], language: str) -> Sequence[Judgement]:
    """One judgement a window. Raises ``SemanticFailure`` when shapes or numbers are not what they must be."""
    vectors = embed(windows) if embed is not None else None
    if vectors is not None and (getattr(vectors, "ndim", 0) != 2 or vectors.shape[0] != len(windows) or not np.isfinite(vectors).all()):
        raise SemanticFailure("vectors")
    judgements = semantic.judge(windows, vectors, language)
    if len(judgements) != len(windows):
        raise SemanticFailure("count")
    for judgement in judgements:
        if not all(math.isfinite(value) and 0 <= value <= 1 for value in (judgement.crisis, judgement.clinical, judgement.sensitive)):
            raise SemanticFailure("number")
    return judgements
