"""Fitting: messages and their features in, the arrays of ``weights/`` out. scikit-learn is used here only, never when serving.

Everything is rounded to small types before it is used further, so that the figures are those of the files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.guard.classifier import OUTPUTS, Join, Linear, Network, grouped, membership
from app.guard.features import BUCKETS, hashed
from app.guard.language import language
from app.guard.training.messages import Message

PARTS = 10  # one of so many is held out: a top takes more than an hour to train, so there is one split, not a rotation
HIDDEN = 256
LABEL_WEIGHT = {"crisis": 1.0, "clinical": 1.0, "sensitive": 1.2, "harmless": 1.5}  # most of what is really asked is harmless
SEEDS, PASSES, BATCH = 4, 6, 128
_JOIN_STRENGTH = 1.0

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Messages as numbers. ``words`` is a scipy CSR matrix (n, BUCKETS); ``held`` (n) is true for what is held out: whole groups."""

    words: Any
    english: NDArray[np.bool_]
    target: Ints
    held: NDArray[np.bool_]
    weight: Floats
    classes: tuple[str, ...]


def sheet(messages: Sequence[Message]) -> Sheet:
    """Features, classes and folds of messages."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]  # scipy has no types

    rows = [hashed(message.text) for message in messages]
    ends = np.cumsum([0, *(len(row.buckets) for row in rows)])
    flat = (np.concatenate([row.weights for row in rows]), np.concatenate([row.buckets for row in rows]), ends)
    names = [f"{message.family.label}/{message.family.kind}" for message in messages]
    classes = tuple(sorted(set(names)))
    return Sheet(
        words=csr_matrix(flat, shape=(len(messages), BUCKETS)),
        english=np.array([language(message.text) == "en" for message in messages]),
        target=np.array([classes.index(name) for name in names]),
        held=np.array([is_held_out(message.group) for message in messages]),
        weight=_family_weights(messages),
        classes=classes,
    )


def is_held_out(group: str) -> bool:
    """Whether a group is held out: settled by its name, so that adding a family moves no other."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % PARTS == 0


def _family_weights(messages: Sequence[Message]) -> Floats:
    counts: dict[str, int] = {}
    for message in messages:
        counts[message.family.id] = counts.get(message.family.id, 0) + 1
    raw = np.array([LABEL_WEIGHT[message.family.label] / counts[message.family.id] ** 0.5 for message in messages])
    weights: Floats = (raw / raw.mean()).astype(np.float32)
    return weights


# --- the two voters ---------------------------------------------------------------------------------------------------


def fit_linear(data: Sheet, rows: NDArray[np.bool_]) -> Linear:
    """The lexical part from some rows, as int8."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=20, max_iter=150, tol=1e-3)
    model.fit(data.words[rows], data.target[rows], sample_weight=data.weight[rows])
    table, bias = np.zeros((BUCKETS, len(data.classes)), np.float32), np.full(len(data.classes), -20, np.float32)
    table[:, model.classes_], bias[model.classes_] = model.coef_.T, model.intercept_
    scale = np.maximum(np.abs(table).max(0), 1e-6) / 127
    return Linear(np.round(table / scale).astype(np.int8), _half(scale), _half(bias))


def linear_scores(part: Linear, data: Sheet) -> Floats:
    """(n, classes) scores of the lexical part."""
    products: Floats = np.asarray(data.words @ part.table.astype(np.float32), np.float32)
    return products * part.scale + part.bias


def fit_network(data: Sheet, read: Floats, rows: NDArray[np.bool_]) -> Network:
    """A network over what it is to read (n, inputs), from some rows, as half floats: the mean of the scores of several, which is one
    wider network.
    """
    from sklearn.neural_network import MLPClassifier

    parts = []
    for seed in range(SEEDS):
        model = MLPClassifier(
            (HIDDEN,),
            alpha=0.1,
            max_iter=PASSES,
            batch_size=min(BATCH, int(rows.sum())),
            learning_rate_init=2e-3,
            random_state=seed,
            n_iter_no_change=PASSES,
        )
        _quietly(model, read[rows], data.target[rows], data.weight[rows])
        parts.append(_layers(model, len(data.classes)))
    return Network(
        _half(np.hstack([part.first for part in parts])),
        _half(np.hstack([part.first_bias for part in parts])),
        _half(np.vstack([part.second for part in parts]) / SEEDS),
        _half(np.mean([part.second_bias for part in parts], axis=0)),
    )


def _layers(model: Any, classes: int) -> Network:
    second, bias = np.zeros((HIDDEN, classes), np.float32), np.full(classes, -20, np.float32)
    second[:, model.classes_], bias[model.classes_] = model.coefs_[1], model.intercepts_[1]
    return Network(model.coefs_[0], model.intercepts_[0], second, bias)


def _quietly(model: Any, rows: Floats, target: Ints, weight: Floats) -> None:
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of passes is chosen, not reached
        model.fit(rows, target, sample_weight=weight)


def _half(values: NDArray[np.floating[Any]]) -> Floats:
    return values.astype(np.float16).astype(np.float32)


# --- the last step ------------------------------------------------------------------------------------------------------


def votes(data: Sheet, *chances: Floats) -> Floats:
    """(n, 4 x voters) log-odds, what the last step reads."""
    groups = membership(data.classes)
    return np.hstack([grouped(part, groups) for part in chances])


def fit_join(data: Sheet, features: Floats, rows: NDArray[np.bool_]) -> Join:
    """The last step from the votes of parts that never saw the rows: one logistic unit an output."""
    from sklearn.linear_model import LogisticRegression

    belongs = membership(data.classes)[data.target]
    weights, biases = [], []
    for output in range(len(OUTPUTS) - 1):
        model = LogisticRegression(C=_JOIN_STRENGTH, max_iter=500)
        model.fit(features[rows], belongs[rows, output], sample_weight=data.weight[rows])
        weights.append(model.coef_[0])
        biases.append(model.intercept_[0])
    return Join(np.array(weights, np.float32).round(4), np.array(biases, np.float32).round(4))
