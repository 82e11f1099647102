"""A folder as ingest sees it: what it would set aside, and the documents that a clinic drops in."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from app.errors import SourceError
from app.settings import Settings
from ingest.check.draft import Draft, draft_of
from ingest.check.report import Finding, Severity
from ingest.fetch import Fetcher, Page
from ingest.read import read_sources

CHECK = "readable"
_NOT_FETCHED = "not_fetched"
_WHAT_TO_DO = {
    "encrypted": "Save it without a password.",
    "unsupported_type": "Save it as PDF, Word (.docx), HTML, Markdown or text.",
    "empty": "Put its text in, or take it away.",
    "duplicate": "Keep one of the two.",
    "front_matter": "Mend the lines between --- and ---; corpus/README.md shows how.",
}
_OTHERWISE = "Mend it or take it away: `rapport ingest` sets it aside."


class _NoWeb(Fetcher):
    """Lists of addresses may lie in a library; a check looks at files only."""

    def fetch(self, url: str) -> Page:  # noqa: ARG002 - no address is
        raise SourceError("Pages are not fetched to be checked.", code=_NOT_FETCHED)


def read_folder(folder: Path, settings: Settings, ours: Collection[str]) -> tuple[list[Draft], list[Finding]]:
    """The documents below ``folder`` other than ``ours`` (their names), and an error for each document that ingest would set aside."""
    result = read_sources([str(folder)], settings, fetcher=_NoWeb())
    drafts = [draft_of(article) for article in result.articles if article.origin not in ours]
    findings = [
        Finding(item.origin, 0, CHECK, Severity.ERROR, item.reason, _WHAT_TO_DO.get(item.code, _OTHERWISE))
        for item in result.set_aside
        if item.code != _NOT_FETCHED
    ]
    untitled = [draft for draft in drafts if not draft.meta.title.strip()]
    what = "Give it one: the title is shown with each quote."
    return drafts, findings + [Finding(draft.name, 0, CHECK, Severity.ERROR, "It has no title.", what) for draft in untitled]
