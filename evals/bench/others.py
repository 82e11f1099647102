"""What others make of the same folder, in the same run: BM25, plain MiniLM, their rank fusion, the LangChain tutorial pipeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.models.embed import open_embedder
from app.models.fetch import ensure_model
from app.models.langchain import RapportEmbeddings
from app.settings import Settings
from evals.bench.beir import Dataset

Rankings = dict[str, list[str]]
Progress = Callable[[str, int, int], None]
MINILM = "all-MiniLM-L6-v2"
DEEP = 10
POOL = 100
RRF_K = 60  # the constant of Cormack, Clarke and Büttcher (2009)


def run(data: Dataset, settings: Settings, on_progress: Progress) -> dict[str, Rankings]:
    """Rankings by system name."""
    ensure_model(MINILM, settings.models_dir, lambda _: None)
    lexical = bm25(data)
    on_progress("bm25", 1, 1)
    dense = minilm(data, settings)
    on_progress("minilm", 1, 1)
    return {
        "bm25": _cut(lexical),
        "minilm": _cut(dense),
        "rrf(bm25, minilm)": fuse([lexical, dense]),
        "langchain tutorial": tutorial(data, settings),
    }


def bm25(data: Dataset) -> Rankings:
    """BM25 (Lucene's variant) on title and text, English stems and stop words."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    texts = [f"{document.title}\n{document.text}" for document in data.documents]
    retriever = bm25s.BM25()
    retriever.index(bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
    queries = bm25s.tokenize(list(data.queries.values()), stopwords="en", stemmer=stemmer, show_progress=False)
    found, _ = retriever.retrieve(queries, k=min(POOL, len(texts)), show_progress=False)
    return {query: [data.documents[int(row)].id for row in rows] for query, rows in zip(data.queries, found, strict=True)}


def minilm(data: Dataset, settings: Settings) -> Rankings:
    """Cosine of whole documents (cut at the model's 256 tokens) by all-MiniLM-L6-v2."""
    embedder = open_embedder(MINILM, settings.models_dir, settings.threads)
    documents = embedder.passages([f"{document.title} {document.text}".strip() for document in data.documents])
    queries = embedder.queries(list(data.queries.values()))
    return {
        query: [data.documents[int(row)].id for row in np.argsort(-(documents @ vector), kind="stable")[:POOL]]
        for query, vector in zip(data.queries, queries, strict=True)
    }


def fuse(systems: Sequence[Rankings]) -> Rankings:
    """Reciprocal rank fusion with equal weights."""
    fused: Rankings = {}
    for query in systems[0]:
        points: dict[str, float] = {}
        for ranking in systems:
            for place, document in enumerate(ranking[query], start=1):
                points[document] = points.get(document, 0.0) + 1 / (RRF_K + place)
        fused[query] = sorted(points, key=lambda document: -points[document])[:DEEP]
    return fused


def tutorial(data: Dataset, settings: Settings) -> Rankings:
    """The LangChain tutorial: recursive splitter of 1,000 characters with 200 overlap, Chroma, similarity search."""
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    embeddings = RapportEmbeddings(open_embedder(MINILM, settings.models_dir, settings.threads))
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    whole = [Document(f"{document.title}\n{document.text}", metadata={"id": document.id}) for document in data.documents]
    store = Chroma(collection_name="tutorial", embedding_function=embeddings, collection_metadata={"hnsw:space": "cosine"})
    chunks = splitter.split_documents(whole)
    for start in range(0, len(chunks), 1000):
        store.add_documents(chunks[start : start + 1000])
    rankings = {
        query: list(dict.fromkeys(str(found.metadata["id"]) for found in store.similarity_search(text, k=DEEP)))
        for query, text in data.queries.items()
    }
    store.delete_collection()
    return rankings


def _cut(rankings: Rankings) -> Rankings:
    return {query: ranking[:DEEP] for query, ranking in rankings.items()}
