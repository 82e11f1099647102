"""The real service behind the web layer: an index of two small articles, the real model and the real guard."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.settings import Settings
from app.web.main import create_app
from app.wiring import build
from ingest.build import run

pytestmark = pytest.mark.slow
DANGER = "I want to kill myself"
SLEEP = """---
title: Sleeping better
summary: Small steps that help with sleep.
topics: [skills]
---

Sleep problems are common when life is hard.

## How can I fall asleep when I worry?

Some people find that writing worries down before bed quiets a busy mind. A therapist can practise it with you.
"""
GRIEF = """---
title: Living with grief
---

## How long does grief last?

Grief has no fixed length, and it comes in waves for many people. Support from others makes the waves easier to bear.
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("real")
    articles = folder / "articles"
    articles.mkdir()
    (articles / "sleep.md").write_text(SLEEP, "utf-8")
    (articles / "grief.md").write_text(GRIEF, "utf-8")
    settings = Settings(index_dir=folder / "index", threads=1, region="US")
    run([str(articles)], settings)
    with TestClient(create_app(build(settings, wait=True))) as started:
        yield started


def test_a_quote_stands_in_its_article_and_is_marked_there(client: TestClient) -> None:
    reply = client.post("/v1/chat", json={"message": "How can I fall asleep when I worry?"}).json()
    assert reply["status"] == "answered"
    assert reply["citations"]
    for citation in reply["citations"]:
        page = unescape(client.get(citation["url"]).text)
        assert f'<mark id="cited">{citation["quote"]}</mark>' in page


def test_search_and_library_know_the_articles(client: TestClient) -> None:
    results = client.post("/v1/search", json={"query": "how long does grief last", "k": 2}).json()["results"]
    assert results[0]["title"] == "Living with grief"
    assert "Sleeping better" in client.get("/articles").text
    assert client.get("/readyz").json()["articles"] == 2


def test_a_long_message_that_holds_danger_gets_the_crisis_reply(client: TestClient) -> None:
    for message in (DANGER, "My day was long and dull. " * 300 + DANGER + ". " + "What does therapy cost? " * 300):
        reply = client.post("/v1/chat", json={"message": message})
        assert reply.status_code == 200
        assert reply.json()["status"] == "crisis"
        assert "988" in reply.text
    assert client.post("/v1/chat", json={"message": "What does therapy cost? " * 300}).status_code == 422


def test_the_safety_page_shows_the_real_lines(client: TestClient) -> None:
    html = client.get("/safety").text
    measured = client.get("/v1/safety").json()["measured"]
    assert len(measured["rows"]) > 10
    assert "How often it is right" in html
    assert f"{measured['rows'][0]['guard']['of']}" in html
    danger = next(row["guard"] for row in measured["strangers"]["rows"] if (row["label"], row["kind"]) == ("crisis", "all"))
    assert f"{danger['hits']} of {danger['of']}" in html
    assert html.index("United States") < html.index("Australia")
    assert 'href="tel:988"' in html


def test_without_index_and_model_danger_is_still_answered(tmp_path: Path) -> None:
    settings = Settings(index_dir=tmp_path / "none", models_dir=tmp_path / "none", region="US")
    with TestClient(create_app(build(settings))) as client:
        assert client.post("/v1/chat", json={"message": DANGER}).json()["status"] == "crisis"
        assert client.post("/v1/chat", json={"message": "How long does grief last?"}).json()["status"] == "error"
        assert client.get("/readyz").status_code == 503
