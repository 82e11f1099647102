"""What today's guard gets wrong of a file of messages: ``python -m app.guard.training.wrong app/guard/training/messages/en/FILE.md …``.

For whoever writes messages: what is judged rightly already teaches little, so write more around what comes back here. Prints each wrongly
judged line with its label, the outcome and the classifier's chance of danger and of a request for advice; changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

from app.domain import Conversation
from app.guard.classifier import FOLDER, load_classifier
from app.guard.language import language
from app.guard.screen import load_guard
from app.guard.training.evaluate import WANTED, counts
from app.guard.training.messages import families_of, fill, load_slots
from app.models.catalogue import load_catalogue
from app.models.embed import open_embedder
from app.models.multilingual import open_multilingual


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m app.guard.training.wrong", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--models", type=Path, default=Path(".models"), help="folder of prepared embedding models")
    parser.add_argument("--model", default=load_catalogue().default, help="which embedding model")
    options = parser.parse_args(arguments)
    embedder = open_embedder(options.model, options.models, 1, FOLDER)
    classifier = load_classifier(embedder.reader, read=open_multilingual(options.models).queries)
    guard, slots, wrong, seen = load_guard(classifier), load_slots(), Counter[str](), Counter[str]()
    for family in (family for file in options.files for family in families_of(file)):
        rng = Random(family.id)  # noqa: S311 - repeatable choices, nothing secret
        for text in (fill(template, slots, rng) for template in family.templates):
            verdict = guard.screen(Conversation(text), embedder.readings)
            seen[family.label] += 1
            if counts(family.label, verdict.outcome) is not (family.label in WANTED):
                wrong[family.label] += 1
                (chance,) = classifier.judge([text], embedder.readings([text]), language(text))
                said = f"{verdict.outcome.value}/{verdict.category} by {verdict.layer}"
                sys.stdout.write(f"{family.id}: {said}, danger {chance.crisis:.2f}, advice {chance.clinical:.2f}: {text}\n")
    sys.stdout.write(", ".join(f"{label}: {wrong[label]} of {count} wrong" for label, count in sorted(seen.items())) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
