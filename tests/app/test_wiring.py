"""How the service starts, says what is wrong, and puts the parts together."""

from __future__ import annotations

import datetime as dt
import threading
import time
from pathlib import Path

import pytest

from app.domain import Conversation, Outcome
from app.errors import IndexUnavailable, ModelError, SettingsError
from app.settings import Settings
from app.wiring import Rapport, build
from ingest.build import run

ARTICLE = "---\ntitle: Trust\n{front}---\n\n## What is trust in therapy?\n\nTrust grows when a therapist keeps promises and listens well.\n"
ROWS = "questions,answer,signed by,signed on,expires on,articles\n"


def make(folder: Path, models_dir: Path, front: str = "", **changes: object) -> Settings:
    articles = folder / "corpus" / "articles"
    articles.mkdir(parents=True)
    (articles / "trust.md").write_text(ARTICLE.format(front=front))
    settings = Settings(index_dir=folder / "index", corpus_dir=folder / "corpus", models_dir=models_dir, threads=1, **changes)  # type: ignore[arg-type]
    run([str(articles)], settings)
    return settings


def test_ready_once_model_and_index_are_open(tmp_path: Path, models_dir: Path) -> None:
    rapport = build(make(tmp_path, models_dir))
    deadline = time.monotonic() + 20
    while not rapport.readiness().ready and time.monotonic() < deadline:
        time.sleep(0.02)
    readiness = rapport.readiness()
    assert (readiness.ready, readiness.articles, readiness.model, readiness.degraded) == (True, 1, "gte-small", ())
    assert rapport.search("trust", 3)[0].passage.article == "trust"
    rapport.close()
    assert not rapport.readiness().ready


def test_not_ready_says_why(tmp_path: Path, models_dir: Path) -> None:
    without_index = Rapport(Settings(index_dir=tmp_path / "none", models_dir=models_dir))
    with pytest.raises(IndexUnavailable):
        without_index.open()
    assert "rapport ingest" in without_index.readiness().reason
    without_model = Rapport(Settings(index_dir=tmp_path / "none", models_dir=tmp_path / "none"))
    with pytest.raises(ModelError):
        without_model.open()
    assert "rapport models get" in without_model.readiness().reason


def test_without_the_multilingual_encoder_it_is_ready_and_says_what_is_missing(tmp_path: Path, models_dir: Path) -> None:
    only_default = tmp_path / "models"
    only_default.mkdir()
    (only_default / "gte-small").symlink_to(models_dir / "gte-small")
    rapport = build(make(tmp_path, only_default), wait=True)
    readiness = rapport.readiness()
    assert readiness.ready
    assert "other languages" in readiness.degraded[0].casefold()
    assert "rapport models get use-multilingual-3" in readiness.degraded[0]
    assert rapport.guard.screen(Conversation("je veux mourir"), rapport.embed).outcome is Outcome.CRISIS
    rapport.close()


def test_a_signed_answer_comes_before_the_articles(tmp_path: Path, models_dir: Path) -> None:
    settings = make(tmp_path, models_dir)
    tomorrow = dt.date.today() + dt.timedelta(days=1)
    row = f"do you take medicare|is medicare accepted,Yes. We take Medicare.,Dr Osei,2026-11-01,{tomorrow},\n"
    (settings.corpus_dir / "answers.csv").write_text(ROWS + row)
    rapport = build(settings, wait=True)
    reply = rapport.answer(Conversation("Do you take Medicare?"))
    assert (reply.status, reply.text, reply.receipt["composer"]) == ("answered", "Yes. We take Medicare.", "approved")
    assert reply.receipt["signed_by"] == "Dr Osei"
    assert rapport.answer(Conversation("Do you take Medicaid?")).receipt["composer"] != "approved"
    rapport.close()


def test_a_malformed_answer_ends_the_start(tmp_path: Path, models_dir: Path) -> None:
    settings = make(tmp_path, models_dir)
    (settings.corpus_dir / "answers.csv").write_text("question,reply\nwhat,ever\n")
    with pytest.raises(SettingsError):
        Rapport(settings)


def test_an_overdue_article_is_cited_unless_the_clinic_says_no(tmp_path: Path, models_dir: Path) -> None:
    settings = make(tmp_path, models_dir, front="review_due: 2020-01-01\n")
    question = Conversation("What is trust in therapy?")
    with_overdue, without = build(settings, wait=True), build(settings.model_copy(update={"cite_overdue": False}), wait=True)
    assert with_overdue.answer(question).citations
    assert not without.answer(question).citations
    with_overdue.close()
    without.close()


def test_a_new_build_is_served_without_a_restart(tmp_path: Path, models_dir: Path) -> None:
    settings = make(tmp_path, models_dir)
    rapport = build(settings, wait=True)
    assert rapport.article("sleep") is None
    sleep = settings.corpus_dir / "articles" / "sleep.md"
    sleep.write_text("---\ntitle: Sleep\n---\n\n## How can I sleep better?\n\nA fixed hour and a dark room help many people sleep.\n")
    run([str(sleep.parent)], settings)
    deadline = time.monotonic() + 20
    while rapport.article("sleep") is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "sleep" in {citation.article for citation in rapport.answer(Conversation("How can I sleep better?")).citations}
    rapport.close()


def test_many_at_once_get_what_each_asked(library: Rapport) -> None:
    questions = {"what is EMDR": "emdr", "what is a panic attack": "panic", "what is CBT": "cbt", "what is DBT": "dbt"}
    wrong: list[str] = []

    def ask(question: str, slug: str) -> None:
        for _ in range(5):
            if slug not in {citation.article for citation in library.answer(Conversation(question)).citations}:
                wrong.append(question)

    threads = [threading.Thread(target=ask, args=pair) for pair in questions.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
