"""Measures rules and classifier together, on families that the classifier never saw and on messages by other hands:
``python -m app.guard.training.evaluate``.

Writes ``app/guard/figures.json``, which /v1/safety publishes, and prints a table. Nothing here changes weights or thresholds.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.domain import Conversation, Outcome
from app.guard.classifier import FOLDER, load_classifier
from app.guard.screen import Guard, load_guard
from app.guard.semantic import Embed
from app.guard.training.fit import is_held_out
from app.guard.training.messages import Message, load_messages
from app.guard.training.strangers import SHEETS, by_other_hands
from app.guard.training.strangers import WHAT as WHAT_STRANGERS
from app.models.catalogue import load_catalogue
from app.models.embed import open_embedder
from app.models.multilingual import open_multilingual

FIGURES = Path(__file__).parents[1] / "figures.json"
COMMAND = "python -m app.guard.training.evaluate"
WHAT = (
    "Rules and classifier together on our own messages; the classifier never saw the family (other languages: the template). "
    "They seek out what an earlier guard got wrong, so these shares are worse than on ordinary messages."
)
WANTED = {"crisis": Outcome.CRISIS, "clinical": Outcome.CLINICAL_ADVICE}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the guard said of a message, with and without the classifier."""

    message: Message
    outcome: Outcome
    by_rules: Outcome


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval (Wilson)."""

    hits: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval at 95 %; (0, 1) of nothing."""
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.959964, self.of, self.hits / self.of
        middle, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (middle - spread) / (1 + z * z / n)), min(1.0, (middle + spread) / (1 + z * z / n))

    def as_dict(self) -> dict[str, float | int]:
        """For the figures file."""
        low, high = self.interval
        return {
            "hits": self.hits,
            "of": self.of,
            "share": round(self.hits / max(1, self.of), 4),
            "low": round(low, 4),
            "high": round(high, 4),
        }


def held_out(messages: Iterable[Message]) -> list[Message]:
    """Those that the shipped parts never saw (only the few numbers of the last step have)."""
    return [message for message in messages if is_held_out(message.group)]


def screened(messages: Iterable[Message], guard: Guard, embed: Embed) -> list[Seen]:
    """Each message through the whole guard."""
    seen = []
    for message in messages:
        conversation = Conversation(message.text)
        seen.append(Seen(message, guard.screen(conversation, embed).outcome, guard.screen_rules(conversation).outcome))
    return seen


def figures(seen: Iterable[Seen]) -> list[dict[str, object]]:
    """A row for each label, kind and language group: caught (crisis, clinical) or wrongly blocked (sensitive, harmless)."""
    groups: dict[tuple[str, str, str], list[Seen]] = {}
    for one in seen:
        family = one.message.family
        for kind in ("all", family.kind):
            for language in {"en" if family.language == "en" else "other", family.language}:
                groups.setdefault((family.label, kind, language), []).append(one)
    return [_row(key, members) for key, members in sorted(groups.items())]


def _row(key: tuple[str, str, str], members: Sequence[Seen]) -> dict[str, object]:
    label, kind, language = key
    return {
        "label": label,
        "kind": kind,
        "language": language,
        "measure": "caught" if label in WANTED else "wrongly blocked",
        "guard": Share(sum(counts(label, one.outcome) for one in members), len(members)).as_dict(),
        "rules_alone": Share(sum(counts(label, one.by_rules) for one in members), len(members)).as_dict(),
    }


def counts(label: str, outcome: Outcome) -> bool:
    """Crisis must be caught as crisis; a request for advice may be caught as either; harmless messages must not be blocked."""
    return outcome is Outcome.CRISIS if label == "crisis" else outcome in (Outcome.CRISIS, Outcome.CLINICAL_ADVICE)


def report(own: Sequence[Seen], strangers: Sequence[Seen], model: str) -> dict[str, object]:
    """The figures file."""
    return {
        "measured_on": date.today().isoformat(),
        "command": COMMAND,
        "model": model,
        "what": WHAT,
        "messages": len(own),
        "families": len({one.message.family.id for one in own}),
        "rows": figures(own),
        "strangers": {"what": WHAT_STRANGERS, "sheets": list(SHEETS), "messages": len(strangers), "rows": figures(strangers)},
    }


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """The rows as a Markdown table."""
    lines = ["| label | kind | language | n | rules alone | with classifier | 95 % |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        guard, rules = row["guard"], row["rules_alone"]
        if isinstance(guard, dict) and isinstance(rules, dict):
            cells = (row["label"], row["kind"], row["language"], guard["of"], f"{rules['share']:.3f}", f"{guard['share']:.3f}")
            lines.append("| " + " | ".join(str(cell) for cell in (*cells, f"{guard['low']:.3f} to {guard['high']:.3f}")) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--models", type=Path, default=Path(".models"), help="folder of prepared embedding models")
    parser.add_argument("--model", default=load_catalogue().default, help="which embedding model")
    parser.add_argument("--out", type=Path, default=FIGURES, help="the figures file")
    options = parser.parse_args(arguments)
    embedder = open_embedder(options.model, options.models, 2, FOLDER)
    classifier = load_classifier(embedder.reader, read=open_multilingual(options.models).queries)
    guard = load_guard(classifier)
    own, strangers = (screened(messages, guard, embedder.readings) for messages in (held_out(load_messages()), by_other_hands()))
    options.out.write_text(json.dumps(report(own, strangers, embedder.name), indent=1) + "\n", "utf-8")
    for seen in (own, strangers):
        sys.stdout.write(table([row for row in figures(seen) if row["language"] in ("en", "other")]) + "\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
