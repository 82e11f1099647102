"""The classifier: what a window of text means, from its embedding, its words and its letters. numpy only; no forward pass of its own.

Two parts vote. The *lexical* part is linear over hashed words and letters and knows every language of the training messages. The *branch*
is the embedding model's own upper half trained further for the guard (``weights/<model>.onnx``); the model runs it in the same pass and
hands its class scores over behind the vector. A last, calibrated step joins the two. A model of one's own has no branch: then the lexical
part votes alone, and ``describe()`` says so. Other languages than English, which the embedding models don't know, are read through the
vectors of a multilingual encoder in place of the branch, when there is one. Weights come from ``app.guard.training.train``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import SettingsError
from app.guard.features import BUCKETS, hashed
from app.guard.language import language as language_of
from app.guard.semantic import Judgement

FOLDER = Path(__file__).parent / "weights"
LEXICAL = "lexical"
MULTILINGUAL = "use-multilingual-3"
ENGLISH, ENGLISH_JOIN = "en", "english"
OUTPUTS = ("crisis", "clinical", "sensitive", "harmless")
VECTOR_SCALE = 8.0  # brings unit vectors to the size that the network learns well from
_FLOOR = 1e-6

Floats = NDArray[np.float32]
Read = Callable[[Sequence[str]], Floats | None]  # vectors of texts in any language; None while they can't be had


@dataclass(frozen=True, slots=True)
class Linear:
    """Class scores from hashed words and letters. ``table`` is (BUCKETS, classes) int8, to be multiplied by ``scale`` (classes)."""

    table: NDArray[np.int8]
    scale: Floats
    bias: Floats

    def scores(self, text: str) -> Floats:
        """(classes) scores of one text."""
        row = hashed(text)
        product: Floats = (row.weights @ self.table[row.buckets].astype(np.float32)) * self.scale + self.bias
        return product


@dataclass(frozen=True, slots=True)
class Network:
    """Class scores from vectors: one hidden layer of rectified units.

    Shapes: (inputs, hidden), (hidden), (hidden, classes), (classes).
    """

    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats

    def scores(self, inputs: Floats) -> Floats:
        """(n, classes) scores of (n, inputs) rows."""
        hidden = np.maximum(inputs @ self.first + self.first_bias, 0)
        product: Floats = hidden @ self.second + self.second_bias
        return product


@dataclass(frozen=True, slots=True)
class Join:
    """The calibrated last step: three logistic units (crisis, clinical, sensitive) over log-odds. Shapes (3, features), (3)."""

    weights: Floats
    bias: Floats

    def __call__(self, features: Floats) -> Floats:
        """(n, 3) probabilities of (n, features) rows."""
        chances: Floats = 1 / (1 + np.exp(-np.clip(features @ self.weights.T + self.bias, -30, 30)))
        return chances


@dataclass(frozen=True)
class Classifier:
    """Judges windows (``semantic.Semantic``). ``joins`` maps "lexical", "english" and "use-multilingual-3" to last steps.

    "english" is there when the embedding model ``model`` has a branch, the last one with ``multilingual`` and what it is over: the vectors
    of ``read``. Immutable, safe to share between threads.
    """

    classes: tuple[str, ...]
    linear: Linear
    joins: dict[str, Join]
    model: str = ""
    multilingual: Network | None = None
    read: Read | None = None

    def judge(
        self,
        windows: Sequence[str],
        vectors: NDArray[np.float32] | None,
        language: str = "en",  # noqa: ARG002 - part of the protocol; each window is looked at instead, since people mix languages
    ) -> list[Judgement]:
        """One judgement a window. ``vectors`` (len(windows), dimension + classes) are the windows' question vectors, each with the branch's
        scores behind it (``OnnxEmbedder.readings``), or None.

        Raises ``ValueError`` for vectors that hold no such scores.
        """
        if not windows:
            return []
        lexical = softmax(np.stack([self.linear.scores(window) for window in windows]))
        chances, kinds = self.joins[LEXICAL](grouped(lexical, self._groups)), lexical.copy()
        english = np.array([language_of(window) == ENGLISH for window in windows])
        rows = np.flatnonzero(english)
        if ENGLISH_JOIN in self.joins and vectors is not None and len(rows):
            if vectors.shape[1] <= len(self.classes):
                raise ValueError(f"vectors of width {vectors.shape[1]} hold no scores of {len(self.classes)} classes")
            branch = softmax(vectors[rows, -len(self.classes) :])
            chances[rows], kinds[rows] = self._joined(ENGLISH_JOIN, lexical[rows], branch), lexical[rows] + 3 * branch
        foreign = np.flatnonzero(~english)
        read = self.read([windows[i] for i in foreign.tolist()]) if self.read is not None and len(foreign) else None
        if read is not None and self.multilingual is not None:
            meaning = softmax(self.multilingual.scores(read * VECTOR_SCALE))
            chances[foreign], kinds[foreign] = self._joined(MULTILINGUAL, lexical[foreign], meaning), lexical[foreign] + meaning
        return self._judgements(chances, kinds)

    def describe(self) -> dict[str, str]:
        """For readiness: which parts vote, and for which embedding model."""
        if ENGLISH_JOIN not in self.joins:
            why = f"there are no weights for the embedding model {self.model or '(none)'}. Run: rapport models get default"
            return {"classifier": "lexical only", "why": why}
        return {"classifier": "lexical and branch", "model": self.model}

    def _joined(self, name: str, *parts: Floats) -> Floats:
        return self.joins[name](np.hstack([grouped(part, self._groups) for part in parts]))

    @cached_property
    def _groups(self) -> NDArray[np.bool_]:
        return membership(self.classes)

    def _judgements(self, chances: Floats, kinds: Floats) -> list[Judgement]:
        crisis = [i for i, name in enumerate(self.classes) if name.startswith("crisis/")]
        clinical = [i for i, name in enumerate(self.classes) if name.startswith("clinical/")]
        return [
            Judgement(
                crisis=float(row[0]),
                category=self._kind(crisis[int(kind[crisis].argmax())]),
                clinical=float(row[1]),
                clinical_category=self._kind(clinical[int(kind[clinical].argmax())]),
                sensitive=float(row[2]),
            )
            for row, kind in zip(chances, kinds, strict=True)
        ]

    def _kind(self, index: int) -> str:
        return self.classes[index].split("/")[1]


def softmax(scores: Floats) -> Floats:
    """Probabilities (n, classes) of scores (n, classes)."""
    powers = np.exp(scores - scores.max(1, keepdims=True))
    chances: Floats = powers / powers.sum(1, keepdims=True)
    return chances


def membership(classes: Sequence[str]) -> NDArray[np.bool_]:
    """(classes, 4) which output each class ("crisis/suicide") belongs to."""
    return np.array([[name.startswith(f"{output}/") for output in OUTPUTS] for name in classes])


def grouped(chances: Floats, groups: NDArray[np.bool_]) -> Floats:
    """(n, 4) log-odds of each output, from the probabilities of its classes."""
    share = np.clip(chances @ groups.astype(np.float32), _FLOOR, 1 - _FLOOR)
    odds: Floats = (np.log(share) - np.log1p(-share)).astype(np.float32)
    return odds


# --- files ------------------------------------------------------------------------------------------------------------


def load_classifier(model: str | None, folder: Path = FOLDER, read: Read | None = None) -> Classifier:
    """The classifier for an embedding model by its catalogue name; lexical only when there are no weights of that name.

    ``read`` is asked about other languages than English, when there is a last step for it.
    Raises ``SettingsError`` when the weights can't be read or don't fit this version.
    """
    base = _read(folder / f"{LEXICAL}.npz")
    classes = tuple(json.loads(str(base["classes"])))
    joins, multilingual = {LEXICAL: _join(base, LEXICAL)}, None
    if read is not None and (folder / f"{MULTILINGUAL}.npz").is_file():
        other = _read(folder / f"{MULTILINGUAL}.npz")
        joins[MULTILINGUAL], multilingual = _join(other, MULTILINGUAL), _network(other)
    if base["table"].shape != (BUCKETS, len(classes)) or (multilingual is not None and multilingual.second.shape[1] != len(classes)):
        raise SettingsError(
            f"{LEXICAL}.npz or {MULTILINGUAL}.npz does not fit this version: train again with python -m app.guard.training.train."
        )
    file = folder / f"{model}.npz"
    if model and "/" not in model and file.is_file() and file.with_suffix(".onnx").is_file():
        joins[ENGLISH_JOIN] = _join(_read(file), ENGLISH_JOIN)
    return Classifier(
        classes=classes,
        linear=Linear(base["table"].astype(np.int8), base["scale"].astype(np.float32), base["bias"].astype(np.float32)),
        joins=joins,
        model=model or "",
        multilingual=multilingual,
        read=read if multilingual is not None else None,
    )


def _join(data: dict[str, NDArray[np.generic]], name: str) -> Join:
    return Join(data[f"{name}_weights"].astype(np.float32), data[f"{name}_bias"].astype(np.float32))


def _network(data: dict[str, NDArray[np.generic]]) -> Network:
    return Network(*(data[name].astype(np.float32) for name in ("first", "first_bias", "second", "second_bias")))


def _read(file: Path) -> dict[str, NDArray[np.generic]]:
    try:
        with np.load(file, allow_pickle=False) as data:
            return dict(data)
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(
            f"The guard's weights {file.name} can't be read ({type(error).__name__}): python -m app.guard.training.train."
        ) from None
