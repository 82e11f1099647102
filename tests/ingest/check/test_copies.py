"""The same words in two articles."""

from __future__ import annotations

from dataclasses import replace

from ingest.check.copies import check, runs_of
from ingest.check.limits import limits
from ingest.check.report import Severity
from tests.ingest.check.conftest import FRONT, MakeDraft

COPIED = "A therapist listens to what you say about your week and asks what helped, and then you plan one small step together."
OTHER = "Wool comes from sheep that graze on hills in the north, and farmers shear each of the animals once a year in June."


def test_a_copied_paragraph_is_an_error_in_ours_and_a_warning_elsewhere(draft: MakeDraft) -> None:
    first = replace(draft(f"{FRONT}\n{COPIED}\n\n{OTHER}\n"), slug="first", name="first")
    second = draft(f"{FRONT}\nSome words of its own.\n\n{COPIED}\n")
    assert [(f.article, f.severity) for f in check([first, second], limits())] == [(second.name, Severity.ERROR)]
    assert [f.severity for f in check([first, replace(second, ours=False)], limits())] == [Severity.WARNING]


def test_half_of_it_is_a_warning_and_other_words_are_nothing(draft: MakeDraft) -> None:
    first = replace(draft(f"{FRONT}\n{COPIED}\n"), slug="first", name="first")
    half = draft(
        f"{FRONT}\nA therapist listens to what you say about your week and asks what went wrong, so that nobody has to hurry at all.\n"
    )
    assert [f.severity for f in check([first, half], limits())] == [Severity.WARNING]
    assert list(check([first, draft(f"{FRONT}\n{OTHER}\n")], limits())) == []


def test_help_lines_may_stand_in_the_two_articles_that_list_them(draft: MakeDraft) -> None:
    pair = [replace(draft(f"{FRONT}\n{COPIED}\n"), slug=slug, name=slug) for slug in ("crisis-lines", "finding-help-by-region")]
    assert list(check(pair, limits())) == []


def test_runs() -> None:
    assert len(runs_of("one two three four five six")) == 2
    assert runs_of("one two three four") == frozenset()
