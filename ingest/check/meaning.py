"""What the embedding model adds: texts that mean the same in other words. Without a prepared model these checks are left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.models.embed import Embedder
from app.retrieve.words import terms
from ingest.check.draft import Draft, Part, words_of
from ingest.check.limits import Alike
from ingest.check.numbers import differing
from ingest.check.report import Finding, Severity

HEADINGS, PARAGRAPHS, QUESTIONS, NUMBERS = "headings alike", "passages alike", "question elsewhere", "numbers differ"
CHECKS = (HEADINGS, PARAGRAPHS, QUESTIONS, NUMBERS)
_TELLING_WORDS = 12  # a shorter paragraph is a phrase
_SAME_SUBJECT = 0.7
_ROWS = 512  # rows of a similarity matrix at a time

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Headed:
    """A section with a heading, and what stands under it."""

    draft: Draft
    heading: Part
    text: str

    @property
    def place(self) -> str:
        return f"{self.draft.name}, line {self.heading.line}"


def check(drafts: Sequence[Draft], embedder: Embedder, alike: Alike, phone_articles: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """Headings and paragraphs of different articles that say the same, and questions that another article answers better."""
    headed = [_Headed(draft, section.heading, section.text) for draft in drafts for section in draft.sections() if section.heading]
    vectors = embedder.queries([place.heading.text for place in headed])
    yield from _headings(headed, vectors, alike)
    yield from _questions(drafts, headed, vectors, embedder, alike)
    yield from _paragraphs(drafts, embedder, alike, phone_articles)


def _headings(headed: Sequence[_Headed], vectors: Vectors, alike: Alike) -> Iterator[Finding]:
    for one, other, cosine in pairs_above([place.draft.slug for place in headed], vectors, alike.heading_numbers):
        first, second = headed[one], headed[other]
        if cosine >= alike.heading:
            message = f"The heading asks much the same as {first.place}."
            what = "Ask it in one place and link there, or say what differs."
            yield Finding(second.draft.name, second.heading.line, HEADINGS, Severity.WARNING, message, what)
        if not same_subject(first.heading.text, second.heading.text):
            continue
        for unit, mine, theirs in differing(second.text, first.text):
            message = f"It says {mine} {unit}, and {first.place} says {theirs}, under a heading much alike."
            what = "See whether both can be true; if so, say what differs."
            yield Finding(second.draft.name, second.heading.line, NUMBERS, Severity.WARNING, message, what)


def _questions(
    drafts: Sequence[Draft], headed: Sequence[_Headed], headings: Vectors, embedder: Embedder, alike: Alike
) -> Iterator[Finding]:
    asked = [(draft, question) for draft in drafts for question in draft.meta.questions]
    if not asked or not headed:
        return
    slugs = np.array([place.draft.slug for place in headed])
    titles = dict(zip((draft.slug for draft in drafts), embedder.queries([draft.meta.title for draft in drafts]), strict=True))
    for (draft, question), vector in zip(asked, embedder.queries([question for _, question in asked]), strict=True):
        scores = headings @ vector
        mine = slugs == draft.slug
        own = max(float(scores[mine].max(initial=-1)), float(titles[draft.slug] @ vector))
        best = int(np.where(mine, -1, scores).argmax())
        if not mine[best] and scores[best] > own + alike.question_margin:
            message = f"“{question}” is nearer to a heading of {headed[best].place}, than to any here."
            what = "Answer it under a heading here, or leave the question to that article."
            yield Finding(draft.name, draft.line_of("questions"), QUESTIONS, Severity.INFO, message, what)


def _paragraphs(drafts: Sequence[Draft], embedder: Embedder, alike: Alike, phone_articles: frozenset[str]) -> Iterator[Finding]:
    found = [(draft, part) for draft in drafts for part in draft.parts if is_passage(part)]
    if not found:
        return
    vectors = embedder.passages([part.text for _, part in found])
    for one, other, _ in pairs_above([draft.slug for draft, _ in found], vectors, alike.paragraph):
        (first, at), (second, part) = found[one], found[other]
        if {first.slug, second.slug} <= phone_articles:  # the same lines, and both must name them
            continue
        message = f"It says much the same as {first.name}, line {at.line}."
        yield Finding(second.name, part.line, PARAGRAPHS, Severity.WARNING, message, "Say it in one article and link there.")


def same_subject(one: str, other: str) -> bool:
    """Whether two headings share most of their telling words: "How long does CBT take?" and "How long does DBT take?" don't."""
    first, second = set(terms(one)), set(terms(other))
    return len(first & second) >= _SAME_SUBJECT * len(first | second) > 0


def is_passage(part: Part) -> bool:
    """A paragraph or item that is long enough to compare. Call-outs are meant to be alike."""
    return part.kind in ("paragraph", "item") and len(words_of(part.text)) >= _TELLING_WORDS


def pairs_above(groups: Sequence[str], vectors: Vectors, least: float) -> Iterator[tuple[int, int, float]]:
    """Pairs (i < j) of unit vectors of different groups whose cosine is at least ``least``, in order."""
    names = np.array(groups)
    for start in range(0, len(vectors), _ROWS):
        block = vectors[start : start + _ROWS] @ vectors.T
        for row, column in np.argwhere(block >= least):
            one, other = start + int(row), int(column)
            if one < other and names[one] != names[other]:
                yield one, other, float(block[row, column])
