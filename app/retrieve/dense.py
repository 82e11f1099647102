"""Dense search: Chroma, embedded or on a server. The only file that knows Chroma.

A ``Store`` writes one collection (ids and vectors, cosine; never text) and opens it for searching. The embedded reader calls Chroma's
own Rust bindings, not the Python client around them: same engine and same results (a test compares them), without the client's 1.1 s
and 40 MB of imports; see README.md.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from app.errors import BuildError, IndexDamaged, IndexUnavailable

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateCollectionConfiguration, HNSWConfiguration

Vectors = NDArray[np.float32]

COLLECTION = "passages"
BATCH = 1_000
TENANT, DATABASE = "default_tenant", "default_database"


class DenseIndex(Protocol):
    """An open collection; thread-safe."""

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """Up to ``k`` (row, cosine), best first, of a unit vector of the index's dimension."""
        ...

    def close(self) -> None: ...


class Store(Protocol):
    """Where a build's collection lives."""

    def write(self, ids: Sequence[str], vectors: Vectors, on_batch: Callable[[int], None]) -> None:
        """Write the collection anew; ``on_batch`` hears how many rows are in. Raises ``BuildError``."""
        ...

    def open(self, ids: Sequence[str], dimension: int) -> DenseIndex:
        """Open for searching; row i is ``ids[i]``. Raises ``IndexUnavailable`` when it isn't there or holds another number of rows."""
        ...


class EmbeddedStore:
    """A collection in ``folder``. Chroma writes to its files on opening, so readers open a copy (``serving_copy.py``)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, ids: Sequence[str], vectors: Vectors, on_batch: Callable[[int], None]) -> None:
        import chromadb

        self._folder.mkdir(parents=True)
        client = chromadb.PersistentClient(str(self._folder), settings=client_settings())
        try:
            _fill(client, COLLECTION, ids, vectors, on_batch)
        except BuildError as error:
            # Chroma doesn't say that the disk is full, and it holds each vector twice.
            if shutil.disk_usage(self._folder).free < 2 * vectors.nbytes:
                error.code = "disk_full"
            raise
        finally:
            client.close()  # type: ignore[attr-defined]  # PersistentClient is annotated as an interface without it

    def open(self, ids: Sequence[str], dimension: int) -> DenseIndex:
        try:
            index = _Embedded(self._folder, ids)
        except Exception as error:  # the bindings' types have names only in the client, which is not imported here
            raise IndexDamaged(f"Chroma can't open its files ({type(error).__name__}).") from error
        _check(index.count, index.dimension, ids, dimension)
        return index


class ServerStore:
    """The collection ``name`` on the Chroma server at ``url``."""

    def __init__(self, url: str, name: str) -> None:
        self._url, self._name = url, name

    def write(self, ids: Sequence[str], vectors: Vectors, on_batch: Callable[[int], None]) -> None:
        client = self._client()
        with suppress(_not_found()):
            client.delete_collection(self._name)  # what a killed build left
        _fill(client, self._name, ids, vectors, on_batch)

    def open(self, ids: Sequence[str], dimension: int) -> DenseIndex:
        client = self._client()
        try:
            index = _Served(client, self._name, ids)
        except _not_found():
            raise IndexUnavailable("The Chroma server doesn't hold this build. Run: rapport ingest", code="index_missing") from None
        _check(index.count, index.dimension, ids, dimension)
        return index

    def drop(self) -> None:
        """Delete the collection; no error when it isn't there or the server is away."""
        with suppress(_not_found(), IndexUnavailable):
            self._client().delete_collection(self._name)

    def _client(self) -> ClientAPI:
        import chromadb

        parts = urlsplit(self._url)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 8000)
        try:
            return chromadb.HttpClient(host=parts.hostname or "", port=port, ssl=secure, settings=client_settings())
        except ValueError:  # what the client makes of a refused connection
            raise IndexUnavailable("The Chroma server can't be reached. Check CHROMA_URL.", code="chroma_unreachable") from None


def client_settings() -> Any:
    """Settings of Chroma's client: no telemetry, no ``.env`` file."""
    from chromadb.config import Settings

    return Settings(_env_file=None, anonymized_telemetry=False, chroma_otel_collection_endpoint="")


class _Embedded:
    def __init__(self, folder: Path, ids: Sequence[str]) -> None:
        import chromadb_rust_bindings as rust  # type: ignore[import-untyped]

        database = rust.SqliteDBConfig(
            url=str(folder / "chroma.sqlite3"), hash_type=rust.MigrationHash.MD5, migration_mode=rust.MigrationMode.Validate
        )
        self._bindings = rust.Bindings(allow_reset=False, sqlite_db_config=database, persist_path=str(folder), hnsw_cache_size=16)
        collection = self._bindings.get_collection(COLLECTION, TENANT, DATABASE)
        self._id, self.dimension = str(collection.id), collection.dimension
        self.count = self._bindings.count(self._id, TENANT, DATABASE)
        self._rows = {passage_id: row for row, passage_id in enumerate(ids)}

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        found = self._bindings.query(self._id, None, [vector.tolist()], min(k, self.count), None, None, ["distances"], TENANT, DATABASE)
        return _ranked(self._rows, found.ids[0], found.distances[0])

    def close(self) -> None:
        del self._bindings  # dropping it is how its threads and files are let go


class _Served:
    def __init__(self, client: ClientAPI, name: str, ids: Sequence[str]) -> None:
        self._collection = client.get_collection(name, embedding_function=None)
        self.count = self._collection.count()
        self.dimension = self._collection._model.dimension
        self._rows = {passage_id: row for row, passage_id in enumerate(ids)}

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        found = self._collection.query(
            query_embeddings=np.asarray([vector], np.float32), n_results=min(k, self.count), include=["distances"]
        )
        distances = found["distances"]
        return _ranked(self._rows, found["ids"][0], distances[0] if distances else [])

    def close(self) -> None:
        """Nothing is held open between requests."""


def _fill(client: ClientAPI, name: str, ids: Sequence[str], vectors: Vectors, on_batch: Callable[[int], None]) -> None:
    from chromadb.errors import ChromaError

    try:
        collection = client.create_collection(name, configuration=_graph(len(ids)), embedding_function=None)
        for start in range(0, len(ids), BATCH):
            stop = min(start + BATCH, len(ids))
            collection.add(ids=list(ids[start:stop]), embeddings=np.asarray(vectors[start:stop], np.float32))
            on_batch(stop)
    except ChromaError as error:
        full = "disk is full" in str(error).lower()
        raise BuildError("Chroma could not write the vectors.", code="disk_full" if full else "chroma") from None


def _graph(rows: int) -> CreateCollectionConfiguration:
    # One save, when the last row is in: Chroma killed while saving leaves files that can't be read (RELIABILITY 2.1).
    threshold = max(2, rows)
    # One thread, so that the same vectors make the same graph.
    hnsw: HNSWConfiguration = {"space": "cosine", "sync_threshold": threshold, "batch_size": min(100, threshold), "num_threads": 1}
    hnsw |= {"ef_construction": 200, "ef_search": 200, "max_neighbors": 16}
    return {"hnsw": hnsw}


def _check(count: int, dimension: int | None, ids: Sequence[str], expected: int) -> None:
    if count != len(ids) or dimension != expected:
        raise IndexDamaged("Chroma doesn't hold the vectors that the manifest counts.")


def _ranked(rows: dict[str, int], ids: Sequence[str], distances: Sequence[float]) -> list[tuple[int, float]]:
    return [(rows[passage_id], 1.0 - distance) for passage_id, distance in zip(ids, distances, strict=True)]


def _not_found() -> type[Exception]:
    from chromadb.errors import NotFoundError

    return NotFoundError
