"""The clinic's approved answers: rows that are malformed, unsigned or expired, and the words in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from pathlib import Path

from app.compose.approved import Approved, read_rows
from app.text import sentences
from ingest.check.draft import Sentence
from ingest.check.report import Finding, Severity
from ingest.check.wording import wording

CHECK = "approved answers"
FILE = "answers.csv"
_ALLOWED_PHONES = "a phone number", "a link or an address", "a brand or an app"  # a clinic may give its own, and sign for it


def check(path: Path, slugs: Collection[str], today: dt.date) -> Iterator[Finding]:
    """What is wrong with the answers in a file; nothing when there is none. ``slugs`` are the articles there are."""
    rows, problems = read_rows(path)
    for problem in problems:
        message = f"Column “{problem.column}”: {problem.message}."
        yield Finding(FILE, problem.row, CHECK, Severity.ERROR, message, "Mend the cell; corpus/README.md shows an example.")
    for row in rows:
        yield from _state(row, today)
        yield from _words(row)
        for slug in row.articles:
            if slug not in slugs:
                message = f"There is no article “{slug}”."
                yield Finding(FILE, row.row, CHECK, Severity.ERROR, message, "Write the file name of an article, without .md.")


def _state(row: Approved, today: dt.date) -> Iterator[Finding]:
    def found(message: str, what_to_do: str, severity: Severity = Severity.WARNING) -> Finding:
        return Finding(FILE, row.row, CHECK, severity, message, what_to_do)

    if not row.signed:
        yield found("The answer is not signed, so it is never given.", "Fill in “signed by” and “signed on”.")
    elif row.signed_on and row.signed_on > today:
        yield found("It is signed on a day that has not come yet.", "Mend the date.", Severity.ERROR)
    if row.expires_on is None:
        yield found("The answer has no last day, so it is never given.", "Fill in “expires on”, a year from now at most.")
    elif row.expired(today):
        yield found(f"The answer expired on {row.expires_on.isoformat()} and is not given any more.", "Read it again, then sign it anew.")


def _words(row: Approved) -> Iterator[Finding]:
    for span in sentences(row.answer):
        for rule, words in wording().found(Sentence(row.answer[span.start : span.end], row.row, "paragraph"), ""):
            if rule.name not in _ALLOWED_PHONES:
                message = f"“{words}” ({rule.name}): {rule.why}"
                yield Finding(FILE, row.row, CHECK, Severity.WARNING, message, rule.instead)
