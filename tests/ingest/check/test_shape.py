"""Length and layout."""

from __future__ import annotations

import pytest

from ingest.check.limits import limits
from ingest.check.shape import check
from tests.ingest.check.conftest import CLEAN, FRONT, HEADINGS, OPENING, MakeDraft, body, swap


def test_the_clean_article_is_clean(draft: MakeDraft) -> None:
    assert list(check(draft(CLEAN), limits())) == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (FRONT + "\nShort one.\n\n" + "\n\n".join(f"## {heading}\n\nShort." for heading in HEADINGS), "words"),
        (CLEAN + "\nWool is warm and soft to the hand." * 100, "words"),
        (swap(f"## {HEADINGS[0]}\n", ""), "sections"),
        (swap(f"## {HEADINGS[0]}", f"# Title\n\n## {HEADINGS[0]}"), "title"),
        (swap(OPENING, ""), "sentences stand before"),
        (CLEAN + "\n## What is an empty section?\n", "Nothing stands"),
        (CLEAN + "\n<div>wool</div>\n", "HTML"),
        (CLEAN + "\n![wool](wool.png)\n", "image"),
        (CLEAN + "\n| a | b |\n|---|---|\n| c | d |\n", "table"),
        (CLEAN + "\n```\nwool\n```\n", "code"),
    ],
)
def test_planted_faults(draft: MakeDraft, text: str, word: str) -> None:
    assert any(word in finding.message for finding in check(draft(text), limits()))


def test_call_outs_do_not_count_as_the_opening(draft: MakeDraft) -> None:
    text = FRONT + body().replace(OPENING, f"{OPENING}\n\n> **If you are in danger now:** call. Do not wait. Help is there. Go now.")
    assert list(check(draft(text), limits())) == []
