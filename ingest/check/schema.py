"""Front matter: all the entries of corpus/README.md, with values that make sense."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from ingest.check.draft import Draft
from ingest.check.limits import Limits, Range
from ingest.check.report import Finding, Severity
from ingest.check.topics import Topics
from ingest.frontmatter import FrontMatter

CHECK = "front matter"
SOURCES = "sources"
DATES = "dates"


def check(draft: Draft, limits: Limits, topics: Topics | None, today: dt.date) -> Iterator[Finding]:
    """What is wrong with an article's front matter."""

    def found(field: str, message: str, what_to_do: str, check: str = CHECK) -> Finding:
        return Finding(draft.name, draft.line_of(field), check, Severity.ERROR, message, what_to_do)

    if not draft.fields:
        yield found("", "It has no front matter.", "Add the entries that corpus/README.md shows, between two lines of ---.")
        return
    for field in FrontMatter.model_fields.keys() - draft.fields.keys():
        yield found("", f"The entry “{field}” is missing.", "Add it; corpus/README.md shows every entry.")
    for field in draft.fields.keys() - FrontMatter.model_fields.keys():
        yield found(field, f"There is no entry called “{field}”.", "Take it out, or mend its spelling.")
    for field, message, what_to_do in (*_texts(draft.meta), *_choices(draft, limits, topics), *_counts(draft.meta, limits)):
        yield found(field, message, what_to_do)
    for message, what_to_do in _sources(draft.meta, limits, today):
        yield found("sources", message, what_to_do, SOURCES)
    for field, message, what_to_do in _dates(draft.meta, today):
        yield found(field, message, what_to_do, DATES)


def _texts(meta: FrontMatter) -> Iterator[tuple[str, str, str]]:
    if not meta.title.strip():
        yield "title", "The title is empty.", "Write the question that the article answers."
    if not meta.summary.strip():
        yield "summary", "The summary is empty.", "Answer the title in one or two plain sentences."
    if not re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", meta.locale):
        yield "locale", "The locale is not a language code.", "Write en, es, or a code such as en-GB."


def _choices(draft: Draft, limits: Limits, topics: Topics | None) -> Iterator[tuple[str, str, str]]:
    meta = draft.meta
    for field, values, allowed in (("audience", meta.audience, limits.audience), ("region", meta.region, limits.region)):
        if not values:
            yield field, f"The entry “{field}” is empty.", f"Choose from: {', '.join(sorted(allowed))}."
        for value in sorted(set(values) - allowed):
            yield field, f"“{value}” is not a known {field}.", f"Choose from: {', '.join(sorted(allowed))}."
    if not meta.topics:
        yield "topics", "The entry “topics” is empty.", "Write the article's group in topics.toml first."
    if topics is None:
        return
    for value in sorted(set(meta.topics) - topics.groups.keys()):
        yield "topics", f"“{value}” is not a group of topics.toml.", f"Choose from: {', '.join(topics.groups)}."
    home = topics.group_of(draft.slug)
    if home and meta.topics and meta.topics[0] != home:
        yield "topics", "The first topic is not the article's group in topics.toml.", f"Write {home} first."


def _counts(meta: FrontMatter, limits: Limits) -> Iterator[tuple[str, str, str]]:
    ranges: tuple[tuple[str, tuple[str, ...], Range], ...] = (
        ("aliases", meta.aliases, limits.aliases),
        ("questions", meta.questions, limits.questions),
    )
    for field, values, (least, most) in ranges:
        if not least <= len(values) <= most:
            yield field, f"It has {len(values)} {field}.", f"Give {least} to {most}."
        if len({value.casefold().strip(" ?") for value in values}) < len(values):
            yield field, f"One of its {field} stands there twice.", "Take one away."


def _sources(meta: FrontMatter, limits: Limits, today: dt.date) -> Iterator[tuple[str, str]]:
    if len(meta.sources) < limits.least_sources:
        yield f"It has {len(meta.sources)} sources.", f"Give at least {limits.least_sources} that you are sure exist."
    for number, source in enumerate(meta.sources, start=1):
        if not source.by.strip() or not source.title.strip():
            yield f"Source {number} lacks who wrote it, or its title.", "Give by, title and year."
        if source.year is None or not 1850 <= source.year <= today.year:
            yield f"Source {number} has no year that can be right.", "Give the year of publication."


def _dates(meta: FrontMatter, today: dt.date) -> Iterator[tuple[str, str, str]]:
    if meta.written_on is None:
        yield "written_on", "The date of writing is missing.", "Write it as 2026-11-22."
    for field, day in (("written_on", meta.written_on), ("reviewed_on", meta.reviewed_on)):
        if day and day > today:
            yield field, f"The date in “{field}” has not come yet.", "Mend the date."
    if bool(meta.reviewed_by) != bool(meta.reviewed_on):
        yield "reviewed_on", "It says who reviewed it or when, and not both.", "Give both, or null for both."
    if meta.written_on and meta.reviewed_on and meta.reviewed_on < meta.written_on:
        yield "reviewed_on", "It was reviewed before it was written.", "Mend the dates."
    since = max((day for day in (meta.written_on, meta.reviewed_on) if day), default=None)
    if meta.review_due is None:
        yield "review_due", "It does not say when a review is due.", "Give a date, often six or twelve months on."
    elif since and meta.review_due <= since:
        yield "review_due", "Its review is due before it was written or reviewed.", "Mend the dates."
