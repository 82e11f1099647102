"""A small real service: four of our articles, the real model, the real index."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from evals.target import InProcess, open_in_process
from ingest.build import run as ingest

ARTICLES = ("first-session", "cbt", "confidentiality", "low-cost-therapy")
GENEROUS = {"per_minute": 100_000, "per_day": 1_000_000, "slots": 8, "queue": 500}


def build_index(folder: Path, articles: tuple[str, ...] = ARTICLES) -> Settings:
    """An index of some of our articles, below ``folder``."""
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    assert not corpus.is_symlink(), "this folder is emptied: it must be the test's own"
    for old in corpus.glob("*.md"):
        old.unlink()
    for slug in articles:
        shutil.copy(Path("corpus/articles") / f"{slug}.md", corpus)
    settings = Settings(index_dir=folder / "index", corpus_dir=corpus, threads=1, limits=GENEROUS)
    ingest([str(corpus)], settings)
    return settings


@pytest.fixture(scope="session")
def small_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return build_index(tmp_path_factory.mktemp("evals"))


@pytest.fixture(scope="session")
def in_process(small_settings: Settings) -> Iterator[InProcess]:
    target = open_in_process(small_settings)
    yield target
    target.close()


@pytest.fixture(scope="session")
def server_url(small_settings: Settings) -> Iterator[str]:
    """The real service over HTTP, on a free port of this machine."""
    import uvicorn

    from app.web.main import create_app
    from app.wiring import build

    config = uvicorn.Config(create_app(build(small_settings, wait=True)), host="127.0.0.1", port=0, log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
