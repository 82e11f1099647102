from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.domain import Conversation
from app.guard.rules import ADVICE_KINDS, CRISIS_KINDS
from app.guard.screen import Guard

PAIRS = tomllib.loads((Path(__file__).parent / "pairs.toml").read_text(encoding="utf-8"))["pair"]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['kind']}-{pair['differs']}-{pair['danger'][:24]}")
def test_two_messages_that_differ_in_one_thing(guard: Guard, pair: dict[str, str]) -> None:
    danger = guard.screen_rules(Conversation(pair["danger"]))
    assert danger.blocks
    assert danger.category == pair["kind"]
    assert not guard.screen_rules(Conversation(pair["harmless"])).blocks


def test_every_kind_has_a_pair() -> None:
    assert {pair["kind"] for pair in PAIRS} == {*CRISIS_KINDS, *ADVICE_KINDS} - {"unreadable", "unavailable"}
