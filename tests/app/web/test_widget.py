"""The widget's files over HTTP, its configuration in other languages, and feedback."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.widget.files import DIST, load_build
from tests.app.web.conftest import Start

VERSION = load_build().version


def test_the_plain_address_is_looked_at_again_soon(client: TestClient) -> None:
    reply = client.get("/widget.js")
    assert reply.content == (DIST / "widget.js").read_bytes()
    assert reply.headers["content-encoding"] == "gzip"
    assert int(reply.headers["content-length"]) <= 15_000
    assert reply.headers["cache-control"] == "public, max-age=300"
    again = client.get("/widget.js", headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["access-control-allow-origin"] == "*"


def test_a_pinned_build_never_changes(client: TestClient) -> None:
    for name in ("widget.js", "widget.css"):
        reply = client.get(f"/widget/{VERSION}/{name}", headers={"Accept-Encoding": "identity"})
        assert reply.content == (DIST / name).read_bytes()
        assert "content-encoding" not in reply.headers
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert reply.headers["access-control-allow-origin"] == "*"
        assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    assert client.get("/widget.css").headers["content-type"].startswith("text/css")


def test_zipping_is_the_same_each_time() -> None:
    assert load_build().zipped == load_build().zipped
    assert gzip.decompress(load_build().zipped["widget.js"]) == load_build().script


@pytest.mark.parametrize("path", ["/widget/0000000000000000/widget.js", f"/widget/{VERSION}/other.js", f"/widget/{VERSION}/..%2fwidget.js"])
def test_no_other_file_is_there(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_words_of_a_language_by_file_come_with_the_configuration(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.public.load_words", lambda: {"fr": {"title": "Questions sur la thérapie"}})
    client = start()
    assert client.get("/v1/config").json()["strings"] is None
    assert client.get("/v1/config", params={"locale": "fr-CA"}).json()["strings"]["title"] == "Questions sur la thérapie"
    assert client.get("/v1/config", params={"locale": "../../x"}).json()["strings"] is None
    assert start(locale="fr").get("/v1/config").json()["strings"]["title"] == "Questions sur la thérapie"


def test_feedback_is_counted_and_nothing_more(client: TestClient, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    for body in (
        {"id": "canary-1", "rating": "up"},
        {"id": "canary-2", "rating": "down", "reason": "unclear"},
        {"id": "canary-2", "rating": "down"},
    ):
        assert client.post("/v1/feedback", json=body).status_code == 204
    metrics = client.get("/metrics").text
    assert 'rapport_feedback_total{rating="down",reason="unclear"} 1' in metrics
    assert 'rapport_feedback_total{rating="up",reason=""} 1' in metrics
    assert "canary" not in metrics + caplog.text


@pytest.mark.parametrize(
    "body",
    [
        {"id": "a"},
        {"id": "", "rating": "up"},
        {"id": "a" * 65, "rating": "up"},
        {"id": "a b", "rating": "up"},
        {"id": "a\n", "rating": "up"},
        {"id": "a", "rating": "sideways"},
        {"id": "a", "rating": "down", "reason": "my own canary words"},
        {"id": "a", "rating": "down", "text": "my own canary words"},
    ],
)
def test_feedback_takes_no_words(client: TestClient, body: dict[str, str]) -> None:
    reply = client.post("/v1/feedback", json=body)
    assert reply.status_code == 422
    assert "canary" not in reply.text


def test_feedback_has_a_limit_of_its_own(start: Start) -> None:
    client = start(limits={"per_minute": 2, "burst": 0})
    statuses = [client.post("/v1/feedback", json={"id": "a", "rating": "up"}).status_code for _ in range(3)]
    assert statuses == [204, 204, 429]
    assert client.post("/v1/chat", json={"message": "hi"}).status_code == 200
