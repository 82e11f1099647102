"""Every route: its error shape, its headers, what it is for."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.app.web.conftest import Start, make_rapport
from tests.app.web.fakes import DANGER, QUOTE

PAGES = ["/", "/chat", "/safety", "/articles", "/articles?q=first", "/articles/first-session"]


def paths(client: TestClient) -> list[str]:
    assert isinstance(client.app, FastAPI)
    return [path.replace("{slug}", "nope").replace("{address}", "nope.js") for path in client.app.openapi()["paths"]] + [
        "/articles/nope",
        "/nope",
        "/chat",
    ]


def test_every_refused_method_has_the_one_shape(client: TestClient) -> None:
    for path in paths(client):
        reply = client.delete(path)
        assert reply.status_code in (404, 405), path
        error = reply.json()["error"]
        assert set(error) == {"code", "message", "request_id"}
        assert error["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize(
    "path", ["/nope", "/articles/nope", "/v1/nope", "/static/nope.js", "/articles/../../etc/passwd", "/livez/", "/%00", "/openapi.json"]
)
def test_nothing_there_is_said_without_the_path(client: TestClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert reply.json()["error"]["code"] == "not_found"
    assert "nope" not in reply.text


def test_a_browser_gets_a_page_for_a_missing_article(client: TestClient) -> None:
    reply = client.get("/articles/nope", headers={"Accept": "text/html,*/*"})
    assert reply.status_code == 404
    assert "<h1>Nothing is here</h1>" in reply.text
    assert client.get("/v1/nope", headers={"Accept": "text/html"}).headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_a_policy_that_allows_nothing_inline(client: TestClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 200
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", reply.text)


@pytest.mark.parametrize("path", PAGES)
def test_pages_load_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', client.get(path).text)
    assert loaded
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)
    assert all(client.get(address).status_code == 200 for address in loaded)


def test_api_headers(client: TestClient) -> None:
    headers = client.get("/livez").headers
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert (headers["x-content-type-options"], headers["cache-control"], headers["referrer-policy"]) == (
        "nosniff",
        "no-store",
        "no-referrer",
    )
    assert "strict-transport-security" not in headers
    assert "set-cookie" not in client.post("/v1/chat", json={"message": "hi"}).headers


def test_https_is_kept_to_when_the_public_address_is_https(start: Start) -> None:
    assert "max-age" in start(public_url="https://chat.clinic.example").get("/livez").headers["strict-transport-security"]


def test_files_of_the_pages_never_change_under_their_address(client: TestClient) -> None:
    address = re.findall(r'href="(/static/site\.[0-9a-f]{12}\.css)"', client.get("/chat").text)[0]
    reply = client.get(address)
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.headers["content-type"].startswith("text/css")


def test_the_widget_is_for_any_site(client: TestClient) -> None:
    reply = client.get("/widget.js")
    assert reply.headers["content-type"].startswith("text/javascript")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"


def test_config_is_public_and_has_no_secret(start: Start) -> None:
    body = start(clinic={"name": "Riverside"}, region="GB", redis_url="redis://:hush@localhost").get("/v1/config").json()
    assert (body["clinic"]["name"], body["region"], body["message_chars"]) == ("Riverside", "GB", 4000)
    assert "Riverside" in body["disclosure"]
    assert "not a person" in body["disclosure"]
    assert "hush" not in str(body)


def test_safety_is_json_for_machines_and_a_page_for_people(client: TestClient) -> None:
    assert client.get("/v1/safety").json()["version"] == "1"
    for reply in (client.get("/v1/safety", headers={"Accept": "text/html"}), client.get("/safety")):
        assert reply.headers["content-type"].startswith("text/html")
        assert '<a class="button" href="tel:988">Call 988</a>' in reply.text
        assert '<a class="button" href="sms:741741">Text HOME to 741 741</a>' in reply.text
        assert "Checked 22 November 2026." in reply.text
        assert "Not yet checked at its source." in reply.text
        assert "Self harm" in reply.text


def test_the_clinics_own_region_stands_first(start: Start) -> None:
    html = start(region="US").get("/safety").text
    assert html.index("United States") < html.index("Australia")
    assert start().get("/safety").text.index("Australia") < start().get("/safety").text.index("United States")


def test_livez_is_constant_and_readyz_tells_why(start: Start) -> None:
    rapport = make_rapport()
    client = start(rapport)
    assert client.get("/readyz").json() == {
        "status": "ready",
        "build": "b-1",
        "articles": 2,
        "passages": 9,
        "model": "fake",
        "degraded": [],
    }
    rapport.state.ready, rapport.state.reason = False, "the index is empty"
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert "the index is empty" in reply.json()["error"]["message"]
    assert client.get("/livez").json() == {"status": "alive"}


def test_metrics_count_replies_and_requests(client: TestClient) -> None:
    client.post("/v1/chat", json={"message": DANGER})
    client.post("/v1/chat", json={"message": "hi"})
    client.get("/nope-canary")
    text = client.get("/metrics").text
    assert 'rapport_replies_total{status="crisis",outcome="crisis",category="suicide"} 1' in text
    assert 'rapport_requests_total{method="POST",route="/v1/chat",status="200"} 2' in text
    assert 'rapport_requests_total{method="GET",route="other",status="404"} 1' in text
    assert "rapport_ready 1" in text
    assert "canary" not in text
    assert "203.0.113.9" not in text


def test_metrics_can_be_turned_off(start: Start) -> None:
    assert start(metrics=False).get("/metrics").status_code == 404


def test_search_finds_passages_with_their_address(client: TestClient) -> None:
    body = client.post("/v1/search", json={"query": "first", "k": 3}).json()
    assert body["results"][0]["text"] == QUOTE
    assert body["results"][0]["url"].endswith("#cited")
    assert client.post("/v1/search", json={"query": "zebra"}).json()["results"] == []


@pytest.mark.parametrize(
    "body", [{"query": ""}, {"query": "a", "k": 0}, {"query": "a", "k": 21}, {"query": "a" * 501}, {"query": "a", "k": "3"}, {"q": "a"}]
)
def test_a_wrong_search_is_refused(client: TestClient, body: dict[str, object]) -> None:
    assert client.post("/v1/search", json=body).status_code == 422


def test_a_search_that_speaks_of_danger_gets_help_whatever_is_broken(start: Start) -> None:
    rapport = make_rapport(limits={"per_minute": 1, "burst": 0})
    rapport.state.ready = False
    client = start(rapport)
    for _ in range(3):
        body = client.post("/v1/search", json={"query": DANGER}).json()
        assert body["results"] == []
        assert body["guard"]["outcome"] == "crisis"
        assert body["blocks"][0]["items"][0]["links"][0]["href"] == "tel:988"
        assert 'href="tel:988"' in client.get("/articles", params={"q": DANGER}).text


def test_search_without_an_index_and_beyond_the_limit(start: Start) -> None:
    rapport = make_rapport(limits={"per_minute": 2, "burst": 0})
    client = start(rapport)
    rapport.state.ready = False
    assert client.post("/v1/search", json={"query": "a"}).status_code == 503
    rapport.state.ready = True
    assert client.post("/v1/search", json={"query": "a"}).status_code == 200
    assert client.post("/v1/search", json={"query": "a"}).status_code == 429


def test_the_service_is_closed_when_the_server_ends() -> None:
    from app.web.main import create_app

    rapport = make_rapport()
    with TestClient(create_app(rapport)):
        assert not rapport.closed
    assert rapport.closed
