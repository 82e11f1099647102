"""Our embedding model as an ordinary LangChain ``Embeddings``, for whoever builds on LangChain's stores and retrievers."""

from __future__ import annotations

from langchain_core.embeddings import Embeddings

from app.models.embed import Embedder


class RapportEmbeddings(Embeddings):
    """Wraps an ``Embedder``: unit vectors, the model's own prefixes for questions and passages."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self._embedder.passages(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        row: list[float] = self._embedder.queries([text])[0].tolist()
        return row
