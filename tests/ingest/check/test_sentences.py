"""Sentences that lean on others, and sentences that stand alone."""

from __future__ import annotations

import pytest

from ingest.check.limits import limits
from ingest.check.report import Severity
from ingest.check.sentences import check, leans
from tests.ingest.check.conftest import CLEAN, FRONT, MakeDraft


@pytest.mark.parametrize(
    "text",
    [
        "This helps many people with panic.",
        "They may ask about your sleep.",
        "It can last for weeks.",
        "However, it rarely lasts.",
        "For example, the therapist may ask about sleep.",
        "But many people feel better.",
        "If they feel ready, clients can speak first.",
        "When it comes back, a therapist can help.",
        "Sometimes these grow weaker in therapy.",
        "As above, the therapist keeps notes.",
        "The therapist works on this way of thinking with you.",
        "In such cases, a doctor can help.",
        "The latter is more common in adults.",
        "Another is a fear of heights.",
        "Such feelings pass.",
    ],
)
def test_leaning(text: str) -> None:
    assert leans(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "A panic attack peaks within minutes, and it passes.",
        "Many people worry that they are losing control.",
        "If panic comes back, it can be treated again.",
        "You can say, “This is hard for me.”",
        'You can ask, "Is it what you would expect?"',
        "One example of a CBT exercise is a thought record.",
        "Therapists say what they can keep private.",
        "The article on breathing shows how.",
    ],
)
def test_standing_alone(text: str) -> None:
    assert leans(text) is None


def test_each_finding_names_its_line(draft: MakeDraft) -> None:
    text = f"{FRONT}\nPanic passes in a while.\nThis helps many people a lot.\n"
    (finding,) = check(draft(text), limits())
    assert (finding.severity, text.splitlines()[finding.line - 1]) == (Severity.ERROR, "This helps many people a lot.")


@pytest.mark.parametrize(
    ("words", "severity"),
    [(2, Severity.WARNING), (4, None), (25, None), (26, Severity.WARNING), (30, Severity.WARNING), (31, Severity.ERROR)],
)
def test_lengths(draft: MakeDraft, words: int, severity: Severity | None) -> None:
    sentence = "Wool " * (words - 1) + "warms."
    assert [finding.severity for finding in check(draft(f"{FRONT}\n{sentence}\n"), limits())] == [severity] * bool(severity)


def test_the_clean_article_is_clean(draft: MakeDraft) -> None:
    assert list(check(draft(CLEAN), limits())) == []
