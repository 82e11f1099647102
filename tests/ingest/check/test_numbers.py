"""Amounts, and amounts that can't both be true."""

from __future__ import annotations

import pytest

from ingest.check.numbers import amounts, differing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Often 6 to 20 weekly sessions.", {"session": [(6, 20)]}),
        ("A session lasts 45-60 minutes.", {"minute": [(45, 60)]}),
        ("One to two years, or six months.", {"year": [(1, 2)], "month": [(6, 6)]}),
        ("About 10 per cent, or 12%.", {"%": [(10, 10), (12, 12)]}),
        ("An hour with 3 people in 2012.", {}),
    ],
)
def test_amounts(text: str, expected: dict[str, list[tuple[float, float]]]) -> None:
    assert amounts(text) == expected


def test_only_amounts_that_do_not_overlap_differ() -> None:
    assert list(differing("It takes 6 to 20 sessions.", "It takes 12 sessions.")) == []
    assert list(differing("It takes 6 sessions.", "It takes 6 weeks.")) == []
    assert list(differing("It takes 6 to 8 sessions.", "It takes twelve sessions.")) == [("sessions", "6 to 8", "12")]
