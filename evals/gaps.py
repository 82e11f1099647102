"""What to write next: topics near which questions were declined, from the counts that ``app/gaps.py`` keeps when a clinic turns it on.

A count is of at least ``k`` questions and no message is ever kept, so this can say where articles are missing and never what anybody asked.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import SettingsError
from app.gaps import read_counts
from evals.cases import SuiteError
from evals.records import Run
from evals.summary import fate


@dataclass(frozen=True)
class Gap:
    """A topic (an article's slug) and how many questions near it were declined."""

    topic: str
    count: int


def read_gaps(files: Sequence[Path]) -> list[Gap]:
    """The counts of one or more services, added up, most first. Raises ``SuiteError`` on a file that isn't one of counts."""
    total: Counter[str] = Counter()
    for file in files:
        try:
            total.update(read_counts(file).counts)
        except SettingsError as error:
            raise SuiteError(str(error)) from None
        except OSError as error:
            raise SuiteError(f"{file} can't be opened ({type(error).__name__}).") from None
    return [Gap(topic, count) for topic, count in sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))]


def declined_in(run: Run) -> list[Gap]:
    """The same from a run: cases that should be answered and were declined, by the article the sheet names."""
    wanted = [
        outcome.case.must_cite[0][0]
        for outcome in run.outcomes
        if outcome.case.must_cite and "answered" in (outcome.case.should_be or ("answered",)) and fate(outcome) == "declined"
    ]
    return [Gap(topic, count) for topic, count in Counter(wanted).most_common()]


def describe_gaps(files: Sequence[Path], *, as_json: bool = False) -> str:
    """The counts as text, or as JSON."""
    gaps = read_gaps(files)
    if as_json:
        return json.dumps({"gaps": [{"topic": gap.topic, "declined": gap.count} for gap in gaps]}, indent=1)
    if not gaps:
        return "Nothing yet: a topic is listed once enough questions near it were declined."
    lines = [f"{gap.count:6}  {gap.topic}" for gap in gaps]
    return "\n".join(["Questions were declined near these articles (how often, at least):", *lines])
