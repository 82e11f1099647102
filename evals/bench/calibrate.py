"""Fits ``app/retrieve/answerable.toml``: when is what was found an answer?

    python -m evals.bench.calibrate [--write]

A logistic regression over the signs of ``app.retrieve.find.Signs``, answered against declined, on the suites in ``FIT`` and some of the
library's own names for its topics. The cut-off is set on chances that each question got from weights fitted without its family (questions
alike in meaning), so that it isn't set on what the weights know by heart. Shown on ``HELD``, which it never learns from. Needs the dev
extra (scikit-learn) and an index made with the model.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
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
FIT = (
    ("answers-dev", "answered"),
    ("answers-more", "answered"),
    ("first-contact", "answered"),
    ("over-triggering", "answered"),
    ("advice", "answered"),
    ("retrieval", "answered"),
    ("declined-dev", "declined"),
    ("declined-more", "declined"),
)
HELD = (("answers-held", "answered"), ("declined-held", "declined"))
PLAIN = ("passage", "sentence", "outside", "covered", "article", "length", "named")
LISTED = (*PLAIN, "asked")
SIZES = {"covered": 1.0, "length": 1.0, "named": 1.0}  # of a step that the regulariser expects; cosines differ by hundredths
COSINE = 10.0
STRENGTH = 3  # scikit-learn's C
FAMILY = 0.88  # mean cosine above which questions are one family
FOLDS = 10
ROUNDS = 5  # of dealing the families into folds; each question's chance is the mean
WRONGLY_DECLINED = 0.015  # of the answerable questions fitted on, by weights that don't know them: where the cut-off is set
NAMES = 6  # every sixth alias of the library is a question to be answered: people type "panic attacks" and no more
OFF_TOPIC = 0.15  # of the declined questions fitted on: so many of them are near enough to be called on topic


@dataclass(frozen=True)
class Measured:
    """Questions of some suites: their signs, whether each is to be answered, and the family it belongs to (-1: none, a mere name)."""

    signs: tuple[Signs, ...]
    answered: NDArray[np.bool_]
    families: NDArray[np.int64]

    @property
    def asked(self) -> NDArray[np.bool_]:
        """(n,) whether somebody's question, and no mere name."""
        return self.families >= 0

    def matrix(self, names: tuple[str, ...]) -> NDArray[np.float64]:
        """(n, names) signs in steps of like size."""
        return np.array([[asdict(signs)[name] * SIZES.get(name, COSINE) for name in names] for signs in self.signs])


def main() -> None:
    """Measure the signs, fit, show the held-out curve; write with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write answerable.toml and curve.json")
    arguments = parser.parse_args()
    rapport = Rapport(load())
    rapport.open()
    fit, held = _measured(rapport, FIT, _names(rapport)), _measured(rapport, HELD)
    model = rapport.readiness().model
    print(f"{model}: {int(fit.asked.sum())} questions in {len(set(fit.families[fit.asked]))} families, {len(held.signs)} held out")  # noqa: T201 - a command
    tables = {"listed": _fit(fit, LISTED), "plain": _fit(fit, PLAIN)}
    curves = {kind: _curve(table, held) for kind, table in tables.items()}
    for kind, curve in curves.items():
        print(f"{kind}: fitted on {_shares(tables[kind], fit)}; held out {curve['at_cutoff']}")  # noqa: T201
    if arguments.write:
        _write(model, tables)
        CURVE.write_text(json.dumps({"model": model, "suites": [name for name, _ in HELD], **curves}, indent=1) + "\n", "utf-8")


def _names(rapport: Rapport) -> list[str]:
    articles = [article for card in rapport.articles() if (article := rapport.article(card.slug)) is not None]
    return sorted({alias for article in articles for alias in article.aliases})[::NAMES]


def _measured(rapport: Rapport, suites: tuple[tuple[str, str], ...], names: Sequence[str] = ()) -> Measured:
    questions, answered = [], []
    for name, wanted in suites:
        some = _questions(name, wanted)
        questions += some
        answered += [wanted == "answered"] * len(some)
    assert rapport.embedder is not None  # noqa: S101 - it is open
    families = families_of(rapport.embedder.queries(questions))
    signs = (*rapport.signs(questions), *rapport.signs(names))
    return Measured(signs, np.array(answered + [True] * len(names)), np.concatenate([families, np.full(len(names), -1)]))


def _questions(suite: str, wanted: str) -> list[str]:
    folder = SUITES / suite
    if folder.is_dir():
        lines = (folder / "queries.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line)["text"] for line in lines]
    with folder.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        return [row["question"] for row in csv.DictReader(file) if row["should be"] == wanted and not row["history"]]


def families_of(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """(n,) a family number for each of (n, d) unit vectors: questions that are alike get the same one."""
    from sklearn.cluster import AgglomerativeClustering

    clusters = AgglomerativeClustering(n_clusters=None, distance_threshold=1 - FAMILY, metric="cosine", linkage="average")
    return np.asarray(clusters.fit_predict(vectors), np.int64)


def chances_unseen(matrix: NDArray[np.float64], answered: NDArray[np.bool_], families: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n,) each question's chance by weights fitted without its family: the mean over ``ROUNDS`` ways to deal the families into folds."""
    total = np.zeros(len(answered))
    for seed in range(ROUNDS):
        fold_of = np.random.default_rng(seed).permutation(int(families.max()) + 1) % FOLDS
        fold = np.where(families < 0, -1, fold_of[families])
        for number in range(FOLDS):
            seen, unseen = fold != number, fold == number
            total[unseen] += _regression().fit(matrix[seen], answered[seen]).predict_proba(matrix[unseen])[:, 1]
    return total / ROUNDS


def _regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH, max_iter=10_000, class_weight="balanced")


def _fit(measured: Measured, names: tuple[str, ...]) -> dict[str, float]:
    matrix, answered = measured.matrix(names), measured.answered
    model = _regression().fit(matrix, answered)
    fitted = {name: float(weight) * SIZES.get(name, COSINE) for name, weight in zip(names, model.coef_[0], strict=True)}
    weights = {name: fitted.get(name, 0.0) for name in Signs.__dataclass_fields__}
    chances = chances_unseen(matrix, answered, measured.families)
    answer_from = float(np.quantile(chances[answered & measured.asked], WRONGLY_DECLINED))
    topic_from = float(np.quantile(chances[~answered], 1 - OFF_TOPIC))
    return {"bias": float(model.intercept_[0]), **weights, "answer_from": answer_from, "topic_from": min(topic_from, answer_from)}


def _shares(table: dict[str, float], measured: Measured) -> dict[str, float]:
    return dict(_curve(table, measured)["at_cutoff"])


def _curve(table: dict[str, float], measured: Measured) -> dict[str, Any]:
    from app.retrieve.answerable import Answerable

    judge = Answerable(**table)
    chances = np.array([judge.probability(signs) for signs in measured.signs])[measured.asked]
    answered = measured.answered[measured.asked]

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
