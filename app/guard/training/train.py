"""One command makes every file of ``weights/``: ``python -m app.guard.training.train`` (a few minutes; embeddings are cached).

The same data, code and models give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from app.guard.classifier import FOLDER, LEXICAL, Join, Linear, Network
from app.guard.features import load_cues
from app.guard.training.fit import Floats, Sheet, fit_join, fit_linear, fit_network, held_out_linear, held_out_network, sheet, votes
from app.guard.training.messages import Message, load_messages
from app.guard.training.vectors import CACHE, vectors
from app.models.catalogue import load_catalogue
from app.models.embed import Embedder, open_embedder


def train(messages: Sequence[Message], embedders: Sequence[Embedder], folder: Path, cache: Path = CACHE) -> None:
    """Fit the lexical part and one network an embedder, and write them to ``folder``."""
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    with threadpool_limits(1):  # the order of sums, and so the last bits, would depend on the number of threads
        _train(messages, embedders, folder, cache)


def _train(messages: Sequence[Message], embedders: Sequence[Embedder], folder: Path, cache: Path) -> None:
    data = sheet(messages, load_cues())
    everything = np.ones(len(messages), bool)
    lexical, _ = held_out_linear(data)
    part = fit_linear(data, everything)
    write_lexical(folder, part, data.classes, fit_join(data, votes(data, lexical), everything))
    for embedder in embedders:
        rows = vectors(embedder, [message.text for message in messages], cache)
        meaning, _ = held_out_network(data, rows)
        joins = fit_joins(data, lexical, meaning)
        write_network(folder / f"{embedder.name}.npz", fit_network(data, rows, everything), joins)


def fit_joins(data: Sheet, lexical: Floats, meaning: Floats) -> dict[str, Join]:
    """The last steps for English and for other languages."""
    features = votes(data, lexical, meaning)
    other = ~data.english
    return {
        "english": fit_join(data, features, data.english),
        "other": fit_join(data, features, other if _enough(data, other) else np.ones_like(other)),
    }


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


def write_network(file: Path, part: Network, joins: Mapping[str, Join]) -> None:
    """Write one embedding model's weights."""
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
    names = [options.only] if options.only else [model.name for model in load_catalogue().model]
    messages = load_messages()
    train(messages, [open_embedder(name, options.models, 1) for name in names], options.out, options.cache)
    sys.stdout.write(f"{len(messages)} messages, {len({message.family.id for message in messages})} families: {', '.join(names)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
