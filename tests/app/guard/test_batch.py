from __future__ import annotations

import json
import time

import pytest

from app.guard.batch import screen_lines
from app.guard.screen import Guard


def _screen(guard: Guard, *lines: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in screen_lines(lines, guard)]


def test_a_line_each_in_order(guard: Guard) -> None:
    found = _screen(guard, '{"id": 1, "text": "I want to die"}', "", '{"id": "b", "text": "What is CBT?"}\n')
    assert found == [
        {"id": 1, "outcome": "crisis", "category": "suicide", "layer": "rules"},
        {"id": "b", "outcome": "pass", "category": "", "layer": ""},
    ]


@pytest.mark.parametrize(
    "history",
    [
        ["I want to die"],
        [{"role": "user", "content": "I want to die"}],
        [{"role": "user", "text": "I want to die"}],
        [{"content": "I want to die"}],
    ],
)
def test_history_in_any_usual_shape(guard: Guard, history: list[object]) -> None:
    assert _screen(guard, json.dumps({"id": 1, "history": history, "text": "jk"}))[0]["outcome"] == "crisis"


def test_assistant_turns_are_not_the_persons(guard: Guard) -> None:
    history = [{"role": "assistant", "content": "I want to die"}, 7, {"role": "user"}]
    assert _screen(guard, json.dumps({"id": 1, "history": history, "text": "What is CBT?"}))[0]["outcome"] == "pass"


@pytest.mark.parametrize("line", ["{", "[1]", '"x"', '{"id": 3}', '{"id": 3, "text": 5}', "null", "[" * 100_000])
def test_a_bad_line_gets_the_safe_outcome(guard: Guard, line: str) -> None:
    assert _screen(guard, line)[0]["outcome"] == "clinical_advice"


def test_a_bad_line_keeps_its_id(guard: Guard) -> None:
    assert _screen(guard, '{"id": 3, "text": null}')[0]["id"] == 3


def test_a_lone_surrogate_is_read(guard: Guard) -> None:
    assert _screen(guard, '{"id": 1, "text": "I want to die \\ud800"}')[0]["outcome"] == "crisis"


def test_thousands_of_lines_a_minute(guard: Guard, benign: list[str]) -> None:
    start = time.process_time()
    assert len(_screen(guard, *(json.dumps({"id": i, "text": text}) for i, text in enumerate(benign)))) == len(benign)
    assert len(benign) / (time.process_time() - start) * 60 > 10_000
