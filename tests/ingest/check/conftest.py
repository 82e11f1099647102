"""A small library with one clean article, for faults to be planted in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.check.draft import Draft, read_draft

TODAY = dt.date(2026, 11, 22)

FRONT = """---
title: What is knitting therapy?
summary: Knitting therapy is a made-up therapy with wool. A knitter sits beside you while you talk.
topics: [approaches]
audience: [clients]
region: [all]
locale: en
aliases: [wool therapy, therapy with yarn, knit and talk, needle work]
questions:
  - what is knitting therapy
  - does knit therapy help
  - knitting therapist how many sessions
  - my aunt knits with a therapist, is it real
  - can i do wool therapy at home
sources:
  - {by: A wool board, title: Knitting and rest, year: 2012}
  - {by: B. Weaver, title: Hands and moods, year: 2015}
written_on: 2026-11-01
reviewed_by: null
reviewed_on: null
review_due: 2027-05-01
---
"""
OPENING = "Knitting therapy is talk with wool in hand. The sections below say what happens and what knitting therapy costs."
HEADINGS = (
    "What is knitting therapy?",
    "How long does knitting therapy take?",
    "Who can offer knitting therapy?",
    "What does knitting therapy cost?",
)
THINGS = ("wool", "scarf", "needle", "hat", "sock", "blanket", "pattern", "colour", "stitch", "row", "knot", "glove")


def body() -> str:
    """About 700 clean words: an opening and four sections."""
    sections = []
    for number, heading in enumerate(HEADINGS):
        lines = [f"In part {number + 1} of knitting therapy, a knitter picks up the {thing} and talks at an easy pace." for thing in THINGS]
        sections.append(f"## {heading}\n\n" + "\n".join(lines[:6]) + "\n\n" + "\n".join(lines[6:]))
    return f"\n{OPENING}\n\n" + "\n\n".join(sections) + "\n"


CLEAN = FRONT + body()
MakeDraft = Callable[[str], Draft]


@pytest.fixture
def draft(tmp_path: Path) -> MakeDraft:
    """Makes a draft of an article's whole text."""

    def make(text: str) -> Draft:
        path = tmp_path / "knitting-therapy.md"
        path.write_text(text, "utf-8")
        return read_draft(path, "articles/knitting-therapy.md")

    return make


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder with a topic list and the clean article."""
    folder = tmp_path / "library"
    (folder / "articles").mkdir(parents=True)
    (folder / "articles" / "knitting-therapy.md").write_text(CLEAN, "utf-8")
    (folder / "topics.toml").write_text('[[group]]\nid = "approaches"\ntitle = "Kinds"\narticles = ["knitting-therapy"]\n', "utf-8")
    return folder


def swap(old: str, new: str, text: str = CLEAN) -> str:
    """The clean article with one thing changed."""
    assert old in text
    return text.replace(old, new, 1)
