"""Writing one build folder, from articles and passages to a sealed manifest."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from app.domain import Article, Passage
from app.retrieve import layout
from app.retrieve.content import write_content
from app.retrieve.dense import Store
from app.retrieve.lexical import LexicalDocument, build_lexical
from app.retrieve.manifest import Manifest, SetAside, seal_files, write_manifest
from app.retrieve.outside import outside_examples
from ingest.vectors import CachedEmbedder

HEAD_CHARS = 800


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build will hold, in row order, and its name. The passages of an article follow each other, in the order of the articles."""

    name: str
    recipe: dict[str, str]
    hashes: dict[str, str]
    articles: tuple[Article, ...]
    passages: tuple[Passage, ...]
    set_aside: tuple[SetAside, ...]


def write_build(folder: Path, plan: Plan, vectors: CachedEmbedder, store: Store) -> None:
    """Write everything of the build into ``folder``, which must not exist. The manifest comes last: without it, it isn't a build."""
    embedder, on_progress = vectors.embedder, vectors.on_progress
    folder.mkdir(parents=True)
    write_content(folder / layout.CONTENT, plan.articles, plan.passages)
    passages = _write_passages(folder, plan, vectors)
    _write_heads(folder, plan, vectors, passages)
    questions = _write_questions(folder, plan, vectors)
    _write_outside(folder, vectors)
    sentences = _write_sentences(folder, plan, vectors)
    total = len(plan.passages)
    store.write([passage.id for passage in plan.passages], passages, lambda done: on_progress("storing vectors", done, total))
    on_progress("keyword index", 0, total)
    build_lexical(folder / layout.LEXICAL, _lexical_documents(plan))
    on_progress("keyword index", total, total)
    manifest = Manifest(
        name=plan.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model=embedder.name,
        fingerprint=embedder.fingerprint,
        dimension=embedder.dimension,
        store=plan.recipe["store"],
        recipe=plan.recipe,
        articles=plan.hashes,
        passages=total,
        sentences=sentences,
        questions=questions,
        set_aside=plan.set_aside,
        files=seal_files(folder),
    )
    write_manifest(folder, manifest)


def _write_passages(folder: Path, plan: Plan, vectors: CachedEmbedder) -> NDArray[np.float32]:
    row_of = {article.slug: row for row, article in enumerate(plan.articles)}
    np.save(folder / layout.ARTICLE_ROWS, np.array([row_of[passage.article] for passage in plan.passages], np.int32))
    out = _new_array(folder / layout.PASSAGES, (len(plan.passages), vectors.embedder.dimension), np.float32)
    vectors.fill(out, [passage.text for passage in plan.passages], "passage", "embedding passages")
    return out


def _write_heads(folder: Path, plan: Plan, vectors: CachedEmbedder, passages: NDArray[np.float32]) -> None:
    """An article as a whole: halfway between its opening and the mean of its passages (not of unit length)."""
    out = _new_array(folder / layout.HEADS, (len(plan.articles), vectors.embedder.dimension), np.float32)
    texts = [f"{article.title}\n{article.summary}\n{article.text[:HEAD_CHARS]}" for article in plan.articles]
    vectors.fill(out, texts, "passage", "embedding articles")
    for article, start, stop in _runs(plan):
        mean = passages[start:stop].mean(0) if stop > start else out[article]
        out[article] = (out[article] + mean / max(float(np.linalg.norm(mean)), 1e-12)) / 2


def _write_questions(folder: Path, plan: Plan, vectors: CachedEmbedder) -> int:
    texts: list[str] = []
    points: list[tuple[int, int, int, int]] = []
    for article, start, stop in _runs(plan):
        for question in plan.articles[article].questions:
            texts.append(question)
            points.append((article, start, stop, 0))
        first = start
        for section, run in groupby(plan.passages[start:stop], key=lambda passage: passage.section):
            last = first + len(list(run))
            if section:
                texts.append(section)
                points.append((article, first, last, 1))
            first = last
    np.save(folder / layout.QUESTION_ROWS, np.array(points, np.int32).reshape(-1, 4))
    out = _new_array(folder / layout.QUESTIONS, (len(texts), vectors.embedder.dimension), np.float32)
    vectors.fill(out, texts, "query", "embedding questions")
    return len(texts)


def _write_outside(folder: Path, vectors: CachedEmbedder) -> None:
    examples = outside_examples()
    out = _new_array(folder / layout.OUTSIDE, (len(examples), vectors.embedder.dimension), np.float32)
    vectors.fill(out, examples, "query", "embedding examples")


def _write_sentences(folder: Path, plan: Plan, vectors: CachedEmbedder) -> int:
    text_of = {article.slug: article.text for article in plan.articles}
    starts = np.zeros(len(plan.passages) + 1, np.int64)
    starts[1:] = np.cumsum([len(passage.sentences) for passage in plan.passages])
    np.save(folder / layout.SENTENCE_STARTS, starts)
    texts = [text_of[passage.article][span.start : span.end] for passage in plan.passages for span in passage.sentences]
    out = _new_array(folder / layout.SENTENCES, (len(texts), vectors.embedder.dimension), np.float16)
    vectors.fill(out, texts, "passage", "embedding sentences")
    return len(texts)


def _runs(plan: Plan) -> Iterator[tuple[int, int, int]]:
    """(article row, first passage row, row after its last) of each article."""
    stops = {slug: len(list(run)) for slug, run in groupby(plan.passages, key=lambda passage: passage.article)}
    start = 0
    for row, article in enumerate(plan.articles):
        stop = start + stops.get(article.slug, 0)
        yield row, start, stop
        start = stop


def _lexical_documents(plan: Plan) -> Iterator[LexicalDocument]:
    aliases = {article.slug: "\n".join(article.aliases) for article in plan.articles}
    for row, passage in enumerate(plan.passages):
        yield LexicalDocument(row, passage.title, passage.section, passage.text, aliases[passage.article])


def _new_array(path: Path, shape: Sequence[int], dtype: type[np.generic]) -> NDArray[Any]:
    """An array file to be filled in any order. Its room is taken first: a full disk is then an ``OSError`` here, not a SIGBUS later."""
    if not shape[0]:
        empty = np.zeros(tuple(shape), dtype)
        np.save(path, empty)
        return empty
    array: NDArray[Any] = open_memmap(path, mode="w+", dtype=dtype, shape=tuple(shape))
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array
