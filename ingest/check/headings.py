"""Headings: each is one question that names its subject, and no two of an article are the same."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import SettingsError
from app.retrieve.words import terms, words
from ingest.check.draft import Draft, Part
from ingest.check.report import Finding, Severity

CHECK = "headings"
QUESTIONS = "questions"
HEADINGS_FILE = Path(__file__).with_name("headings.toml")
_ARTICLES = frozenset({"a", "an", "the"})


class Cues(BaseModel):
    """``headings.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    two_questions: tuple[str, ...]
    pronouns: tuple[str, ...]
    points_forward: tuple[str, ...]
    measures: tuple[str, ...]

    @staticmethod
    def found(patterns: Sequence[str], heading: str) -> re.Match[str] | None:
        """The first match of any of the patterns, or None."""
        return next((match for pattern in patterns if (match := re.search(pattern, heading, re.I))), None)


def check(drafts: Sequence[Draft]) -> Iterator[Finding]:
    """Headings of our articles that are not one question naming its subject, and headings that ask the same words twice."""
    for draft in drafts:
        if draft.ours:
            for heading in draft.headings:
                yield from _form(draft, heading)
    yield from _same_words([draft for draft in drafts if draft.ours])
    yield from _same_questions(drafts)


def _form(draft: Draft, heading: Part) -> Iterator[Finding]:
    def found(message: str, what_to_do: str, severity: Severity = Severity.ERROR) -> Finding:
        return Finding(draft.name, heading.line, CHECK, severity, message, what_to_do)

    text = heading.text.strip()
    if not text.endswith("?"):
        yield found("The heading is not a question.", "Ask it as a reader would: “How long does CBT take?”")
    cues = _cues()
    if cues.found(cues.two_questions, text):
        yield found("The heading asks two questions.", "Make two sections of it, or ask the one that matters.")
    if not names_its_subject(text):
        yield found("The heading does not name its subject.", "Name it: “How long does CBT take?”, not “How long does it take?”")


def names_its_subject(heading: str) -> bool:
    """Whether a heading says what it asks about: it has a telling word, and one comes before any pronoun that points back."""
    cues = _cues()
    pronoun = None if cues.found(cues.points_forward, heading) else cues.found(cues.pronouns, heading)
    return bool(set(terms(heading[: pronoun.start()] if pronoun else heading)) - set(terms(" ".join(cues.measures))))


def _same_words(drafts: Sequence[Draft]) -> Iterator[Finding]:
    places: defaultdict[tuple[str, ...], list[tuple[Draft, Part]]] = defaultdict(list)
    for draft in drafts:
        for heading in draft.headings:
            places[tuple(word for word in words(heading.text) if word not in _ARTICLES)].append((draft, heading))
    for (first, at), *rest in (found for found in places.values() if len(found) > 1):
        for draft, heading in rest:
            message = f"The heading stands in {first.name}, line {at.line}, too."
            yield Finding(draft.name, heading.line, CHECK, Severity.ERROR, message, "Ask it in one place, and link there.")


def _same_questions(drafts: Sequence[Draft]) -> Iterator[Finding]:
    asked: dict[tuple[str, ...], Draft] = {}
    for draft in drafts:
        for question in draft.meta.questions:
            first = asked.setdefault(tuple(words(question)), draft)
            if first is not draft:
                message = f"“{question}” stands among the questions of {first.name}, too."
                what = "Leave it to the article that answers it best."
                yield Finding(draft.name, draft.line_of("questions"), QUESTIONS, Severity.WARNING, message, what)


@cache
def _cues() -> Cues:
    try:
        return Cues.model_validate(tomllib.loads(HEADINGS_FILE.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"{HEADINGS_FILE.name} needs mending: {error}") from None
