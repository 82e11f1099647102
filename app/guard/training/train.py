"""One command makes every file of ``weights/``: ``python -m app.guard.training.train`` (two hours or more on two cores; what was
embedded or trained already is kept).

The same data, code and models give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.errors import ModelError
from app.guard.classifier import ENGLISH_JOIN, FOLDER, LEXICAL, MULTILINGUAL, VECTOR_SCALE, Join, Linear, Network, softmax
from app.guard.training import branch as branch_code
from app.guard.training.branch import Course, Say, Top, export_top, fit_top, kept_top, score, states_of, upper_layers
from app.guard.training.fit import Floats, Sheet, fit_join, fit_linear, fit_network, linear_scores, sheet, votes
from app.guard.training.longer import longer
from app.guard.training.messages import Message, load_messages
from app.guard.training.vectors import CACHE, vectors
from app.models.catalogue import load_catalogue
from app.models.embed import OnnxEmbedder, open_embedder
from app.models.multilingual import open_multilingual

PASSES, PASSES_OTHERS = 2, 1  # over all but the ordinary messages; models that are not the default get one pass
SOUGHT = {"s4", "s5", "s6"}  # rounds that sought out what the guard got wrong: half of their idioms, wills and quiet posts are dangerous
SOUGHT_SHARE = 0.2  # of these the last pass sees so many: life holds far fewer such messages
ORDINARY = {"s7", "s8"}  # rounds that bring what people ordinarily say, for the last pass alone
LAST_SHARE = 0.35  # of the full rate of learning, in the last pass
OTHERS = 6.0  # how much more a message in another language than English counts for the multilingual network


def quiet(line: str) -> None:
    """Says nothing."""


def train(
    messages: Sequence[Message], embedders: Sequence[OnnxEmbedder], folder: Path, models: Path, cache: Path = CACHE, say: Say = quiet
) -> None:
    """Fit the lexical part, a network for other languages, and a branch for each embedder, and write them to ``folder``.

    What is written never saw the held-out messages, so that the published figures are the shipped weights' own; only the last steps are
    fitted on those.
    """
    data = sheet(messages)
    with steady():
        linear = fit_linear(data, ~data.held)
    lexical = softmax(linear_scores(linear, data))
    write_lexical(folder, linear, data.classes, fit_join(data, votes(data, lexical), data.held))
    say("other languages")
    write_multilingual(folder, messages, data, lexical, models, cache)
    for embedder in embedders:
        pupil = Pupil(embedder, messages, data, models, cache, say)
        top = pupil.top()
        write_join(folder / f"{embedder.name}.npz", pupil.join(top, lexical))
        export_top(top, folder / f"{embedder.name}.onnx")


def write_multilingual(folder: Path, messages: Sequence[Message], data: Sheet, lexical: Floats, models: Path, cache: Path = CACHE) -> None:
    """Train a network over the multilingual encoder's vectors on what is not held out, its last step on what is, and write both.

    All languages teach it, English too, but the others, fewer, count for more; the last step is for the others.
    """
    read = vectors(open_multilingual(models), [message.text for message in messages], cache) * VECTOR_SCALE
    with steady():
        network = fit_network(replace(data, weight=data.weight * np.where(data.english, 1, OTHERS)), read, ~data.held)
    other = data.held & ~data.english
    join = fit_join(data, votes(data, lexical, softmax(network.scores(read))), other if _enough(data, other) else data.held)
    write_network(folder / f"{MULTILINGUAL}.npz", network, {MULTILINGUAL: join})


class Pupil:
    """An embedding model whose upper layers are trained, and all that it is trained with: the messages that are taken for English."""

    def __init__(self, embedder: OnnxEmbedder, messages: Sequence[Message], data: Sheet, models: Path, cache: Path, say: Say) -> None:
        entry = load_catalogue().find(embedder.name)
        if entry is None or not entry.midway:
            raise ModelError(f"catalogue.toml doesn't say where a top can be joined to {embedder.name}.")
        self._data, self._cache, self._say = data, cache, say
        self._rows = np.flatnonzero(data.english)
        self._target, self._weight, self._held = data.target[self._rows], data.weight[self._rows], data.held[self._rows]
        texts = [messages[row].text for row in self._rows.tolist()]
        self._states = states_of(embedder, texts)
        self._layers = upper_layers(models / embedder.name / "model.onnx", entry.midway)
        passes = PASSES if embedder.name == load_catalogue().default else PASSES_OTHERS
        self._courses = _courses([messages[row].family.round for row in self._rows.tolist()], ~self._held, self._weight, passes)
        told = [(course.rows.tolist(), course.weight.tolist(), course.passes, course.share) for course in self._courses]
        whole = "\n".join((embedder.fingerprint, *texts, str(self._target.tolist()), str(told), inspect.getsource(branch_code)))
        self._name = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:24]

    def top(self) -> Top:
        """The top trained on what is not held out; kept between runs, since training takes more than an hour."""
        classes = len(self._data.classes)

        def fit() -> Top:
            return fit_top(self._states, self._target, self._layers, classes, self._courses, self._say)

        return kept_top(fit, self._layers, classes, self._cache / f"{self._name}.pt")

    def join(self, top: Top, lexical: Floats) -> Join:
        """The last step, fitted on what is held out."""
        held = np.flatnonzero(self._held)
        branch = np.zeros_like(lexical)
        branch[self._rows[held]] = softmax(score(top, self._states, held.tolist()))
        return fit_join(self._data, votes(self._data, lexical, branch), self._data.held & self._data.english)


def _courses(rounds: Sequence[str], rows: np.ndarray[tuple[int], np.dtype[np.bool_]], weight: Floats, passes: int) -> list[Course]:
    """What is hard to tell first; then, more slowly, what people ordinarily say too, and fewer of those that were sought out."""
    ordinary = np.array([name in ORDINARY for name in rounds])
    sought = np.array([name in SOUGHT for name in rounds])
    drawn = np.random.default_rng(0).random(len(rounds)) < SOUGHT_SHARE
    return [Course(rows & ~ordinary, weight, passes), Course(rows & (~sought | drawn), weight, 1, LAST_SHARE)]


@contextmanager
def steady() -> Iterator[None]:
    """One thread for scikit-learn: the order of sums, and so the last bits, would depend on the number of threads."""
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    with threadpool_limits(1):
        yield


def _enough(data: Sheet, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> bool:
    """True when each output occurs among the rows."""
    return len({data.classes[target].split("/")[0] for target in data.target[rows]}) == 4


def write_lexical(folder: Path, part: Linear, classes: Sequence[str], join: Join) -> None:
    """Write ``lexical.npz``."""
    _save(
        folder / f"{LEXICAL}.npz",
        {
            "classes": np.array(json.dumps(list(classes))),
            "table": part.table,
            "scale": part.scale.astype(np.float16),
            "bias": part.bias.astype(np.float16),
            **_arrays(LEXICAL, join),
        },
    )


def write_join(file: Path, join: Join) -> None:
    """Write the last step that belongs to one embedding model's branch."""
    _save(file, _arrays(ENGLISH_JOIN, join))


def write_network(file: Path, part: Network, joins: Mapping[str, Join]) -> None:
    """Write a network with its last step."""
    layers = {name: getattr(part, name).astype(np.float16) for name in ("first", "first_bias", "second", "second_bias")}
    for name, join in joins.items():
        layers.update(_arrays(name, join))
    _save(file, layers)


def _arrays(name: str, join: Join) -> dict[str, Floats]:
    return {f"{name}_weights": join.weights, f"{name}_bias": join.bias}


def _save(file: Path, arrays: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        np.savez_compressed(out, **arrays)  # type: ignore[arg-type]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m app.guard.training.train", description=__doc__)
    parser.add_argument("--models", type=Path, default=Path(".models"), help="folder of prepared embedding models")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where the weights go")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where embeddings are kept between runs")
    parser.add_argument("--only", default="", help="train for this model alone")
    options = parser.parse_args(arguments)
    catalogue = load_catalogue()
    others = [model.name for model in catalogue.model if model.name != catalogue.default]
    names = [options.only] if options.only else [catalogue.default, *others]
    written = load_messages()
    messages = [*written, *longer(written)]
    embedders = [open_embedder(name, options.models, 2) for name in names]

    def say(line: str) -> None:
        sys.stderr.write(f"{line}\n")

    train(messages, embedders, options.out, options.models, options.cache, say)
    sys.stdout.write(f"{len(messages)} messages, {len({message.family.id for message in messages})} families: {', '.join(names)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
