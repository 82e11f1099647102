"""Hostile input: nothing fails, nothing is repeated, only documented answers are given."""

from __future__ import annotations

import contextlib
import json
import logging
from collections import Counter
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from app.web.main import create_app
from tests.app.web.conftest import make_rapport
from tests.app.web.hostile import CANARY, hostile_bodies

JSON = {"Content-Type": "application/json"}
ALLOWED = {200, 400, 413, 422}


@pytest.fixture(scope="module")
def shared() -> TestClient:
    return TestClient(create_app(make_rapport()), raise_server_exceptions=True)


def test_two_hundred_hostile_bodies(shared: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    statuses: Counter[int] = Counter()
    for body in hostile_bodies():
        for headers in (JSON, {**JSON, "Accept": "text/event-stream"}):
            reply = shared.post("/v1/chat", content=body, headers=headers)
            statuses[reply.status_code] += 1
            assert reply.status_code in ALLOWED, body[:80]
            assert CANARY not in reply.text, body[:80]
            if reply.status_code != 200:
                assert set(reply.json()["error"]) == {"code", "message", "request_id"}
                assert len(reply.content) < 600
    assert sum(statuses.values()) >= 400
    assert set(statuses) == ALLOWED
    assert CANARY not in "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("rapport"))


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_is_answered_or_refused(shared: TestClient, text: str) -> None:
    reply = shared.post("/v1/chat", content=json.dumps({"message": text}).encode(), headers=JSON)
    whole = not any("\ud800" <= character <= "\udfff" for character in text)
    assert reply.status_code == (200 if whole and text.strip() else 422)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_answered_or_refused(shared: TestClient, body: bytes) -> None:
    assert shared.post("/v1/chat", content=body, headers=JSON).status_code in ALLOWED


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["s", "e", "q", "x"]), st.text(max_size=30)))
def test_any_address_shows_a_page(shared: TestClient, query: dict[str, str]) -> None:
    assert shared.get("/articles/first-session", params=query).status_code == 200
    assert shared.get("/articles", params=query).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_the_service_keeps_to_its_openapi_file(mode: GenerationMode) -> None:
    """About 500 cases by schemathesis: no 5xx, only documented statuses and content types, replies as described. Its pytest plug-in
    doesn't know this pytest's version, so its strategies are drawn from here."""
    app = create_app(make_rapport(), close=False)
    document = app.openapi()
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # ours has no faulty operation: that would fail here

        @settings(
            max_examples=120 if operation.method == "post" else 8,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def keeps_to_it(case: schemathesis.Case[Any]) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate()

        with contextlib.suppress(Unsatisfiable):  # an operation without input has nothing wrong to be given
            keeps_to_it()
    assert tried >= 200
