"""Builds from end to end, with the real Chroma, SQLite and tantivy; the embedding model is a quick stand-in, but for one test."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import BuildError
from app.retrieve import layout
from app.retrieve.dense import Store
from app.retrieve.index import open_build, open_current
from app.settings import Settings
from ingest import build as module
from ingest.build import build, drop_backups, rollback, status
from ingest.publish import KEEP
from ingest.stage import Plan, write_build
from ingest.vectors import CachedEmbedder
from ingest.verify import faults
from tests.index_samples import WordEmbedder, make_article, make_articles

EMBEDDER = WordEmbedder()
CANARY = "the zebra quarterdeck whispers"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(index_dir=tmp_path / "index")


@pytest.fixture(autouse=True)
def _verified_in_this_process(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The same checks without a process of their own for each build, which ``test_verify.py`` and ``test_run.py`` have."""

    def verify(folder: Path, chroma_url: str) -> None:
        index = open_build(folder, chroma_url=chroma_url)
        assert faults(index) == []
        index.close()

    if "fails_its_check" not in request.node.name:
        monkeypatch.setattr(module, "verify_build", verify)


def files_with(folder: Path, words: str) -> list[str]:
    """Files below ``folder`` in which the phrase stands."""
    return [path.name for path in folder.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


def ids_of(index_dir: Path) -> bytes:
    index = open_current(index_dir)
    ids = "\n".join(index.content.ids()).encode()
    index.close()
    return ids


def test_an_unchanged_corpus_builds_nothing(settings: Settings) -> None:
    first = build(make_articles(6), settings, EMBEDDER)
    before = {path: path.stat().st_mtime_ns for path in settings.index_dir.rglob("*") if path.name != ".lock"}
    again = build(make_articles(6), settings, EMBEDDER)
    assert (first.changed, first.articles, first.passages, first.reused) == (True, 6, 24, 0)
    assert (again.changed, again.name, again.passages, again.embedded) == (False, first.name, 24, 0)
    assert {path: path.stat().st_mtime_ns for path in settings.index_dir.rglob("*") if path.name != ".lock"} == before


def test_same_corpus_same_name_ids_and_results_whatever_the_order(tmp_path: Path) -> None:
    articles = make_articles(12)
    shuffled = random.Random(3).sample(articles, 12)
    one, two = Settings(index_dir=tmp_path / "one"), Settings(index_dir=tmp_path / "two")
    assert build(articles, one, EMBEDDER).name == build(shuffled, two, EMBEDDER).name
    assert ids_of(one.index_dir) == ids_of(two.index_dir)
    first, second = open_current(one.index_dir), open_current(two.index_dir)
    for text in ("breathing with panic", "who helps with grief", "session 42"):
        vector = EMBEDDER.queries([text])[0]
        assert first.dense(vector, 8) == second.dense(vector, 8)
        assert first.lexical.search(text, 8) == second.lexical.search(text, 8)
    for name in (layout.PASSAGES, layout.HEADS, layout.QUESTIONS, layout.QUESTION_ROWS, layout.SENTENCES, layout.SENTENCE_STARTS):
        data = [(layout.build_folder(s.index_dir, first.name) / name).read_bytes() for s in (one, two)]
        assert data[0] == data[1]
    first.close()
    second.close()


def test_only_what_changed_is_embedded(settings: Settings) -> None:
    articles = make_articles(10)
    build(articles, settings, EMBEDDER)
    changed = [*articles[:9], replace(articles[9], title="Another title")]
    report = build(changed, settings, EMBEDDER)
    assert report.changed
    assert report.embedded == 1  # the opening, which holds the title
    assert report.reused > 100


def test_another_model_embeds_everything_anew(settings: Settings) -> None:
    first = build(make_articles(3), settings, EMBEDDER)
    second = build(make_articles(3), settings, WordEmbedder(fingerprint="f" * 16, dimension=24))
    assert second.name != first.name
    assert (second.embedded, second.reused) == (first.embedded, 0)
    opened = open_current(settings.index_dir, "f" * 16)
    assert opened.vectors.shape == (12, 24)
    opened.close()


@pytest.mark.parametrize("part", ["cleaner", "splitter", "lexical", "writer", "format", "store"])
def test_a_changed_part_of_the_recipe_is_another_build(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    first = module.plan_of(make_articles(1), (), EMBEDDER, "")
    monkeypatch.setattr(module, "recipe_of", lambda *_: {**first.recipe, part: "changed"})
    assert module.plan_of(make_articles(1), (), EMBEDDER, "").name != first.name


def test_a_removed_article_is_gone_and_erased_from_backups(settings: Settings) -> None:
    secret = make_article(7, extra=f" and {CANARY}")
    build([*make_articles(5), secret], settings, EMBEDDER)
    assert "content.sqlite" in files_with(settings.index_dir, CANARY)
    build(make_articles(5), settings, EMBEDDER)
    index = open_current(settings.index_dir)
    assert index.article(secret.slug) is None
    assert files_with(layout.build_folder(settings.index_dir, index.name), CANARY) == []
    assert files_with(settings.index_dir, CANARY)  # the backup, for rollback
    index.close()
    assert len(drop_backups(settings.index_dir)) == 1
    assert files_with(settings.index_dir, CANARY) == []
    assert files_with(settings.index_dir, "quarterdeck") == []


def test_what_was_erased_leaves_the_backups_by_itself(settings: Settings) -> None:
    build([make_article(7, extra=f" and {CANARY}")], settings, EMBEDDER)
    for count in range(1, KEEP + 2):
        assert files_with(settings.index_dir, CANARY)
        build(make_articles(count), settings, EMBEDDER)
    assert files_with(settings.index_dir, CANARY) == []


def test_the_cache_forgets_the_erased(settings: Settings) -> None:
    secret = make_article(7, extra=f" and {CANARY}")
    build([secret], settings, EMBEDDER)
    build(make_articles(2), settings, EMBEDDER)
    report = build([secret, *make_articles(2)], settings, EMBEDDER)
    assert report.embedded > 10


def test_rollback_and_back_without_a_new_build(settings: Settings) -> None:
    first = build(make_articles(2), settings, EMBEDDER)
    second = build(make_articles(3), settings, EMBEDDER)
    assert rollback(settings.index_dir) == first.name
    assert layout.current_name(settings.index_dir) == first.name
    again = build(make_articles(3), settings, EMBEDDER)
    assert (again.name, again.changed, again.embedded) == (second.name, True, 0)
    assert layout.current_name(settings.index_dir) == second.name
    assert layout.published_names(settings.index_dir) == [second.name, first.name]


def test_a_damaged_current_build_is_made_anew(settings: Settings) -> None:
    first = build(make_articles(3), settings, EMBEDDER)
    folder = layout.build_folder(settings.index_dir, first.name)
    (folder / layout.PASSAGES).write_bytes(b"")
    again = build(make_articles(3), settings, EMBEDDER)
    assert (again.changed, again.name) == (True, first.name)
    assert (again.embedded, again.reused) == (0, first.embedded)
    open_current(settings.index_dir, EMBEDDER.fingerprint).close()


def test_nothing_to_build_from_leaves_the_old_index(settings: Settings) -> None:
    first = build(make_articles(1), settings, EMBEDDER)
    with pytest.raises(BuildError, match="No article could be read") as caught:
        build([], settings, EMBEDDER)
    assert caught.value.code == "no_articles"
    assert layout.current_name(settings.index_dir) == first.name


def test_of_two_articles_with_one_slug_the_first_stays(settings: Settings) -> None:
    article = make_article(1)
    report = build([article, replace(article, title="Second", origin="b.md")], settings, EMBEDDER)
    assert report.articles == 1
    assert [(item.origin, item.code) for item in report.set_aside] == [("b.md", "duplicate_slug")]
    assert "b.md (duplicate_slug)" in status(settings.index_dir)[0].problems[0]


def test_a_failing_build_leaves_nothing_behind(settings: Settings) -> None:
    first = build(make_articles(2), settings, EMBEDDER)

    class Failing(WordEmbedder):
        def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
            raise RuntimeError(CANARY)

    with pytest.raises(BuildError, match=r"failed \(RuntimeError\)") as caught:
        build(make_articles(9), settings, Failing())
    assert CANARY not in str(caught.value)
    assert [path.name for path in (settings.index_dir / layout.BUILDS).iterdir()] == [first.name]
    assert layout.current_name(settings.index_dir) == first.name


def test_a_build_that_fails_its_check_is_not_published(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build(make_articles(2), settings, EMBEDDER)

    def write_wrong(folder: Path, plan: Plan, vectors: CachedEmbedder, store: Store) -> None:
        write_build(folder, plan, vectors, store)
        (folder / layout.HEADS).write_bytes(b"wrong")

    monkeypatch.setattr(module, "write_build", write_wrong)
    with pytest.raises(BuildError, match=r"failed its check: heads\.npy") as caught:
        build(make_articles(9), settings, EMBEDDER)
    assert caught.value.code == "verify_failed"
    assert [path.name for path in (settings.index_dir / layout.BUILDS).iterdir()] == [first.name]


def test_status_shows_builds_articles_model_and_problems(settings: Settings) -> None:
    assert status(settings.index_dir) == []
    first = build(make_articles(2), settings, EMBEDDER)
    second = build(make_articles(3), settings, EMBEDDER)
    newest, older = status(settings.index_dir)
    assert (newest.name, newest.current, newest.articles, newest.passages, newest.model) == (second.name, True, 3, 12, "words")
    assert (older.name, older.current) == (first.name, False)
    assert 0 <= newest.age_seconds < 60
    assert newest.problems == ()
    (layout.build_folder(settings.index_dir, first.name) / layout.CONTENT).write_bytes(b"")
    (layout.build_folder(settings.index_dir, second.name) / "manifest.json").unlink()
    newest, older = status(settings.index_dir)
    assert "content.sqlite" in older.problems[0]
    assert "no readable manifest" in newest.problems[0]


def test_progress_names_each_phase_and_ends_at_the_total(settings: Settings) -> None:
    heard: list[tuple[str, int, int]] = []
    build(make_articles(4), settings, EMBEDDER, on_progress=lambda *step: heard.append(step))
    last = {phase: (done, total) for phase, done, total in heard}
    assert list(last) == [
        "embedding passages",
        "embedding articles",
        "embedding questions",
        "embedding examples",
        "embedding sentences",
        "storing vectors",
        "keyword index",
        "verifying",
    ]
    assert all(done == total for done, total in last.values())


def test_without_sentences_it_is_another_build_that_can_be_searched(settings: Settings) -> None:
    whole = build(make_articles(3), settings, EMBEDDER)
    report = build(make_articles(3), settings, EMBEDDER, sentences=False)
    assert report.name != whole.name
    index = open_current(settings.index_dir, EMBEDDER.fingerprint)
    assert index.name == report.name
    assert index.dense(index.vectors[4], 1)[0][0] == 4
    assert index.sentences(4)[0] == ()
    assert index.sentences(4)[1].shape == (0, EMBEDDER.dimension)
    index.close()


def test_hashes_are_of_the_whole_article(settings: Settings) -> None:
    article = make_article(1)
    for other in (replace(article, reviewed_by="Dr A"), replace(article, sources=()), replace(article, audience=("parents",))):
        plans = [module.plan_of([one], (), EMBEDDER, "") for one in (article, other)]
        assert (plans[0].name == plans[1].name) == (article == other)
    assert len(hashlib.sha256().hexdigest()) == len(next(iter(module.plan_of([article], (), EMBEDDER, "").hashes.values())))
