from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.app.web.conftest import Start

CLINIC = "https://clinic.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


@pytest.fixture
def client(start: Start) -> TestClient:
    return start(allowed_origins=(CLINIC,))


def test_a_listed_site_may_ask(client: TestClient) -> None:
    reply = client.options("/v1/chat", headers={"Origin": CLINIC, **PREFLIGHT})
    assert reply.status_code == 204
    assert reply.headers["access-control-allow-origin"] == CLINIC
    assert "content-type" in reply.headers["access-control-allow-headers"]
    asked = client.post("/v1/chat", json={"message": "hi"}, headers={"Origin": CLINIC})
    assert asked.headers["access-control-allow-origin"] == CLINIC
    assert asked.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "access-control-allow-credentials" not in asked.headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "https://clinic.example.evil.example", "http://clinic.example", "null", "https://clinic.example:8443", ""],
)
def test_no_other_site_gets_a_grant(client: TestClient, origin: str) -> None:
    refused = client.options("/v1/chat", headers={"Origin": origin, **PREFLIGHT})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "origin_not_allowed")
    asked = client.post("/v1/chat", json={"message": "hi"}, headers={"Origin": origin})
    for reply in (refused, asked):
        assert "access-control-allow-origin" not in reply.headers
        assert reply.headers["vary"] == "Origin"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_what_a_site_can_send_without_asking_is_refused(client: TestClient, content_type: str) -> None:
    reply = client.post("/v1/chat", content='{"message": "hi"}', headers={"Origin": "https://evil.example", "Content-Type": content_type})
    assert reply.status_code == 415


def test_an_error_can_be_read_by_a_listed_site(client: TestClient) -> None:
    reply = client.post("/v1/chat", json={}, headers={"Origin": CLINIC})
    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (422, CLINIC)
