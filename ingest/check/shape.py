"""The shape of an article: its length, its sections, and what Markdown it may hold."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.check.draft import Draft
from ingest.check.limits import Limits
from ingest.check.report import Finding, Severity

CHECK = "shape"


def check(draft: Draft, limits: Limits) -> Iterator[Finding]:
    """What is wrong with an article's length and layout."""

    def found(line: int, message: str, what_to_do: str) -> Finding:
        return Finding(draft.name, line, CHECK, Severity.ERROR, message, what_to_do)

    words = sum(len(sentence.words) for sentence in draft.sentences())
    least, most = limits.words
    if not least <= words <= most:
        yield found(0, f"It has {words:,} words.", f"Bring it to {least:,} to {most:,}: add what people ask, or split it.")
    sections = [heading for heading in draft.headings if heading.level == 2]
    least, most = limits.sections
    if not least <= len(sections) <= most:
        yield found(0, f"It has {len(sections)} sections.", f"Give it {least} to {most} headings with ##.")
    for heading in draft.headings:
        if heading.level == 1:
            yield found(heading.line, "The title stands in the text, too.", "Take the # line away: the title is in the front matter.")
    opening = [part for section in draft.sections() if section.heading is None for part in section.parts if part.kind != "callout"]
    sentences = sum(1 for part in opening for _ in part.sentences())
    least, most = limits.opening_sentences
    if not least <= sentences <= most:
        yield found(
            0, f"{sentences} sentences stand before the first heading.", "Open with two or three that say what the article answers."
        )
    for section in draft.sections():
        if not section.parts and section.heading:
            yield found(section.heading.line, "Nothing stands under this heading.", "Answer it, or take it away.")
    for what, line in draft.unwanted:
        yield found(line, f"It holds {what}.", "Say it in plain paragraphs or a list.")
