"""An index of a few articles, built once; tests that change it get a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.settings import Settings
from ingest.build import build
from tests.index_samples import WordEmbedder, make_articles

EMBEDDER = WordEmbedder()


@pytest.fixture(scope="session")
def two_builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index folder with two builds: of 20 articles, and then of 25, which is the current one. Not to be changed."""
    index_dir = tmp_path_factory.mktemp("index")
    build(make_articles(20), Settings(index_dir=index_dir), EMBEDDER)
    build(make_articles(25), Settings(index_dir=index_dir), EMBEDDER)
    return index_dir


@pytest.fixture
def index_dir(two_builds: Path, tmp_path: Path) -> Path:
    """A copy of ``two_builds`` to be changed."""
    return Path(shutil.copytree(two_builds, tmp_path / "index"))
