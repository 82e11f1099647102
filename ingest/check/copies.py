"""The same words in two articles, found by runs of five words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from app.retrieve.words import words
from ingest.check.draft import Draft, Part
from ingest.check.limits import Limits
from ingest.check.meaning import is_passage
from ingest.check.report import Finding, Severity

CHECK = "same words"
_RUN = 5
_LEAST_SHARED = 8  # runs: twelve words in a row, or as much in pieces
_COMMON = 8  # a run that stands in more paragraphs than this is a figure of speech

Run = tuple[str, ...]


def check(drafts: Sequence[Draft], limits: Limits) -> Iterator[Finding]:
    """Paragraphs that share much of their wording with a paragraph of another article."""
    found = [(draft, part) for draft in drafts for part in draft.parts if is_passage(part)]
    runs = [runs_of(part.text) for _, part in found]
    for one, other, share in _shared(runs):
        (first, at), (second, part) = found[one], found[other]
        if first.slug == second.slug or share < limits.same_words_warning:
            continue
        if {first.slug, second.slug} <= limits.phone_articles:  # the same lines, and both must name them
            continue
        severity = Severity.ERROR if share >= limits.same_words_error and second.ours else Severity.WARNING
        yield Finding(second.name, part.line, CHECK, severity, _message(first, at, share), "Say it in one article and link there.")


def runs_of(text: str) -> frozenset[Run]:
    """Each run of five words in a text."""
    spoken = words(text)
    return frozenset(tuple(spoken[start : start + _RUN]) for start in range(len(spoken) - _RUN + 1))


def _shared(runs: Sequence[frozenset[Run]]) -> Iterator[tuple[int, int, float]]:
    """Pairs of paragraphs that share enough runs, and the share of the shorter one's runs that they have in common."""
    where: defaultdict[Run, list[int]] = defaultdict(list)
    for place, own in enumerate(runs):
        for run in own:
            where[run].append(place)
    common: Counter[tuple[int, int]] = Counter()
    for places in where.values():
        if len(places) <= _COMMON:
            common.update((one, other) for position, one in enumerate(places) for other in places[position + 1 :])
    for (one, other), count in sorted(common.items()):
        if count < _LEAST_SHARED:
            continue
        yield one, other, count / min(len(runs[one]), len(runs[other]))


def _message(first: Draft, at: Part, share: float) -> str:
    return f"{share:.0%} of its wording stands in {first.name}, line {at.line}, too."
