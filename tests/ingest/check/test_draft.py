"""Drafts know their lines, and hold plain text."""

from __future__ import annotations

import pytest

from app.errors import SourceError
from tests.ingest.check.conftest import CLEAN, FRONT, MakeDraft


def test_parts_and_sentences_stand_on_their_lines(draft: MakeDraft) -> None:
    text = f"{FRONT}\nAn **opening**. It has\ntwo lines. A [link](cbt.md).\n\n> Call now.\n\n## Is it so?\n\n- One item.\n- `Two` items.\n"
    lines = text.splitlines()
    made = draft(text)
    assert [(part.kind, part.text) for part in made.parts] == [
        ("paragraph", "An opening. It has\ntwo lines. A link."),
        ("callout", "Call now."),
        ("heading", "Is it so?"),
        ("item", "One item."),
        ("item", "Two items."),
    ]
    for sentence in made.sentences():
        assert sentence.text.split()[-1].strip(".") in lines[sentence.line - 1] or "It has two" in sentence.text
    assert [(link.target, lines[link.line - 1][:3]) for link in made.links] == [("cbt.md", "An ")]


def test_sections_hold_what_stands_under_each_heading(draft: MakeDraft) -> None:
    sections = draft(CLEAN).sections()
    assert [section.heading.text if section.heading else None for section in sections][:2] == [None, "What is knitting therapy?"]
    assert all(section.parts for section in sections)


def test_front_matter_lines(draft: MakeDraft) -> None:
    made = draft(CLEAN)
    assert CLEAN.splitlines()[made.line_of("questions") - 1] == "questions:"
    assert made.line_of("nothing") == 1


def test_an_article_without_text_is_not_a_draft(draft: MakeDraft) -> None:
    with pytest.raises(SourceError):
        draft(FRONT)
