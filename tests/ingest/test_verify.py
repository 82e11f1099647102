from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.errors import BuildError
from app.retrieve import layout
from app.retrieve.index import open_build
from app.retrieve.lexical import LexicalDocument, build_lexical
from app.retrieve.manifest import read_manifest, seal_files, write_manifest
from app.settings import Settings
from ingest import verify as module
from ingest.build import build
from ingest.verify import faults, verify_build
from tests.index_samples import WordEmbedder, make_articles


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    index_dir = tmp_path_factory.mktemp("index")
    build(make_articles(30), Settings(index_dir=index_dir), WordEmbedder())
    return layout.build_folder(index_dir, layout.current_name(index_dir))


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / good.name))


def reseal(folder: Path) -> None:
    """Make the manifest fit the files, so that only what they hold is wrong."""
    write_manifest(folder, replace(read_manifest(folder), files=seal_files(folder)))


def test_a_good_build_passes(good: Path) -> None:
    verify_build(good, "")


def test_vectors_that_are_not_chromas_are_seen(folder: Path) -> None:
    vectors = np.load(folder / layout.PASSAGES)
    np.save(folder / layout.PASSAGES, np.roll(vectors, 1, axis=0))
    reseal(folder)
    with pytest.raises(BuildError, match=r"(59|60) of 60 passages don't find themselves by meaning"):
        verify_build(folder, "")


def test_a_keyword_index_of_other_rows_is_seen(folder: Path) -> None:
    opened = open_build(folder)
    passages = opened.passages(range(120))
    opened.close()
    shutil.rmtree(folder / layout.LEXICAL)
    documents = (LexicalDocument((row + 60) % 120, p.title, p.section, p.text) for row, p in enumerate(passages))
    build_lexical(folder / layout.LEXICAL, documents)
    reseal(folder)
    with pytest.raises(BuildError, match="by their words"):
        verify_build(folder, "")


def test_a_changed_file_is_named(folder: Path) -> None:
    (folder / layout.CONTENT).write_bytes(b"x")
    with pytest.raises(BuildError, match=r"content\.sqlite"):
        verify_build(folder, "")


def test_a_crash_in_native_code_is_an_error_here(folder: Path) -> None:
    graph = next(folder.glob("chroma/*/header.bin"))
    graph.write_bytes(graph.read_bytes()[:20])
    reseal(folder)
    with pytest.raises(BuildError) as caught:
        verify_build(folder, "")
    assert caught.value.code == "verify_failed"


def test_a_check_that_hangs_is_an_error(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.01)
    with pytest.raises(BuildError, match="in time"):
        verify_build(good, "")


def test_twin_passages_are_not_a_fault(tmp_path: Path) -> None:
    articles = make_articles(8)
    twins = [replace(article, slug=f"{article.slug}-twin") for article in articles]
    build([*articles, *twins], Settings(index_dir=tmp_path), WordEmbedder())
    opened = open_build(layout.build_folder(tmp_path, layout.current_name(tmp_path)))
    assert faults(opened) == []
    opened.close()
