from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from app.guard.semantic import Deadline, Judgement, SemanticFailure, Vectors, judged

CALM = Judgement(crisis=0.0, category="suicide", clinical=0.0, clinical_category="diagnosis", sensitive=0.0)


class Fixed:
    """A classifier that always says the same."""

    def __init__(self, *judgements: Judgement) -> None:
        self.judgements = judgements

    def judge(self, windows: Sequence[str], vectors: Vectors | None, language: str) -> Sequence[Judgement]:
        return self.judgements


def _rows(texts: Sequence[str]) -> Vectors:
    return np.ones((len(texts), 3), dtype=np.float32)


def test_a_judgement_a_window() -> None:
    assert judged(Fixed(CALM, CALM), _rows, ["a", "b"], "en") == (CALM, CALM)
    assert judged(Fixed(CALM), None, ["a"], "en") == (CALM,)


@pytest.mark.parametrize(
    "vectors",
    [
        np.ones((1, 3), dtype=np.float32),
        np.ones(2, dtype=np.float32),
        np.full((2, 3), np.nan, dtype=np.float32),
        np.full((2, 3), np.inf, dtype=np.float32),
    ],
)
def test_wrong_vectors_are_noticed(vectors: Vectors) -> None:
    with pytest.raises(SemanticFailure, match="vectors"):
        judged(Fixed(CALM, CALM), lambda _: vectors, ["a", "b"], "en")


def test_a_wrong_count_is_noticed() -> None:
    with pytest.raises(SemanticFailure, match="count"):
        judged(Fixed(CALM), _rows, ["a", "b"], "en")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
@pytest.mark.parametrize("field", ["crisis", "clinical", "sensitive"])
def test_a_number_that_is_no_probability_is_noticed(field: str, value: float) -> None:
    wrong = replace(CALM, **{field: value})  # type: ignore[arg-type]
    with pytest.raises(SemanticFailure, match="number"):
        judged(Fixed(wrong), _rows, ["a"], "en")


def test_a_deadline_gives_the_value_or_fails() -> None:
    assert Deadline(2).run(lambda: 7) == 7
    with pytest.raises(SemanticFailure, match="ValueError"):
        Deadline(2).run(lambda: int("x"))


def test_a_hanging_function_is_left_behind_and_too_many_are_refused() -> None:
    gate = threading.Event()
    deadline = Deadline(0.05, most=2)
    for _ in range(2):
        with pytest.raises(SemanticFailure, match="late"):
            deadline.run(lambda: gate.wait(5))
    with pytest.raises(SemanticFailure, match="busy"):
        deadline.run(lambda: True)
    gate.set()
    for _ in range(100):
        try:
            assert deadline.run(lambda: True)
            break
        except SemanticFailure:
            threading.Event().wait(0.02)
    else:
        pytest.fail("the slots did not come back")
