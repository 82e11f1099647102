"""The contract of ``POST /v1/chat``, and that a crisis always gets its reply."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.web.conftest import Start, make_rapport
from tests.app.web.fakes import CRISIS_LINE, DANGER, QUOTE, FakeRapport

EVENTS = {"Accept": "text/event-stream"}


def events_of(text: str) -> list[tuple[str, Any]]:
    found = []
    for part in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in part.splitlines() if ": " in line)
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_a_reply_has_the_shape_of_the_contract(client: TestClient) -> None:
    reply = client.post("/v1/chat", json={"message": "What happens first?"})
    assert reply.status_code == 200
    body = reply.json()
    assert set(body) == {"id", "status", "text", "blocks", "citations", "suggestions", "guard", "receipt"}
    citation = body["citations"][0]
    assert set(citation) == {"n", "article", "title", "section", "quote", "start", "end", "url", "reviewed_on", "reviewed_by"}
    assert citation["quote"] == QUOTE
    assert citation["end"] - citation["start"] == len(QUOTE)
    assert body["guard"] == {"outcome": "pass", "category": ""}
    assert body["text"] == "\n\n".join(block["text"] for block in body["blocks"])


def test_a_block_holds_items_and_links_only_where_there_are_some(client: TestClient) -> None:
    paragraph, points = client.post("/v1/chat", json={"message": "hello"}).json()["blocks"]
    assert set(paragraph) == {"type", "text", "citations"}
    assert points["items"] == [{"text": QUOTE, "citations": [1], "links": []}]
    crisis = client.post("/v1/chat", json={"message": DANGER}).json()["blocks"][0]
    assert crisis["items"][0]["links"] == [{"label": "Call 988", "href": "tel:988"}, {"label": "Text 988", "href": "sms:988"}]


def test_the_conversation_reaches_the_pipeline_whole(client: TestClient, rapport: FakeRapport) -> None:
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Welcome"}]
    client.post("/v1/chat", json={"message": "And then?", "history": history, "region": "GB", "locale": "en-GB"})
    seen = rapport.seen[-1]
    assert (seen.message, seen.region, seen.locale) == ("And then?", "GB", "en-GB")
    assert [(turn.role, turn.content) for turn in seen.history] == [("user", "Hello"), ("assistant", "Welcome")]


def test_events_come_in_order_and_done_is_the_whole_reply(client: TestClient) -> None:
    reply = client.post("/v1/chat", json={"message": "What happens first?"}, headers=EVENTS)
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = events_of(reply.text)
    assert [kind for kind, _ in events] == ["meta", "citation", "block", "block", "done"]
    whole = client.post("/v1/chat", json={"message": "What happens first?"}).json()
    assert events[-1][1] == whole
    assert [data for kind, data in events if kind == "block"] == whole["blocks"]


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html"])
def test_json_is_the_rule(client: TestClient, accept: str) -> None:
    assert client.post("/v1/chat", json={"message": "hi"}, headers={"Accept": accept}).headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "x" * 4_001}, "message: too long (at most 4,000 characters)"),
        ({"message": ""}, "message: is empty"),
        ({"message": " \n\t"}, "message: is empty"),
        ({"message": 7}, "message: must be text"),
        ({}, "message: is missing"),
        ([], "must be a JSON object"),
        ("canary", "must be a JSON object"),
        ({"message": "hi", "canary": 1}, "holds a field that is not known"),
        ({"message": "hi", "history": "canary"}, "history: must be a list"),
        ({"message": "hi", "history": [{"role": "system", "content": "canary"}]}, "history.0.role: must be 'user' or 'assistant'"),
        ({"message": "hi", "history": [{"role": "user", "content": "a", "canary": 1}]}, "history.0: holds a field that is not known"),
        ({"message": "hi", "history": [{"role": "user", "content": "a"}] * 25}, "history: too long (at most 24 messages)"),
        ({"message": "hi", "history": [{"role": "user", "content": "a" * 24_001}]}, "history: too long in all"),
        ({"message": "hi", "region": "canary"}, "region: is not in the expected form"),
        ({"message": "hi", "locale": "canary_"}, "locale: is not in the expected form"),
    ],
)
def test_a_wrong_request_is_told_what_to_mend_and_nothing_is_repeated(
    client: TestClient, rapport: FakeRapport, body: Any, said: str
) -> None:
    reply = client.post("/v1/chat", json=body)
    assert reply.status_code == 422
    assert said in reply.json()["error"]["message"]
    assert "canary" not in reply.text
    assert not rapport.seen


def test_a_lone_surrogate_is_refused_not_a_failure(client: TestClient) -> None:
    reply = client.post("/v1/chat", content=rb'{"message": "hi \ud800 there"}', headers={"Content-Type": "application/json"})
    assert reply.status_code == 422
    assert "not text" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"message": DANGER + " x" * 8_000},
        {"message": DANGER, "unknown": 1},
        {"message": DANGER, "region": "nowhere", "locale": 4},
        {"message": DANGER, "history": "not a list"},
        {"message": "and so", "history": [{"role": "user", "content": DANGER, "extra": 1}]},
        {"message": DANGER + "\ud800"},
    ],
)
def test_danger_in_a_refused_request_still_gets_the_crisis_reply(client: TestClient, body: Any) -> None:
    reply = client.post("/v1/chat", content=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    assert reply.status_code == 200
    assert reply.json()["status"] == "crisis"
    assert CRISIS_LINE in reply.json()["text"]


def test_danger_beyond_the_rate_limit_gets_the_crisis_reply(start: Start) -> None:
    client = start(limits={"per_minute": 2, "burst": 0})
    statuses = [client.post("/v1/chat", json={"message": "hi"}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    crisis = client.post("/v1/chat", json={"message": DANGER}, headers=EVENTS)
    assert crisis.status_code == 200
    assert events_of(crisis.text)[-1][1]["status"] == "crisis"


def test_a_refusal_for_many_questions_says_when_and_names_help(start: Start) -> None:
    client = start(limits={"per_minute": 1, "burst": 0})
    client.post("/v1/chat", json={"message": "hi"})
    reply = client.post("/v1/chat", json={"message": "hi"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (429, "too_many")
    assert 0 < int(reply.headers["retry-after"]) <= 60
    assert "findahelpline.com" in reply.json()["error"]["message"]


def test_without_an_index_the_pipeline_says_so_and_referrals_are_given(start: Start) -> None:
    rapport = make_rapport()
    rapport.state.ready, rapport.state.reason = False, "no build is open"
    client = start(rapport)
    assert client.post("/v1/chat", json={"message": "What happens first?"}).json()["status"] == "error"
    assert client.post("/v1/chat", json={"message": DANGER}).json()["status"] == "crisis"
    assert 'status="error"' in client.get("/metrics").text


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/jsonp"]
)
def test_only_json_is_taken(client: TestClient, rapport: FakeRapport, content_type: str) -> None:
    reply = client.post("/v1/chat", content=b'{"message": "hi"}', headers={"Content-Type": content_type})
    assert (reply.status_code, reply.json()["error"]["code"]) == (415, "not_json")
    assert not rapport.seen


def test_a_question_can_not_be_asked_by_get(client: TestClient) -> None:
    reply = client.get("/v1/chat", params={"message": "hi"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (405, "method_not_allowed")


def test_a_reply_that_takes_too_long_is_ended(start: Start) -> None:
    rapport = make_rapport(limits={"reply_seconds": 0.1})
    rapport.pause = 5
    client = start(rapport)
    reply = client.post("/v1/chat", json={"message": "hi"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "overdue")
    kinds = events_of(client.post("/v1/chat", json={"message": "hi"}, headers=EVENTS).text)
    assert [kind for kind, _ in kinds] == ["meta", "citation", "error"]
    assert kinds[-1][1]["error"]["code"] == "overdue"
    assert rapport.left == 2


def test_a_failure_in_the_middle_is_said_and_its_words_are_not(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    rapport = make_rapport()
    rapport.crash = ValueError("canary-7f3")
    client = start(rapport)
    whole = client.post("/v1/chat", json={"message": "hi"})
    assert (whole.status_code, whole.json()["error"]["code"]) == (500, "internal")
    streamed = client.post("/v1/chat", json={"message": "hi"}, headers=EVENTS)
    assert events_of(streamed.text)[-1][0] == "error"
    assert "canary" not in whole.text + streamed.text + caplog.text
    assert "class=ValueError" in caplog.text
    assert "at=fakes.py:" in caplog.text


def test_a_pipeline_that_stops_short_is_a_failure(start: Start) -> None:
    rapport = make_rapport()
    rapport.cut_short = True
    client = start(rapport)
    assert client.post("/v1/chat", json={"message": "hi"}).status_code == 500
    assert events_of(client.post("/v1/chat", json={"message": "hi"}, headers=EVENTS).text)[-1][0] == "error"


@pytest.mark.parametrize(
    ("host", "peer", "headers", "limited"),
    [
        ("127.0.0.1", "127.0.0.1", {}, False),
        ("127.0.0.1", "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, True),
        ("127.0.0.1", "203.0.113.9", {}, True),
        ("0.0.0.0", "127.0.0.1", {}, True),  # noqa: S104 - a setting in a test, nothing listens
    ],
)
def test_only_somebody_alone_with_the_machine_is_not_counted(
    start: Start, host: str, peer: str, headers: dict[str, str], limited: bool
) -> None:
    client = start(limits={"per_minute": 1, "burst": 0}, host=host)
    local = TestClient(client.app, client=(peer, 50_000))
    statuses = [local.post("/v1/chat", json={"message": "hi"}, headers=headers).status_code for _ in range(3)]
    assert statuses == ([200, 429, 429] if limited else [200, 200, 200])


@pytest.mark.parametrize("message", ["", " ", "\u0085", "\x1c", "\u3000", "\ufeff"])
def test_a_message_of_nothing_visible_is_empty(client: TestClient, message: str) -> None:
    reply = client.post("/v1/chat", json={"message": message})
    assert reply.status_code == 422
    assert "is empty" in reply.json()["error"]["message"]
