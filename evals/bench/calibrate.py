"""Fits ``app/retrieve/answerable.toml``: when is what was found an answer?

    python -m evals.bench.calibrate [--model NAME] [--write]

Fitted on evals/suites/*-dev.csv and first-contact.csv (answered against declined), shown on *-held.csv, which it never learns from. A
logistic regression over the signs of ``app.retrieve.find.Signs``; needs the dev extra (scikit-learn) and an index made with the model.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.retrieve.find import Signs
from app.settings import load
from app.wiring import Rapport

SUITES = Path(__file__).parents[1] / "suites"
CURVE = Path(__file__).with_name("curve.json")
TARGET = Path(__file__).parents[2] / "app" / "retrieve" / "answerable.toml"
FIT = (("answers-dev", "answered"), ("first-contact", "answered"), ("declined-dev", "declined"))
HELD = (("answers-held", "answered"), ("declined-held", "declined"))
SIGNS = ("passage", "sentence", "asked", "outside", "covered")
PLAIN = ("passage", "sentence", "outside", "covered")
SCALE = 10.0  # cosines differ by hundredths: brings them to the size that the regulariser expects
WRONGLY_DECLINED = 0.025  # of the answerable questions fitted on: where the cut-off is set
OFF_TOPIC = 0.15  # of the declined questions fitted on: so many of them are near enough to be called on topic


def main() -> None:
    """Measure the signs, fit, show the held-out curve; write with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write answerable.toml and curve.json")
    arguments = parser.parse_args()
    settings = load()
    rapport = Rapport(settings)
    rapport.open()
    fit, held = _measured(rapport, FIT), _measured(rapport, HELD)
    model = rapport.readiness().model
    tables = {"listed": _fit(fit, SIGNS), "plain": _fit(fit, PLAIN)}
    curves = {kind: _curve(table, held) for kind, table in tables.items()}
    for kind, curve in curves.items():
        print(f"{model}, {kind}: held-out declined / wrongly declined at the cut-off: {curve['at_cutoff']}")  # noqa: T201 - a command
    if arguments.write:
        _write(model, tables)
        CURVE.write_text(json.dumps({"model": model, "suites": [name for name, _ in HELD], **curves}, indent=1) + "\n", "utf-8")


def _measured(rapport: Rapport, suites: tuple[tuple[str, str], ...]) -> list[tuple[Signs, bool]]:
    rows = []
    for name, wanted in suites:
        with (SUITES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            questions = [row["question"] for row in csv.DictReader(file) if row["should be"] == wanted and not row["history"]]
        rows += [(signs, wanted == "answered") for signs in rapport.signs(questions)]
    return rows


def _matrix(rows: list[tuple[Signs, bool]], names: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([[asdict(signs)[name] * (1 if name == "covered" else SCALE) for name in names] for signs, _ in rows])


def _fit(rows: list[tuple[Signs, bool]], names: tuple[str, ...]) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression

    answered = np.array([answer for _, answer in rows])
    model = LogisticRegression(C=30, max_iter=10_000, class_weight="balanced").fit(_matrix(rows, names), answered)
    weights = dict.fromkeys(SIGNS, 0.0) | {
        name: float(weight) * (1 if name == "covered" else SCALE) for name, weight in zip(names, model.coef_[0], strict=True)
    }
    chances = model.predict_proba(_matrix(rows, names))[:, 1]
    answer_from = float(np.quantile(chances[answered], WRONGLY_DECLINED))
    topic_from = float(np.quantile(chances[~answered], 1 - OFF_TOPIC))
    return {"bias": float(model.intercept_[0]), **weights, "answer_from": answer_from, "topic_from": min(topic_from, answer_from)}


def _curve(table: dict[str, float], rows: list[tuple[Signs, bool]]) -> dict[str, Any]:
    from app.retrieve.answerable import Answerable

    judge = Answerable(**table)
    chances = np.array([judge.probability(signs) for signs, _ in rows])
    answered = np.array([answer for _, answer in rows])

    def at(cutoff: float) -> dict[str, float]:
        declined = chances < cutoff
        return {
            "cutoff": round(cutoff, 3),
            "declined": round(float(declined[~answered].mean()), 3),
            "wrongly_declined": round(float(declined[answered].mean()), 3),
        }

    return {"at_cutoff": at(table["answer_from"]), "curve": [at(float(cutoff)) for cutoff in np.linspace(0.02, 0.98, 25)]}


def _write(model: str, tables: dict[str, dict[str, float]]) -> None:
    import tomllib

    text = TARGET.read_text("utf-8")
    known = tomllib.loads(text) | {model: tables}
    header = text[: text.index("[")]
    lines = [header]
    for name, kinds in sorted(known.items()):
        for kind, table in kinds.items():
            lines.append(f'["{name}".{kind}]\n' + "".join(f"{key} = {value:.4g}\n" for key, value in table.items()) + "\n")
    TARGET.write_text("".join(lines).rstrip("\n") + "\n", "utf-8")


if __name__ == "__main__":
    main()
