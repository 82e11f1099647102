"""Front matter: each fault is found, on its line; the clean article has none."""

from __future__ import annotations

import pytest

from ingest.check.draft import Draft
from ingest.check.limits import limits
from ingest.check.report import Finding, Severity
from ingest.check.schema import check
from ingest.check.topics import Topics
from tests.ingest.check.conftest import CLEAN, TODAY, MakeDraft, body, swap

TOPICS = Topics({"approaches": ("knitting-therapy",), "skills": ()})


def found(draft: Draft) -> list[Finding]:
    return list(check(draft, limits(), TOPICS, TODAY))


def test_the_clean_article_is_clean(draft: MakeDraft) -> None:
    assert found(draft(CLEAN)) == []


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("title: What is knitting therapy?", 'title: ""', "title"),
        ("summary: Knitting therapy is a made-up therapy with wool. A knitter sits beside you while you talk.", "summary:", "summary"),
        ("topics: [approaches]", "topics: []", "topics"),
        ("topics: [approaches]", "topics: [approaches, cooking]", "topics"),
        ("topics: [approaches]", "topics: [skills, approaches]", "topics"),
        ("audience: [clients]", "audience: [everyone]", "audience"),
        ("region: [all]", "region: [Mars]", "region"),
        ("locale: en", "locale: English", "locale"),
        ("aliases: [wool therapy, therapy with yarn, knit and talk, needle work]", "aliases: [wool therapy]", "aliases"),
        ("aliases: [wool therapy, ", "aliases: [needle work, ", "aliases"),
        ("  - what is knitting therapy\n", "", "questions"),
        ("  - what is knitting therapy\n", "  - Does knit therapy help?\n", "questions"),
        ("  - {by: B. Weaver, title: Hands and moods, year: 2015}\n", "", "sources"),
        ("year: 2015", "year: 2035", "sources"),
        (", year: 2015", "", "sources"),
        ("by: B. Weaver, ", "", "sources"),
        ("written_on: 2026-11-01", "written_on: null", "written_on"),
        ("written_on: 2026-11-01", "written_on: 2026-12-01", "written_on"),
        ("reviewed_by: null", "reviewed_by: Dr Wool", "reviewed_on"),
        ("reviewed_by: null\nreviewed_on: null", "reviewed_by: Dr Wool\nreviewed_on: 2026-10-01", "reviewed_on"),
        ("review_due: 2027-05-01", "review_due: null", "review_due"),
        ("review_due: 2027-05-01", "review_due: 2026-10-01", "review_due"),
    ],
)
def test_a_planted_fault_is_one_error_on_its_line(draft: MakeDraft, old: str, new: str, field: str) -> None:
    made = draft(swap(old, new))
    (finding,) = found(made)
    assert (finding.severity, finding.line) == (Severity.ERROR, made.line_of(field))


def test_missing_and_unknown_entries(draft: MakeDraft) -> None:
    messages = [finding.message for finding in found(draft(swap("locale: en", "language: en")))]
    assert messages == ["The entry “locale” is missing.", "There is no entry called “language”."]


def test_no_front_matter_is_one_error(draft: MakeDraft) -> None:
    (finding,) = found(draft(body()))
    assert "no front matter" in finding.message
