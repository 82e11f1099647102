"""What many tests share: the real model and the real library, opened once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.guard.classifier import FOLDER
from app.models.embed import OnnxEmbedder, open_embedder
from app.settings import Settings
from app.wiring import Rapport

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Prepared models; ``make test`` has them ready (``rapport models get``)."""
    return ROOT / ".models"


@pytest.fixture(scope="session")
def embedder(models_dir: Path) -> OnnxEmbedder:
    """The default embedding model."""
    return open_embedder("default", models_dir, 1, FOLDER)


@pytest.fixture(scope="session")
def library(models_dir: Path) -> Iterator[Rapport]:
    """The service over our own corpus; ``make test`` has indexed it into ``index/``."""
    settings = Settings(index_dir=ROOT / "index", models_dir=models_dir, corpus_dir=ROOT / "corpus", threads=1, region="US")
    rapport = Rapport(settings)
    rapport.open()
    yield rapport
    rapport.close()
