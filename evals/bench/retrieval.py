"""``rapport bench retrieval``: a BEIR-format folder through our own splitting, build and ranking, and what others make of it.

Documents become articles (title, paragraphs at line breaks) and go through ``ingest.build`` as any article does; only site cleaning is left
out, since these are not web pages, and sentence vectors, which ranking doesn't read.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from app.domain import Article
from app.errors import SourceError
from app.models.embed import Embedder, open_embedder
from app.retrieve.find import Finder
from app.retrieve.index import open_current
from app.retrieve.mix import LEXICAL_SHARE
from app.retrieve.spelling import Speller
from app.settings import Settings
from evals import metrics
from evals.bench.beir import Dataset, Document, load_dataset
from evals.retrieval import METRICS
from ingest.assemble import Slugs, assemble
from ingest.build import build
from ingest.document import RawBlock, RawDocument
from ingest.frontmatter import FrontMatter

Progress = Callable[[str, int, int], None]
Rankings = dict[str, list[str]]
DEEP = 10  # documents a ranking holds
QUERY_BATCH = 64


def run(folder: Path, settings: Settings, on_progress: Progress, *, compare: bool = False) -> dict[str, Any]:
    """Metrics of our ranking on ``folder``; with ``compare`` also of BM25, MiniLM, their rank fusion and the tutorial pipeline."""
    data = load_dataset(folder)
    embedder = open_embedder(settings.embedding_model, settings.models_dir, settings.threads)
    began = time.perf_counter()
    systems: dict[str, dict[str, float]] = {"rapport": scores(ours(data, embedder, settings, on_progress), data)}
    seconds = time.perf_counter() - began
    if compare:
        from evals.bench import others

        systems |= {name: scores(ranking, data) for name, ranking in others.run(data, settings, on_progress).items()}
    return {
        "dataset": folder.name,
        "documents": len(data.documents),
        "queries": len(data.queries),
        "model": embedder.name,
        "seconds": round(seconds, 1),
        **systems["rapport"],
        "systems": systems,
    }


def scores(rankings: Rankings, data: Dataset) -> dict[str, float]:
    """The metrics of the contract, as means over the judged queries."""
    return {name: round(metrics.mean(metric, rankings, data.relevances, k), 4) for name, (metric, k) in METRICS.items()}


def ours(data: Dataset, embedder: Embedder, settings: Settings, on_progress: Progress) -> Rankings:
    """Document ids, best first, for each query: an article's best passage counts."""
    id_of: dict[str, str] = {}
    articles = list(_articles(data.documents, id_of))
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as temporary:
        place = settings.model_copy(update={"index_dir": Path(temporary), "chroma_url": ""})
        build(articles, place, embedder, on_progress=on_progress, sentences=False)
        index = open_current(place.index_dir, embedder.fingerprint)
        try:
            share = LEXICAL_SHARE if settings.retrieve.lexical_share is None else settings.retrieve.lexical_share
            finder = Finder(index, per_article=1, depth=settings.retrieve.candidates, lexical_share=share)
            speller = Speller(index.lexical.vocabulary, embedder.knows)
            slugs = [card.slug for card in index.articles()]
            rankings: Rankings = {}
            for batch in _batches(list(data.queries.items())):
                texts = [speller.correct(text) for _, text in batch]
                for (query, _), text, vector in zip(batch, texts, embedder.queries(texts), strict=True):
                    rankings[query] = [id_of[slugs[row]] for row in finder.best_articles(text, vector, DEEP)]
                on_progress("asking", len(rankings), len(data.queries))
            return rankings
        finally:
            index.close()


def _articles(documents: Iterable[Document], id_of: dict[str, str]) -> Iterable[Article]:
    slugs = Slugs()
    for number, document in enumerate(documents):
        paragraphs = [line.strip() for line in document.text.splitlines() if line.strip()] or [document.title]
        blocks = tuple(RawBlock("paragraph", " ".join(text.split())) for text in paragraphs if text)
        try:
            article = assemble(RawDocument(document.title, blocks, FrontMatter()), f"d{number}.txt", slugs)
        except SourceError:
            continue  # a document without a word can't be found
        id_of[article.slug] = document.id
        yield article


def _batches(items: Sequence[tuple[str, str]]) -> Iterable[Sequence[tuple[str, str]]]:
    return (items[start : start + QUERY_BATCH] for start in range(0, len(items), QUERY_BATCH))
