"""Fits ``ingest/orders.json``: ``python -m ingest.training.fit [--write]``.

Orders of ``orders/`` against the sentences of ``ordinary/`` and of the starter articles. What it prints is of sentences that it had
not seen: orders are left out by family, articles whole, ordinary sentences one by one. The limit lies above all left-out sentences of
the articles, and where no more than ``MOST_ALARMS`` of the ordinary ones are over it.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.models.embed import Embedder, open_embedder
from app.settings import Settings, load
from app.text import sentences
from ingest.document import RawDocument
from ingest.extract.markdown import read_markdown
from ingest.orders import SHORTEST, SIGNED, WEIGHTS, WORDED, pieces
from ingest.screen import sign_names, signs_of

HERE = Path(__file__).parent
FOLDS = 8
STRENGTH = 0.3  # C of the logistic regression
ORDERS_COUNT = 5.0  # weight of an order beside an ordinary sentence
MOST_ALARMS = 0.08  # of the ordinary sentences, which are written to come near
MARGIN = 0.1
KNOWN = 4  # a word counts that as many families, articles or ordinary sentences have: so no brand of one family is learned


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence, whether it is an order, and what is left out together with it."""

    text: str
    kind: str  # "order", "ordinary" or "article"
    group: str


def examples() -> list[Example]:
    """All sentences to learn from, each once."""
    found = [Example(text, "order", family) for family, text in listed(HERE / "orders")]
    found += [Example(text, "ordinary", text) for _, text in listed(HERE / "ordinary")]
    for path in sorted((HERE.parents[1] / "corpus" / "articles").glob("*.md")):
        found += [Example(text, "article", path.stem) for text in said_in(read_markdown(path.read_bytes()))]
    return list({example.text: example for example in reversed(found)}.values())[::-1]


def listed(folder: Path) -> list[tuple[str, str]]:
    """(family, sentence) of a folder of Markdown files with a list under each heading."""
    family, found = "", []
    for line in (line for path in sorted(folder.glob("*.md")) for line in path.read_text("utf-8").splitlines()):
        if line.startswith("## "):
            family = line[3:]
        elif line.startswith("- "):
            found.append((family, line[2:]))
    return found


def said_in(document: RawDocument) -> list[str]:
    """The sentences of a document, its title, headings and questions among them."""
    texts = [document.title, *(block.text for block in document.blocks), document.meta.summary, *document.meta.questions]
    said = (text[span.start : span.end] for text in texts for span in sentences(text))
    return [text for text in said if len(text) > SHORTEST]


class Features:
    """Sentences as rows: the vector, the signs, and those words that ``KNOWN`` groups at least have."""

    def __init__(self, given: Iterable[Example]) -> None:
        counts = Counter(piece for piece, _ in {(piece, example.group) for example in given for piece in pieces(example.text)})
        self.words = sorted(piece for piece, count in counts.items() if count >= KNOWN)
        self.signs = sign_names()

    def rows(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> Any:
        """A scipy matrix, one row a text."""
        from scipy.sparse import csr_matrix, hstack  # type: ignore[import-untyped]  # scipy has no types

        signs = len(self.signs)
        place = {word: at for at, word in enumerate(self.words, start=signs)}
        marks = [(row, self.signs.index(name)) for row, text in enumerate(texts) for name in signs_of(text)]
        marks += [(row, place[piece]) for row, text in enumerate(texts) for piece in pieces(text) if piece in place]
        values = [SIGNED if at < signs else WORDED for _, at in marks]
        shape = (len(texts), signs + len(place))
        return hstack([csr_matrix(vectors * SPREAD), csr_matrix((values, tuple(zip(*marks, strict=True))), shape)]).tocsr()


SPREAD = 6.0  # vectors are of unit length: this makes their differences about as large as one word


def fit(rows: Any, orders: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Coefficients and bias."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=STRENGTH, max_iter=500, class_weight={False: 1.0, True: ORDERS_COUNT}).fit(rows, orders)
    return model.coef_[0], float(model.intercept_[0])


def left_out(given: Sequence[Example], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The score of each sentence by weights that have seen nothing of its group."""
    texts = np.array([example.text for example in given], object)
    orders = np.array([example.kind == "order" for example in given])
    names = {name: at for at, name in enumerate(dict.fromkeys(example.group for example in given if example.kind == "order"))}
    folds = np.array([names.get(example.group, zlib.crc32(example.group.encode())) % FOLDS for example in given])
    scores = np.zeros(len(given))
    for fold in range(FOLDS):
        seen = folds != fold
        features = Features(example for example, is_seen in zip(given, seen, strict=True) if is_seen)
        weights, bias = fit(features.rows(texts[seen], vectors[seen]), orders[seen])
        scores[~seen] = features.rows(texts[~seen], vectors[~seen]) @ weights + bias
    return scores


def limit_of(given: Sequence[Example], scores: NDArray[np.float64]) -> float:
    """The lowest limit that keeps both promises; see the head of this file."""
    articles = max(score for example, score in zip(given, scores, strict=True) if example.kind == "article")
    ordinary = sorted((score for example, score in zip(given, scores, strict=True) if example.kind == "ordinary"), reverse=True)
    return round(float(max(articles, ordinary[int(MOST_ALARMS * len(ordinary))])) + MARGIN, 2)


def embedded(texts: Sequence[str], embedder: Embedder) -> NDArray[np.float32]:
    """Vectors in batches of alike lengths."""
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    out = np.zeros((len(texts), embedder.dimension), np.float32)
    for start in range(0, len(order), 256):
        batch = order[start : start + 256]
        out[batch] = embedder.passages([texts[at] for at in batch])
    return out


def main(settings: Settings, *, write: bool) -> None:
    """Fit, say what left-out sentences show, and write the weights if asked to."""
    embedder = open_embedder(settings.embedding_model, settings.models_dir, settings.threads)
    given = examples()
    vectors = embedded([example.text for example in given], embedder)
    scores = left_out(given, vectors)
    limit = limit_of(given, scores)
    for kind in ("order", "ordinary", "article"):
        mine = [score >= limit for example, score in zip(given, scores, strict=True) if example.kind == kind]
        sys.stdout.write(f"{kind}: {sum(mine)} of {len(mine)} at {limit}\n")
    features = Features(given)
    weights, bias = fit(
        features.rows([example.text for example in given], vectors), np.array([example.kind == "order" for example in given])
    )
    if write:
        size = embedder.dimension
        scaled = [round(float(weight), 3) for weight in weights[size:] * ([SIGNED] * len(features.signs) + [WORDED] * len(features.words))]
        data = {
            "model": embedder.name,
            "bias": round(bias, 3),
            "limit": limit,
            "vector": [round(float(weight), 3) for weight in weights[:size] * SPREAD],
            "signs": dict(zip(features.signs, scaled, strict=False)),
            "words": {word: weight for word, weight in zip(features.words, scaled[len(features.signs) :], strict=True) if weight},
        }
        WEIGHTS.write_text(json.dumps(data, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main(load(), write="--write" in sys.argv)
