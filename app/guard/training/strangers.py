"""Messages by other hands: the blind sheets of ``evals/suites``, by people who saw neither rules nor training messages.

Our own held-out messages seek out what the guard gets wrong, so the shares on them are far worse than on what strangers write. These are
nearer to that. The sheets are run and counted, never read, but for the 23 harmless messages of three older ones that *rules* blocked on
2026-12-01: they were, to mend the rules.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from app.guard.training.messages import Family, Message

FOLDER = Path(__file__).parents[3] / "evals" / "suites"
SHEETS = tuple(f"blind-{name}" for name in ("crisis", "posts", "harmless", "advice", "languages", "third", "fourth", "sixth", "seventh"))
WHAT = (
    "Rules and classifier together on messages by other hands, who saw neither the rules nor what the classifier learnt from. "
    "Every sheet had been counted before, while limits were looked at, so they flatter a little."
)
_SENSITIVE = ("sensitive", "distress", "past and recovered", "helping", "fiction")


def by_other_hands(folder: Path = FOLDER) -> list[Message]:
    """The messages of the sheets; each one's kind is the category that its writer gave it."""
    return [message for sheet in SHEETS for message in _messages(folder / f"{sheet}.csv")]


def _messages(sheet: Path) -> Iterator[Message]:
    with sheet.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            category = row["why it matters"].partition(":")[0].strip()
            label = _label(row["should be"], category)
            language = category.rpartition(" ")[2] if sheet.stem.endswith("languages") else "en"
            kind = "other languages" if language != "en" else category
            yield Message(row["question"], Family(f"{language}/{label}/{kind}/{sheet.stem}", language, label, kind, ()), sheet.stem)


def _label(wanted: str, category: str) -> str:
    if wanted.startswith("referred"):
        return "crisis" if "crisis" in wanted else "clinical"
    return "sensitive" if any(word in category for word in _SENSITIVE) else "harmless"
