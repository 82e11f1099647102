"""The guard's own top for an embedding model: its upper layers, trained further on the messages, and a linear last step.

The layers below (``midway`` in the catalogue) stay as they are and are shared with the sentence vector, so that the guard needs no second
pass through the model. Training reads their states once; torch is used here only, and the result is an int8 ONNX graph
(``app.models.branch``).
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from app.models.embed import OnnxEmbedder
from app.models.export import OPSET, quantise
from app.models.tap import Arrays, layer_weights

BATCH = 32
RATE, HEAD_RATE, DECAY = 1.5e-4, 1e-3, 0.01
DROPOUT, HEAD_DROPOUT, SMOOTHING = 0.1, 0.2, 0.05
WARM_UP = 0.1
HEADS = 12
LONGEST = 224  # tokens of a message that training reads
THREADS = 2  # fixed: the order of sums, and so the last bits, depend on it

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Halves = NDArray[np.float16]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Course:
    """Some passes over some of the rows. ``weight`` (all rows): how much each counts. ``share`` of the full rate of learning."""

    rows: NDArray[np.bool_]
    weight: Floats
    passes: int = 1
    share: float = 1.0


class Layer(nn.Module):
    """One BERT layer (Devlin et al., 2019), starting from the embedding model's own weights."""

    def __init__(self, start: Arrays) -> None:
        super().__init__()
        self.query, self.key, self.value = (_linear(start, f"attention/self/{part}") for part in ("query", "key", "value"))
        self.out, self.widen, self.narrow = (
            _linear(start, part) for part in ("attention/output/dense", "intermediate/dense", "output/dense")
        )
        self.first, self.second = (_norm(start, part) for part in ("attention/output/LayerNorm", "output/LayerNorm"))
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """(n, tokens, width) states to the same; ``mask`` (n, 1, 1, tokens) is 0 for a token and very negative for padding."""
        query, key, value = (self._heads(part(states)) for part in (self.query, self.key, self.value))
        weights = torch.softmax(query @ key.transpose(2, 3) / query.shape[-1] ** 0.5 + mask, -1)
        seen = (weights @ value).transpose(1, 2).reshape(states.shape)
        states = self.first(states + self.drop(self.out(seen)))
        after: Tensor = self.second(states + self.drop(self.narrow(functional.gelu(self.widen(states)))))
        return after

    def _heads(self, states: Tensor) -> Tensor:
        return states.view(states.shape[0], states.shape[1], HEADS, states.shape[2] // HEADS).transpose(1, 2)


class Top(nn.Module):
    """The layers, then class scores from the mean and the maximum over the tokens."""

    def __init__(self, layers: Sequence[Arrays], classes: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(start) for start in layers)
        self.drop = nn.Dropout(HEAD_DROPOUT)
        self.head = nn.Linear(2 * layers[0]["output/LayerNorm.bias"].shape[0], classes)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """(n, tokens, width) states and an (n, tokens) mask of ones and zeros to (n, classes) scores."""
        keep = mask.to(states.dtype)
        away = (1 - keep)[:, None, None, :] * -1e4
        for layer in self.layers:
            states = layer(states, away)
        mean = (states * keep[:, :, None]).sum(1) / keep.sum(1, keepdim=True)
        most = (states + (1 - keep)[:, :, None] * -1e4).max(1).values
        scores: Tensor = self.head(self.drop(torch.cat([mean, most], 1)))
        return scores


def states_of(embedder: OnnxEmbedder, texts: Sequence[str]) -> list[Halves]:
    """The token states midway of each text, cut at ``LONGEST``."""
    found = {number: rows[:LONGEST].astype(np.float16) for number, rows in embedder.states(texts)}
    return [found[number] for number in range(len(texts))]


def upper_layers(model: Path, midway: int) -> list[Arrays]:
    """The weights of the layers above ``midway`` of the graph in ``model``."""
    layers: list[Arrays] = []
    while found := layer_weights(model, midway + len(layers)):
        layers.append(found)
    return layers


def fit_top(states: Sequence[Halves], target: Ints, layers: Sequence[Arrays], classes: int, courses: Sequence[Course], say: Say) -> Top:
    """Train on one course after the other. The same data give the same weights on the same kind of processor."""
    torch.manual_seed(0)
    torch.set_num_threads(THREADS)
    top = Top(layers, classes)
    for course in courses:
        study(top, states, target, course, say)
    return top


def study(top: Top, states: Sequence[Halves], target: Ints, course: Course, say: Say) -> None:
    """Train a top further, on one course."""
    order = np.random.default_rng(0)
    rates = ((top.layers, RATE * course.share), (top.head, HEAD_RATE * course.share))
    groups = [{"params": part.parameters(), "lr": rate} for part, rate in rates]
    optimiser = torch.optim.AdamW(groups, weight_decay=DECAY, fused=True)
    chosen = np.flatnonzero(course.rows)
    steps = course.passes * len(_mixed(chosen, states, order))
    pace = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1.0, (step + 1) / (WARM_UP * steps)) * max(0.02, 1 - step / steps))
    top.train()
    for number in range(course.passes):
        for batch in _mixed(chosen, states, order):
            inputs, mask = _batch(states, batch)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores = top(inputs, mask)
            losses = functional.cross_entropy(scores.float(), torch.from_numpy(target[batch]), reduction="none", label_smoothing=SMOOTHING)
            optimiser.zero_grad()
            (losses * torch.from_numpy(course.weight[batch])).mean().backward()  # type: ignore[no-untyped-call]  # torch's own
            nn.utils.clip_grad_norm_(top.parameters(), 1.0)
            optimiser.step()
            pace.step()
        say(f"pass {number + 1} of {course.passes}")
    top.eval()


def kept_top(top_of: Callable[[], Top], layers: Sequence[Arrays], classes: int, file: Path) -> Top:
    """The top kept in ``file``; made, and kept there, when there is none."""
    if not file.is_file():
        top = top_of()
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.save(top.state_dict(), file)
    top = Top(layers, classes)
    top.load_state_dict(torch.load(file, weights_only=True))
    return top.eval()


def score(top: Top, states: Sequence[Halves], rows: Sequence[int]) -> Floats:
    """(len(rows), classes) scores."""
    found = np.zeros((len(rows), top.head.out_features), np.float32)
    order = sorted(range(len(rows)), key=lambda place: len(states[rows[place]]))
    with torch.no_grad():
        for start in range(0, len(order), 2 * BATCH):
            places = order[start : start + 2 * BATCH]
            found[places] = top(*_batch(states, [rows[place] for place in places])).numpy()
    return found


def export_top(top: Top, file: Path) -> None:
    """Write the int8 graph."""
    width = top.head.in_features // 2
    example = (torch.zeros(2, 3, width), torch.ones(2, 3, dtype=torch.int64))
    axes = {"states": {0: "batch", 1: "tokens"}, "mask": {0: "batch", 1: "tokens"}, "scores": {0: "batch"}}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the older exporter needs no further package, and says that it is old
        whole = Path(folder) / "top.onnx"
        torch.onnx.export(
            top.eval(), example, str(whole), input_names=["states", "mask"], output_names=["scores"],
            dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )  # fmt: skip
        quantise(whole, file, per_channel=True)  # nine layers on, one scale a matrix agrees with torch to .94 only, this to .99


def _linear(start: Arrays, place: str) -> nn.Linear:
    weight = start[f"{place}.weight"]
    part = nn.Linear(*weight.shape)
    part.weight.data = torch.from_numpy(np.ascontiguousarray(weight.T))
    part.bias.data = torch.from_numpy(start[f"{place}.bias"].copy())
    return part


def _norm(start: Arrays, place: str) -> nn.LayerNorm:
    part = nn.LayerNorm(start[f"{place}.bias"].shape[0], eps=1e-12)
    part.weight.data = torch.from_numpy(start[f"{place}.weight"].copy())
    part.bias.data = torch.from_numpy(start[f"{place}.bias"].copy())
    return part


def _batch(states: Sequence[Halves], rows: Sequence[int]) -> tuple[Tensor, Tensor]:
    longest = max(len(states[row]) for row in rows)
    inputs = np.zeros((len(rows), longest, states[0].shape[1]), np.float32)
    mask = np.zeros((len(rows), longest), np.int64)
    for place, row in enumerate(rows):
        inputs[place, : len(states[row])] = states[row]
        mask[place, : len(states[row])] = 1
    return torch.from_numpy(inputs), torch.from_numpy(mask)


def _mixed(rows: Ints, states: Sequence[Halves], order: np.random.Generator) -> list[list[int]]:
    """Batches of like length, so that little is padded, in random order."""
    shuffled = order.permutation(rows)
    batches = [batch for start in range(0, len(shuffled), 50 * BATCH) for batch in _cut(shuffled[start : start + 50 * BATCH], states)]
    return [batches[number] for number in order.permutation(len(batches))]


def _cut(rows: Any, states: Sequence[Halves]) -> Iterator[list[int]]:
    alike = sorted((int(row) for row in rows), key=lambda row: len(states[row]))
    return (alike[start : start + BATCH] for start in range(0, len(alike), BATCH))
