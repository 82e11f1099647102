"""Headings: each is one question that names its subject, and no two of an article are the same."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from app.retrieve.words import terms, words
from ingest.check.draft import Draft, Part
from ingest.check.report import Finding, Severity

CHECK = "headings"
QUESTIONS = "questions"
_ASKS = r"(?:is|are|can|could|do|does|did|should|will|would) (?:i|it|my|the|a|an|they|you|we|therapy|someone|people)"
_TWO = re.compile(rf"\?.*\?|\b(?:and|or),? (?:how|what|why|when|where|who|which|{_ASKS})\b", re.I)
_POINTING = re.compile(r"\b(?:it|its|they|them|their|this|that|these|those|he|she|him|her)\b", re.I)
# "Is it normal to cry in therapy?": the "it" points forward.
_FORWARD = re.compile(
    r"\b(?:is|was|does|will|can|could|would|what['’]?s|what is|make|feel)\s+it\b.*\b(?:to|if|that|when|whether|for|like|being|having)\b"
    r"|\b(?:so|such) that\b|\b(?:mean|sure|feel|know|worried|told|find|signs?) that\b",
    re.I,
)
_LEAST_TERMS = 1
_ARTICLES = frozenset({"a", "an", "the"})


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
    if _TWO.search(text):
        yield found("The heading asks two questions.", "Make two sections of it, or ask the one that matters.")
    if not names_its_subject(text):
        yield found("The heading does not name its subject.", "Name it: “How long does CBT take?”, not “How long does it take?”")


def names_its_subject(heading: str) -> bool:
    """Whether a heading says what it asks about: it has a telling word, and no pronoun comes before the first noun that could be meant."""
    if len(terms(heading)) < _LEAST_TERMS:
        return False
    if _FORWARD.search(heading):
        return True
    pronoun = _POINTING.search(heading)
    # Two telling words before the pronoun are likely a noun and its verb ("Will my therapist say what they think?").
    return pronoun is None or len(terms(heading[: pronoun.start()])) >= _LEAST_TERMS


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
