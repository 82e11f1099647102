"""The topic list against the articles, both ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ingest.check.draft import Draft
from ingest.check.report import Finding, Severity
from ingest.check.topics import Topics

CHECK = "coverage"
TOPICS_NAME = "topics.toml"


def check(drafts: Sequence[Draft], topics: Topics | None) -> Iterator[Finding]:
    """Topics without an article, articles without a topic, topics listed twice. Nothing without a topic list."""
    if topics is None:
        return
    listed = Counter(topics.slugs)
    ours = {draft.slug: draft for draft in drafts if draft.ours}
    for slug in listed:
        if slug not in ours:
            yield _found(TOPICS_NAME, f"There is no article “{slug}”.", f"Write articles/{slug}.md, or take it off the list.")
        if listed[slug] > 1:
            yield _found(TOPICS_NAME, f"The topic “{slug}” is listed {listed[slug]} times.", "List it once.")
    for slug, draft in ours.items():
        if slug not in listed:
            yield _found(draft.name, "It is not in the topic list.", f"Add it to a group in {TOPICS_NAME}.")


def _found(name: str, message: str, what_to_do: str) -> Finding:
    return Finding(name, 0, CHECK, Severity.ERROR, message, what_to_do)
