"""``rapport bench verification``: how well a written sentence is told from one that its quote does not bear out.

Signs are made on the "dev" quotes (``verification/pairs.csv``, ``dev_more.csv``, ``dev_roles.csv``, and ``fresh_three.csv`` and
``fresh_four.csv``, which were looked at once before they were read); figures are of the "held_out" quotes, of ``fresh.csv`` and
``fresh_two.csv``, of which nobody has seen more than counts, and of ``fresh_five.csv``, locked before the last change. Precision depends on
the mix: "in the file" is the mix of the file, "even" counts supported and unsupported pairs equally.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.compose.verify import Verifier
from app.models.embed import Vectors, open_embedder
from app.retrieve.words import terms
from app.settings import Settings
from app.text import sentences
from evals.intervals import in_words, wilson

PAIRS = Path(__file__).with_name("verification") / "pairs.csv"
DEV_MORE = PAIRS.with_name("dev_more.csv")
DEV_ROLES = PAIRS.with_name("dev_roles.csv")
FRESH = PAIRS.with_name("fresh.csv")
FRESH_TWO = PAIRS.with_name("fresh_two.csv")
FRESH_THREE = PAIRS.with_name("fresh_three.csv")
FRESH_FOUR = PAIRS.with_name("fresh_four.csv")
FRESH_FIVE = PAIRS.with_name("fresh_five.csv")
SHEETS = {"fresh": FRESH, "fresh_two": FRESH_TWO, "fresh_three": FRESH_THREE, "fresh_four": FRESH_FOUR, "fresh_five": FRESH_FIVE}
WANTED_PRECISION = 0.98


@dataclass(frozen=True, slots=True)
class PairCase:
    """A sentence, the quote it is said to rest on, what was done to it, and whether the quote supports it."""

    split: str
    sentence: str
    quote: str
    kind: str
    supported: bool


def load_pairs(path: Path = PAIRS) -> list[PairCase]:
    """All pairs of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [PairCase(r["split"], r["sentence"], r["quote"], r["kind"], r["supported"] == "yes") for r in csv.DictReader(file)]


def dev_pairs() -> list[PairCase]:
    """What signs and limits may be made on: the dev part of the first sheet, and two sheets over the articles."""
    return [pair for pair in (*load_pairs(), *load_pairs(DEV_MORE), *load_pairs(DEV_ROLES)) if pair.split == "dev"]


def run(settings: Settings) -> dict[str, Any]:
    """Ours, plain cosine and word overlap on the held-out pairs; the limits of the other two are chosen on the dev pairs."""
    embed = open_embedder(settings.embedding_model, settings.models_dir, settings.threads)
    verifier = Verifier()
    pairs = load_pairs()
    held = [pair for pair in pairs if pair.split == "held_out"]
    dev = dev_pairs()
    checks = [verifier.check(pair.sentence, pair.quote) for pair in held]
    systems = {"ours": judge(held, [check.ok for check in checks])}
    for name, score in (("cosine", cosine_scores(embed.passages)), ("word overlap", overlap_scores)):
        tuned, fresh = score(dev), score(held)
        for label, wanted in ((f"{name}, precision {WANTED_PRECISION}", WANTED_PRECISION), (f"{name}, best balance", None)):
            limit = choose_limit(dev, tuned, wanted)
            systems[label] = judge(held, [value >= limit for value in fresh]) | {"limit": round(limit, 4)}
    for name, split in (*((sheet, load_pairs(path)) for sheet, path in SHEETS.items()), ("dev", dev)):
        systems[f"ours, {name}"] = judge(split, [verifier.check(pair.sentence, pair.quote).ok for pair in split])
    reasons: dict[str, int] = {}
    for check in checks:
        reasons[check.reason or "shown"] = reasons.get(check.reason or "shown", 0) + 1
    return {"model": embed.name, "pairs": len(held), "systems": systems, "reasons": reasons}


def judge(pairs: Sequence[PairCase], shown: Sequence[bool]) -> dict[str, Any]:
    """Precision, recall and balanced accuracy, and for each kind how many were shown."""
    kinds: dict[str, dict[str, Any]] = {}
    for kind in dict.fromkeys(pair.kind for pair in pairs):
        mine = [passed for pair, passed in zip(pairs, shown, strict=True) if pair.kind == kind]
        kinds[kind] = {"pairs": len(mine), "shown": sum(mine), "interval": [round(bound, 3) for bound in wilson(sum(mine), len(mine))]}
    right = sum(passed and pair.supported for pair, passed in zip(pairs, shown, strict=True))
    wrong = sum(passed and not pair.supported for pair, passed in zip(pairs, shown, strict=True))
    good, bad = sum(pair.supported for pair in pairs), sum(not pair.supported for pair in pairs)
    recall, slipped = right / good, wrong / bad
    return {
        "precision_in_the_file": _share(right, right + wrong),
        "precision_even": round(recall / (recall + slipped), 4) if recall + slipped else None,
        "recall": _share(right, good),
        "unsupported_shown": _share(wrong, bad),
        "balanced_accuracy": round((recall + 1 - slipped) / 2, 4),
        "kinds": kinds,
    }


def _share(hits: int, of: int) -> dict[str, Any]:
    return {
        "hits": hits,
        "of": of,
        "value": round(hits / of, 4) if of else None,
        "interval": [round(bound, 3) for bound in wilson(hits, of)],
    }


def cosine_scores(embed: Callable[[Sequence[str]], Vectors]) -> Callable[[Sequence[PairCase]], list[float]]:
    """The cosine of the sentence with the nearest of the quote's sentences and the whole quote."""

    def score(pairs: Sequence[PairCase]) -> list[float]:
        values = []
        for pair in pairs:
            vectors = embed([pair.sentence, pair.quote, *(pair.quote[span.start : span.end] for span in sentences(pair.quote))])
            values.append(float((vectors[1:] @ vectors[0]).max()))
        return values

    return score


def overlap_scores(pairs: Sequence[PairCase]) -> list[float]:
    """The share of the sentence's content stems that the quote has."""
    values = []
    for pair in pairs:
        said = set(terms(pair.sentence))
        values.append(len(said & set(terms(pair.quote))) / len(said) if said else 0.0)
    return values


def choose_limit(pairs: Sequence[PairCase], scores: Sequence[float], precision: float | None) -> float:
    """The limit with the best recall at ``precision`` in an even mix, or with the best balanced accuracy; over
    every score when none will do."""
    best, chosen = -1.0, max(scores) + 1e-6
    for limit in sorted(set(scores)):
        row = judge(pairs, [score >= limit for score in scores])
        reached = row["balanced_accuracy"] if precision is None else row["recall"]["value"]
        if (precision is None or (row["precision_even"] or 0) >= precision) and reached > best:
            best, chosen = reached, limit
    return chosen


def describe(results: dict[str, Any]) -> str:
    """The figures as lines for people."""
    lines = [f"{results['pairs']} held-out pairs, embedding {results['model']}; precision in an even mix of supported and unsupported"]
    for name, row in results["systems"].items():
        precision = row["precision_even"]
        lines.append(
            f"{name:28} precision {precision if precision is not None else 'none shown':<7} supported shown "
            f"{in_words(row['recall']['hits'], row['recall']['of'])}; unsupported shown "
            f"{in_words(row['unsupported_shown']['hits'], row['unsupported_shown']['of'])}"
        )
    lines.append("shown by kind (ours):")
    lines += [f"  {kind:14} {in_words(row['shown'], row['pairs'])}" for kind, row in results["systems"]["ours"]["kinds"].items()]
    return "\n".join(lines)
