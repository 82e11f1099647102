"""All checks over one folder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import ModelError, SourceError
from app.models.embed import Embedder, open_embedder
from app.settings import Settings
from ingest.check import (
    answers,
    copies,
    coverage,
    headings,
    links,
    meaning,
    reading_age,
    reviews,
    schema,
    sentences,
    shape,
    wording,
)
from ingest.check.draft import Draft, read_draft
from ingest.check.foreign import read_folder
from ingest.check.limits import Limits, limits
from ingest.check.report import CheckReport, Finding, LeftOut, Severity, in_order
from ingest.check.topics import Topics, read_topics

ARTICLES = "articles"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Library:
    ours: list[Draft]
    dropped_in: list[Draft]
    problems: list[Finding]


def run(
    folder: Path, settings: Settings, *, today: dt.date | None = None, with_model: bool = True, on_progress: Progress | None = None
) -> CheckReport:
    """Check a library. Markdown in ``folder/articles`` is held to the guide; any other document is checked gently.

    Raises ``SourceError`` when there is no such folder, and ``SettingsError`` when a data file of ours or ``topics.toml`` is malformed.
    """
    say = on_progress or _silent
    day, table = today or dt.date.today(), limits()
    say("Reading the articles")
    library = _read(folder, settings)
    topics = read_topics(folder / coverage.TOPICS_NAME)
    drafts = [*library.ours, *library.dropped_in]
    say("Checking them one by one")
    findings = [*library.problems, *coverage.check(drafts, topics)]
    for draft in library.ours:
        findings.extend(_by_the_guide(draft, folder, table, topics, day))
    for draft in library.dropped_in:
        findings.extend(_gently(draft, table, day))
    say("Comparing them")
    findings.extend([*headings.check(drafts), *copies.check(drafts, table)])
    findings.extend(answers.check(folder / answers.FILE, {draft.slug for draft in drafts}, day))
    found, left_out = _by_meaning(drafts, settings, table, say) if with_model else ([], _left_out("they were not asked for"))
    return CheckReport(len(drafts), in_order([*findings, *found]), tuple(left_out))


def _read(folder: Path, settings: Settings) -> _Library:
    if not folder.is_dir():
        raise SourceError(f"There is no folder {folder}.", code="not_found")
    paths = {f"{ARTICLES}/{path.name}": path for path in sorted((folder / ARTICLES).glob("*.md")) if path.stem.lower() != "readme"}
    ours = list[Draft]()
    for name, path in paths.items():
        try:
            ours.append(read_draft(path, name))
        except SourceError:
            continue  # ingest sets it aside for the same reason, which is reported below
    dropped_in, problems = read_folder(folder, settings, paths)
    return _Library(ours, dropped_in, problems)


def _by_the_guide(draft: Draft, folder: Path, table: Limits, topics: Topics | None, today: dt.date) -> Iterator[Finding]:
    yield from schema.check(draft, table, topics, today)
    yield from shape.check(draft, table)
    yield from reading_age.check(draft, table)
    yield from sentences.check(draft, table)
    yield from wording.check(draft)
    yield from links.check(draft, folder / ARTICLES, table)
    yield from reviews.check(draft, today)


def _gently(draft: Draft, table: Limits, today: dt.date) -> Iterator[Finding]:
    """Style is for the clinic to choose: never an error, and how often it is seen rather than each place."""
    yield from reviews.check(draft, today)
    found = [*reading_age.check(draft, table), *wording.check(draft)]
    yield from (replace(finding, severity=Severity.WARNING) for finding in found)
    for check in (sentences.CHECK, sentences.LENGTH):
        places = [finding for finding in sentences.check(draft, table) if finding.check == check]
        if places:
            message = f"{len(places)} sentences; the first: {places[0].message}"
            yield replace(places[0], severity=Severity.INFO, message=message)


def _by_meaning(drafts: Sequence[Draft], settings: Settings, table: Limits, say: Progress) -> tuple[list[Finding], list[LeftOut]]:
    try:
        embedder: Embedder = open_embedder(settings.embedding_model, settings.models_dir, settings.threads)
    except ModelError as error:
        return [], _left_out(str(error))
    alike = table.alike.get(embedder.name)
    if alike is None:
        return [], _left_out(f"limits.toml has no cosines for the embedding model {embedder.name}.")
    say("Comparing what they mean (about a minute)")
    return list(meaning.check(drafts, embedder, alike, table.phone_articles)), []


def _left_out(reason: str) -> list[LeftOut]:
    return [LeftOut(check, reason) for check in meaning.CHECKS]


def _silent(_: str) -> None:
    pass
