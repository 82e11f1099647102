"""The classifier: what a window of text means, from its embedding, its words and its letters. numpy only; no forward pass of its own.

Three parts vote. The *lexical* part is linear over hashed words and letters and knows every language of the training messages. The
*embedding* part is a small network over the question's own vector and counted cues. The *branch* is the embedding model's own upper half
trained further for the guard (``weights/<model>.onnx``); the model runs it in the same pass and hands its class scores over behind the
vector. There are weights for the catalogue's default and its fallback. A last, calibrated step joins the three; a model without weights
leaves the lexical part alone, and ``describe()`` says so. Other languages than English, which the embedding model doesn't know, are read
through the vectors of a multilingual encoder in place of it, when there is one. Weights come from ``app.guard.training.train``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import SettingsError
from app.guard.features import BUCKETS, Cues, hashed, load_cues
from app.guard.language import language as language_of
from app.guard.semantic import Judgement

FOLDER = Path(__file__).parent / "weights"
LEXICAL = "lexical"
MULTILINGUAL = "use-multilingual-3"
OUTPUTS = ("crisis", "clinical", "sensitive", "harmless")
VECTOR_SCALE = 8.0  # brings unit vectors to the size of the cues
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
    """Class scores from vectors and cues: one hidden layer of rectified units.

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
    """Judges windows (``semantic.Semantic``). ``network`` and ``joins`` are None and one join without an embedding model's weights.

    ``joins`` maps "lexical", "english", "other" and "use-multilingual-3" to last steps; the second and third need ``network``, the last one
    ``multilingual`` and what it is over: the vectors of ``read``. Immutable, safe to share between threads.
    """

    classes: tuple[str, ...]
    cues: Cues
    linear: Linear
    joins: dict[str, Join]
    network: Network | None = None
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

        Raises ``ValueError`` for vectors of another shape than the weights were made for.
        """
        if not windows:
            return []
        lexical = softmax(np.stack([self.linear.scores(window) for window in windows]))
        english = np.array([language_of(window) == "en" for window in windows])
        chances, kinds = self.joins[LEXICAL](grouped(lexical, self._groups)), lexical
        if self.network is not None and vectors is not None:
            chances, kinds = self._with_meaning(self.network, windows, vectors, lexical, english)
        foreign = np.flatnonzero(~english).tolist()
        read = self.read([windows[i] for i in foreign]) if self.read is not None and foreign else None
        if read is not None and self.multilingual is not None:
            meaning = softmax(self.multilingual.scores(read * VECTOR_SCALE))
            features = np.hstack([grouped(part, self._groups) for part in (lexical[foreign], meaning)])
            chances[foreign], kinds[foreign] = self.joins[MULTILINGUAL](features), lexical[foreign] + meaning
        return self._judgements(chances, kinds)

    def _with_meaning(
        self, network: Network, windows: Sequence[str], vectors: Floats, lexical: Floats, english: NDArray[np.bool_]
    ) -> tuple[Floats, Floats]:
        """(n, 3) probabilities and (n, classes) shares for the kinds, by the embedding model too."""
        cues = np.stack([self.cues(window) for window in windows])
        dimension = network.first.shape[0] - self.cues.size
        meaning = softmax(network.scores(inputs(vectors[:, :dimension], cues)))
        branch = softmax(vectors[:, dimension:])
        features = np.hstack([grouped(part, self._groups) for part in (lexical, meaning, branch)])
        chances = np.where(english[:, None], self.joins["english"](features), self.joins["other"](features))
        return chances, np.where(english[:, None], lexical + meaning + 2 * branch, lexical + branch)

    def describe(self) -> dict[str, str]:
        """For readiness: which parts vote, and for which embedding model."""
        if self.network is None:
            return {"classifier": "lexical only", "why": f"there are no weights for the embedding model {self.model or '(none)'}"}
        return {"classifier": "lexical, embedding and branch", "model": self.model}

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


def inputs(vectors: Floats, cues: Floats) -> Floats:
    """(n, dimension + cues) what the network reads."""
    joined: Floats = np.hstack([vectors * VECTOR_SCALE, cues]).astype(np.float32)
    return joined


# --- files ------------------------------------------------------------------------------------------------------------


def load_classifier(model: str | None, dimension: int = 0, folder: Path = FOLDER, read: Read | None = None) -> Classifier:
    """The classifier for an embedding model by its catalogue name; lexical only when there are no weights of that name and dimension.

    ``read`` is asked about other languages than English, when there is a last step for it.
    Raises ``SettingsError`` when the weights can't be read or don't fit ``cues.toml``.
    """
    cues = load_cues()
    base = _read(folder / f"{LEXICAL}.npz")
    joins, multilingual = {LEXICAL: _join(base, LEXICAL)}, None
    if read is not None and (folder / f"{MULTILINGUAL}.npz").is_file():
        other = _read(folder / f"{MULTILINGUAL}.npz")
        joins[MULTILINGUAL], multilingual = _join(other, MULTILINGUAL), _network(other)
    lexical = Classifier(
        classes=tuple(json.loads(str(base["classes"]))),
        cues=cues,
        linear=Linear(base["table"].astype(np.int8), base["scale"].astype(np.float32), base["bias"].astype(np.float32)),
        joins=joins,
        model=model or "",
        multilingual=multilingual,
        read=read if multilingual is not None else None,
    )
    known = len(lexical.classes)
    if lexical.linear.table.shape != (BUCKETS, known) or (multilingual is not None and multilingual.second.shape[1] != known):
        raise SettingsError(
            f"{LEXICAL}.npz or {MULTILINGUAL}.npz does not fit this version: train again with python -m app.guard.training.train."
        )
    file = folder / f"{model}.npz"
    if not model or "/" in model or not file.is_file() or not file.with_suffix(".onnx").is_file():
        return lexical
    own = _read(file)
    network = _network(own)
    if network.first.shape[0] - cues.size != dimension or network.second.shape[1] != len(lexical.classes):
        return lexical
    joins |= {name: _join(own, name) for name in ("english", "other")}
    return replace(lexical, joins=joins, network=network)


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
