from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import chromadb
import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import IndexDamaged, IndexUnavailable
from app.retrieve.dense import COLLECTION, DenseIndex, EmbeddedStore, ServerStore, client_settings
from tests.chroma_server import chroma_server, free_port

Vectors = NDArray[np.float32]
ROWS, DIMENSION = 1_500, 96


def unit(vectors: NDArray[np.float64]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    rng = np.random.default_rng(1)
    topics = rng.standard_normal((60, DIMENSION))
    return unit(topics[rng.integers(0, 60, ROWS)] + 0.8 * rng.standard_normal((ROWS, DIMENSION)))


@pytest.fixture(scope="module")
def ids() -> list[str]:
    return [f"{row * 7919 % 10_007:016x}" for row in range(ROWS)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, vectors: Vectors, ids: list[str]) -> Path:
    path = tmp_path_factory.mktemp("dense") / "chroma"
    EmbeddedStore(path).write(ids, vectors, ignore)
    return path


@pytest.fixture(scope="module")
def index(folder: Path, ids: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[DenseIndex]:
    copy = shutil.copytree(folder, tmp_path_factory.mktemp("copy") / "chroma")
    opened = EmbeddedStore(Path(copy)).open(ids, DIMENSION)
    yield opened
    opened.close()


def ignore(done: int) -> None:
    """Progress is not looked at."""


def brute_force(vectors: Vectors, query: Vectors, k: int) -> list[tuple[int, float]]:
    """The oracle: all dot products, sorted."""
    scores = vectors @ query
    best = np.argsort(-scores, kind="stable")[:k]
    return [(int(row), float(scores[row])) for row in best]


def make_queries(vectors: Vectors, count: int) -> Vectors:
    rng = np.random.default_rng(2)
    return unit(vectors[rng.integers(0, len(vectors), count)] + 0.06 * rng.standard_normal((count, DIMENSION)))


def test_recall_at_8_against_brute_force(index: DenseIndex, vectors: Vectors) -> None:
    queries = make_queries(vectors, 1_000)
    found = sum(len({row for row, _ in index.search(query, 8)} & {row for row, _ in brute_force(vectors, query, 8)}) for query in queries)
    assert found / 8_000 >= 0.99


def test_cosines_are_exact_and_best_first(index: DenseIndex, vectors: Vectors) -> None:
    for query in make_queries(vectors, 20):
        hits = index.search(query, 50)
        cosines = [cosine for _, cosine in hits]
        assert cosines == sorted(cosines, reverse=True)
        np.testing.assert_allclose(cosines, [vectors[row] @ query for row, _ in hits], atol=1e-5)


def test_the_bindings_and_chromas_own_client_agree(
    index: DenseIndex, folder: Path, tmp_path: Path, vectors: Vectors, ids: list[str]
) -> None:
    client = chromadb.PersistentClient(str(shutil.copytree(folder, tmp_path / "chroma")), settings=client_settings())
    collection = client.get_collection(COLLECTION, embedding_function=None)
    for query in make_queries(vectors, 25):
        theirs = collection.query(query_embeddings=query[None, :], n_results=20, include=["distances"])
        assert [ids[row] for row, _ in index.search(query, 20)] == theirs["ids"][0]
    assert collection.count() == ROWS
    assert not any(collection.get(limit=9)["documents"] or [])  # no words in Chroma
    client.close()  # type: ignore[attr-defined]


def test_asks_for_no_more_than_there_is(index: DenseIndex, vectors: Vectors) -> None:
    assert len(index.search(vectors[0], ROWS + 10)) == ROWS


def test_saves_once_when_all_is_in(folder: Path) -> None:
    graph = next(path for path in folder.iterdir() if path.is_dir())
    assert (graph / "index_metadata.pickle").is_file()
    assert (graph / "length.bin").stat().st_size == 4 * ROWS


@pytest.mark.parametrize("rows", [1, 2, 3, 101, 1_001])
def test_any_number_of_rows_comes_back(tmp_path: Path, vectors: Vectors, ids: list[str], rows: int) -> None:
    heard: list[int] = []
    store = EmbeddedStore(tmp_path / "chroma")
    store.write(ids[:rows], vectors[:rows], heard.append)
    opened = store.open(ids[:rows], DIMENSION)
    assert {opened.search(vectors[row], 1)[0][0] for row in range(min(rows, 50))} == set(range(min(rows, 50)))
    assert heard[-1] == rows
    opened.close()


def test_other_counts_and_dimensions_are_refused(folder: Path, tmp_path: Path, ids: list[str]) -> None:
    store = EmbeddedStore(Path(shutil.copytree(folder, tmp_path / "chroma")))
    with pytest.raises(IndexDamaged):
        store.open(ids[:-1], DIMENSION)
    with pytest.raises(IndexDamaged):
        store.open(ids, DIMENSION + 1)


def test_a_missing_folder_is_damage(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged):
        EmbeddedStore(tmp_path / "nothing").open(["a"], DIMENSION)


def test_telemetry_is_off() -> None:
    assert client_settings().anonymized_telemetry is False
    assert not client_settings().chroma_otel_collection_endpoint


def test_reading_does_not_import_the_client(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "chroma")
    program = (
        "import sys; from pathlib import Path; from app.retrieve.dense import EmbeddedStore\n"
        f"ids = [f'{{row * 7919 % 10_007:016x}}' for row in range({ROWS})]\n"
        f"EmbeddedStore(Path({str(copy)!r})).open(ids, {DIMENSION})\n"
        "print('chromadb' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma_server(tmp_path_factory.mktemp("server")) as url:
        yield url


def test_a_server_answers_like_the_embedded_one(server: str, index: DenseIndex, vectors: Vectors, ids: list[str]) -> None:
    store = ServerStore(server, "rapport-same")
    store.write(ids, vectors, ignore)
    served = store.open(ids, DIMENSION)
    for query in make_queries(vectors, 20):
        ours, theirs = index.search(query, 10), served.search(query, 10)
        assert [row for row, _ in ours] == [row for row, _ in theirs]
        np.testing.assert_allclose([c for _, c in ours], [c for _, c in theirs], atol=1e-5)


def test_what_a_killed_build_left_on_the_server_is_replaced(server: str, vectors: Vectors, ids: list[str]) -> None:
    store = ServerStore(server, "rapport-twice")
    store.write(ids[:10], vectors[:10], ignore)
    store.write(ids[:20], vectors[:20], ignore)
    assert store.open(ids[:20], DIMENSION).search(vectors[15], 1)[0][0] == 15


def test_a_dropped_collection_is_unavailable(server: str, vectors: Vectors, ids: list[str]) -> None:
    store = ServerStore(server, "rapport-gone")
    store.write(ids[:5], vectors[:5], ignore)
    store.drop()
    store.drop()
    with pytest.raises(IndexUnavailable, match="doesn't hold this build"):
        store.open(ids[:5], DIMENSION)


def test_an_unreachable_server_is_unavailable(ids: list[str]) -> None:
    store = ServerStore(f"http://127.0.0.1:{free_port()}", "rapport-none")
    with pytest.raises(IndexUnavailable, match="can't be reached"):
        store.open(ids, DIMENSION)
    store.drop()
