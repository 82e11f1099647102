"""The whole run with the real reader and the real model, and with a Chroma server."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import chromadb
import pytest

from app.errors import BuildError, IndexUnavailable
from app.models.embed import open_embedder
from app.retrieve import layout
from app.retrieve.dense import client_settings
from app.retrieve.index import open_current
from app.settings import Settings
from ingest.build import build, drop_backups, run
from tests.chroma_server import chroma_server
from tests.index_samples import WordEmbedder, make_articles

SLEEP = """---
title: Sleeping better
---

## How can I fall asleep when I worry?

Some people find that writing worries down before bed quiets a busy mind. A therapist can practise it with you.
"""
GRIEF = """---
title: Living with grief
---

## How long does grief last?

Grief has no fixed length, and it comes in waves for many people. Support from others makes the waves easier to bear.
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "sleep.md").write_text(SLEEP, "utf-8")
    (folder / "grief.md").write_text(GRIEF, "utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(index_dir=tmp_path / "index", threads=1)


def test_a_folder_becomes_an_index_that_answers(sources: Path, settings: Settings) -> None:
    heard: list[tuple[str, int, int]] = []
    report = run([str(sources)], settings, on_progress=lambda *step: heard.append(step))
    assert (report.changed, report.articles, report.passages) == (True, 2, 2)
    assert [item.origin.rsplit("/", 1)[-1] for item in report.set_aside] == ["broken.pdf"]
    assert {"read", "embedding sentences", "verifying"} <= {phase for phase, _, _ in heard}
    embedder = open_embedder(settings.embedding_model, settings.models_dir, settings.threads)
    index = open_current(settings.index_dir, embedder.fingerprint)
    (row, cosine), *_ = index.dense(embedder.queries(["my thoughts keep me awake at night"])[0], 2)
    assert index.passage(row).title == "Sleeping better"
    assert 0.3 < cosine < 1
    assert index.manifest.set_aside == report.set_aside
    index.close()
    assert run([str(sources)], settings).changed is False


def test_a_missing_source_leaves_no_index(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(BuildError):
        run([str(tmp_path / "nothing")], settings)
    with pytest.raises(IndexUnavailable):
        layout.current_name(settings.index_dir)


RUN = """
import sys
from app.settings import load
from ingest.build import run
run([sys.argv[1]], load(index_dir=sys.argv[2], threads=1))
"""


def test_a_real_run_killed_while_it_writes_leaves_the_old_index(sources: Path, settings: Settings) -> None:
    report = run([str(sources)], settings)
    (sources / "grief.md").write_text(GRIEF.replace("waves", "tides"), "utf-8")
    with subprocess.Popen([sys.executable, "-c", RUN, str(sources), str(settings.index_dir)]) as process:
        deadline = time.monotonic() + 60
        while not list((settings.index_dir / layout.BUILDS).glob(f"{layout.STAGING_PREFIX}*/*/chroma")):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    index = open_current(settings.index_dir)
    assert index.name == report.name
    assert not index.degraded
    index.close()
    again = run([str(sources)], settings)
    assert (again.changed, again.embedded) == (True, 0)  # what the killed run had embedded was kept
    assert not list((settings.index_dir / layout.BUILDS).glob(f"{layout.STAGING_PREFIX}*"))


@pytest.fixture(scope="module")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma_server(tmp_path_factory.mktemp("server")) as url:
        yield url


def test_builds_on_a_chroma_server(tmp_path: Path, chroma_url: str) -> None:
    settings = Settings(index_dir=tmp_path, chroma_url=chroma_url)
    embedder = WordEmbedder()
    names = [build(make_articles(count), settings, embedder).name for count in (2, 3, 4, 5)]
    index = open_current(tmp_path, embedder.fingerprint, chroma_url=chroma_url)
    assert not (layout.build_folder(tmp_path, names[3]) / layout.CHROMA).exists()
    assert all(index.dense(index.vectors[row], 1)[0][0] == row for row in range(20))
    index.close()
    address = chroma_url.removeprefix("http://").split(":")
    client = chromadb.HttpClient(address[0], int(address[1]), settings=client_settings())
    assert {collection.name for collection in client.list_collections()} == {f"rapport-{name}" for name in names[1:]}
    drop_backups(tmp_path, chroma_url)
    assert [collection.name for collection in client.list_collections()] == [f"rapport-{names[3]}"]
    client.delete_collection(f"rapport-{names[3]}")
    with pytest.raises(IndexUnavailable, match="doesn't hold this build"):
        open_current(tmp_path, embedder.fingerprint, chroma_url=chroma_url)
    assert build(make_articles(5), settings, embedder).changed
    with pytest.raises(IndexUnavailable, match="set CHROMA_URL"):
        open_current(tmp_path, embedder.fingerprint)
