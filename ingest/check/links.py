"""Links between articles: each leads somewhere, and they are few."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ingest.check.draft import Draft
from ingest.check.limits import Limits
from ingest.check.report import Finding, Severity

CHECK = "links"
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)


def check(draft: Draft, folder: Path, limits: Limits) -> Iterator[Finding]:
    """Dead links, links to elsewhere, and too many links. ``folder`` is the one that holds the article."""
    inner = 0
    for link in draft.links:
        target = link.target.split("#", 1)[0]
        if _OUTSIDE.match(link.target) or link.target.startswith("//"):
            what = "Name the organisation in words; addresses belong in the sources."
            yield Finding(draft.name, link.line, CHECK, Severity.ERROR, "It links to another site.", what)
            continue
        inner += 1
        if target and not (folder / target).is_file():
            what = "Link to the file name of an article, such as cbt.md."
            yield Finding(draft.name, link.line, CHECK, Severity.ERROR, f"The link to “{link.target}” leads nowhere.", what)
        if Path(target).stem == draft.slug:
            yield Finding(draft.name, link.line, CHECK, Severity.WARNING, "It links to itself.", "Take the link away.")
    if inner > limits.most_links:
        message = f"It has {inner} links to other articles."
        yield Finding(draft.name, 0, CHECK, Severity.WARNING, message, f"Keep the {limits.most_links} that help most.")
