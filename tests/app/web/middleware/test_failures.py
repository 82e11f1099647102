"""What is logged and sent when something unexpected happens, and what never is."""

from __future__ import annotations

import logging

import pytest
from fastapi.testclient import TestClient

from app.web.middleware.access_log import method_of, route_of
from tests.app.web.conftest import Start, make_rapport

CANARY = "canary-51c0"


class _Broken:
    ready = True

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(CANARY)


def test_an_unexpected_error_is_a_500_without_words(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    rapport = make_rapport()
    rapport.state = _Broken()  # type: ignore[assignment]  # broken on purpose
    reply = start(rapport).get("/readyz")
    assert (reply.status_code, reply.json()["error"]["code"]) == (500, "internal")
    assert reply.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert CANARY not in reply.text + caplog.text
    assert reply.json()["error"]["request_id"] in caplog.text


def test_the_access_line_has_no_query_no_path_no_body_no_address(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client.get(f"/articles?q={CANARY}")
    client.get(f"/articles/{CANARY}?s={CANARY}")
    client.get(f"/{CANARY}")
    client.post("/v1/chat", json={"message": CANARY, CANARY: CANARY}, headers={"User-Agent": CANARY, "Referer": CANARY})
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("rapport"))
    assert CANARY not in ours
    assert "203.0.113.9" not in ours
    assert "route=/articles/{slug} status=404" in ours
    assert "route=/v1/chat status=422" in ours


def test_made_up_methods_and_paths_are_one_label() -> None:
    assert method_of({"method": "BREW"}) == "other"
    assert route_of({}) == "other"
