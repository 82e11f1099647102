"""Tells an order to a machine from a sentence for people, by its vector, its words and the signs of ``injections.toml``.

A linear model, fitted by ``python -m ingest.training.fit`` on sentences that are there to read (``training/``). It knows the vectors
of one embedding model only and says nothing with another. It stands behind the patterns of ``screen.py`` and in front of the index, and
reads English.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain import Article, Span, TextBlock
from app.errors import SettingsError
from ingest.document import SetAside
from ingest.screen import fold, signs_of
from ingest.split import split
from ingest.vectors import CachedEmbedder

WEIGHTS = Path(__file__).with_name("orders.json")
TOO_MANY = 3  # sentences in one article: one or two may be a mistake, and cost no more than themselves
TOO_LARGE_A_SHARE = 0.05  # ... and of its sentences, since in a long page of notices three are mistaken soon
_BETWEEN = "\n\n"  # blank line between blocks
_TOKEN = re.compile(r"\w+|[#\[\]{}<>:]")
SHORTEST = 15  # characters: less is no order
SIGNED, WORDED = 1.0, 1.0  # how much a sign and a word weigh beside the vector, whose spread is about one
_STEM = 5  # letters: "recommend" and "recommends" are one word then


@dataclass(frozen=True, slots=True)
class Judge:
    """The weights for one embedding model: one a dimension, one a sign, one a word or pair of words. From ``limit`` on it is an order."""

    model: str
    bias: float
    limit: float
    vector: NDArray[np.float32]
    signs: Mapping[str, float]
    words: Mapping[str, float]

    def scores(self, sentences: Sequence[str], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-odds of an order, one a sentence; ``vectors`` is (n, dimension), as ``Embedder.passages`` gives them."""
        plain = [sum(self.signs[s] for s in signs_of(text)) + sum(self.words.get(w, 0.0) for w in pieces(text)) for text in sentences]
        return np.asarray(vectors @ self.vector + self.bias + np.array(plain), np.float64)


def pieces(sentence: str) -> set[str]:
    """Its words, their stems, pairs of neighbouring stems, and how it begins ("^"), folded; brackets and colons count as words."""
    tokens = _TOKEN.findall(fold(sentence))
    stems = ["^", *(token if len(token) <= _STEM else f"{token[:_STEM]}~" for token in tokens)]
    starts = {" ".join(stems[:3])} if len(stems) > 2 else set()
    return {*tokens, *stems[1:], *(f"{one} {other}" for one, other in pairwise(stems)), *starts}


def load_judge(path: Path = WEIGHTS) -> Judge:
    """Read the weights. Raises ``SettingsError``."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return Judge(
            str(data["model"]),
            float(data["bias"]),
            float(data["limit"]),
            np.array(data["vector"], np.float32),
            {name: float(weight) for name, weight in data["signs"].items()},
            {word: float(weight) for word, weight in data["words"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"{path.name} can't be used ({error}). Run: python -m ingest.training.fit --write") from None


def without_orders(articles: Iterable[Article], embed: CachedEmbedder, judge: Judge) -> tuple[list[Article], list[SetAside]]:
    """The articles without the sentences that read like orders, and what was left out and why. One with ``TOO_MANY`` of them, and too
    large a share, is left out whole. With another embedding model all stay as they are.
    """
    given = list(articles)
    if embed.embedder.name != judge.model:
        return given, []
    said = [sentences_of(article) for article in given]
    flat = [article.text[span.start : span.end] for article, spans in zip(given, said, strict=True) for span in spans]
    vectors = np.zeros((len(flat), embed.embedder.dimension), np.float32)
    embed.fill(vectors, flat, "passage", "screening")
    orders = iter(judge.scores(flat, vectors) >= judge.limit)
    kept, aside = list[Article](), list[SetAside]()
    for article, spans in zip(given, said, strict=True):
        found = [span for span in spans if next(orders)]
        rest = article if not found else without(article, found)
        hostile = len(found) >= max(TOO_MANY, TOO_LARGE_A_SHARE * len(spans))
        if hostile or not rest.blocks:
            aside.append(SetAside(article.origin, "injected_instructions", "It holds sentences that read like orders to a machine."))
            continue
        kept.append(rest)
        if found:
            aside.append(SetAside(article.origin, "order_dropped", f"Left out of it: {_counted(len(found))}. The rest is used."))
    return kept, aside


def sentences_of(article: Article) -> list[Span]:
    """Where the sentences stand that the index will hold a vector of; short ones and emergency call-outs left out."""
    safe = [block for block in article.blocks if block.kind == "callout"]
    spans = (span for passage in split(article) for span in passage.sentences if span.end - span.start > SHORTEST)
    return [span for span in spans if not any(block.start <= span.start < block.end for block in safe)]


def without(article: Article, spans: Sequence[Span]) -> Article:
    """The article less ``spans``; a block of which nothing is left goes, too."""
    texts, blocks, at = list[str](), list[TextBlock](), 0
    for block in article.blocks:
        inside = sorted((span for span in spans if block.start <= span.start < block.end), key=lambda span: span.start)
        edges = [block.start, *(edge for span in inside for edge in (span.start, min(span.end, block.end))), block.end]
        text = " ".join(piece for start, end in zip(edges[::2], edges[1::2], strict=True) if (piece := article.text[start:end].strip()))
        if text:
            texts.append(text)
            blocks.append(replace(block, start=at, end=at + len(text)))
            at += len(text) + len(_BETWEEN)
    return replace(article, text=_BETWEEN.join(texts), blocks=tuple(blocks))


def _counted(count: int) -> str:
    return "one sentence that reads like an order to a machine" if count == 1 else f"{count} sentences that read like orders to a machine"
