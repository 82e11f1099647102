"""Screening of many messages, one JSON line each: what ``rapport screen`` runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from app.domain import Conversation, Turn, Verdict
from app.guard.screen import FAILSAFE, Guard
from app.guard.semantic import Embed


def screen_lines(lines: Iterable[str], guard: Guard, embed: Embed | None = None) -> Iterator[str]:
    """For each line ``{"id", "text"}`` or ``{"id", "history", "text"}`` a line ``{"id", "outcome", "category", "layer"}``, in order.

    Empty lines are left out. A line that can't be read gets the safe fallback's outcome, its id if it has one. Nothing raises.
    """
    for line in lines:
        if line.strip():
            yield _one(line, guard, embed)


def _one(line: str, guard: Guard, embed: Embed | None) -> str:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return _said(None, FAILSAFE)
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        return _said(data.get("id") if isinstance(data, dict) else None, FAILSAFE)
    return _said(
        data.get("id"),
        guard.screen(Conversation(data["text"], tuple(_turns(data.get("history"))), data.get("region"), data.get("locale")), embed),
    )


def _turns(history: Any) -> Iterator[Turn]:
    """Earlier turns in any usual shape: role and content, or plain strings (the person's)."""
    for turn in history if isinstance(history, list) else ():
        if isinstance(turn, str):
            yield Turn("user", turn)
        elif isinstance(turn, dict):
            text = turn.get("content", turn.get("text"))
            if isinstance(text, str):
                yield Turn("assistant" if turn.get("role") in ("assistant", "bot", "system") else "user", text)


def _said(name: Any, verdict: Verdict) -> str:

    return json.dumps({"id": name, "outcome": verdict.outcome.value, "category": verdict.category, "layer": verdict.layer})
