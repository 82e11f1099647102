"""Headings: one question each, with its subject, each once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.check.headings import check, names_its_subject
from ingest.check.report import Severity
from tests.ingest.check.conftest import CLEAN, HEADINGS, MakeDraft, swap


@pytest.mark.parametrize("heading", ["How long does it take?", "Why is this?", "Do they work?", "What is it like?", "How?"])
def test_a_heading_without_its_subject(heading: str) -> None:
    assert not names_its_subject(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "How long does CBT take?",
        "Is it normal to cry in therapy?",
        "Does it matter whether my therapist is a man?",
        "What is it like to be in hospital?",
        "Will my therapist say what they think?",
        "How do I tell my therapist that I want to stop?",
    ],
)
def test_a_heading_with_its_subject(heading: str) -> None:
    assert names_its_subject(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "Knitting therapy",
        "What is knitting, and how does it help?",
        "Is knitting safe? Is it dear?",
        "How long does it take?",
        "What is a knitter and can I trust one?",
    ],
)
def test_planted_faults(draft: MakeDraft, heading: str) -> None:
    text = swap(HEADINGS[1], heading)
    findings = list(check([draft(text)]))
    assert findings
    assert {finding.severity for finding in findings} == {Severity.ERROR}
    assert {text.splitlines()[finding.line - 1] for finding in findings} == {f"## {heading}"}


@pytest.mark.parametrize("heading", ["What if I start crying and can't stop?", "What can I do when a parent drinks, rages or is unsafe?"])
def test_and_or_alone_do_not_make_two_questions(draft: MakeDraft, heading: str) -> None:
    assert list(check([draft(swap(HEADINGS[1], heading))])) == []


def test_the_same_words_twice_in_one_article_or_two(draft: MakeDraft) -> None:
    assert len(list(check([draft(swap(HEADINGS[1], "What is the Knitting Therapy?"))]))) == 1
    clean = draft(CLEAN)
    other = replace(clean, name="articles/other.md", slug="other")
    findings = list(check([clean, other]))
    assert [finding.article for finding in findings if finding.check == "headings"] == ["articles/other.md"] * len(HEADINGS)
    assert {finding.severity for finding in findings if finding.check == "questions"} == {Severity.WARNING}


def test_documents_of_another_make_may_have_other_headings(draft: MakeDraft) -> None:
    assert list(check([replace(draft(swap(HEADINGS[1], "Our wool")), ours=False)])) == []


def test_the_clean_article_is_clean(draft: MakeDraft) -> None:
    assert list(check([draft(CLEAN)])) == []
