"""One request, one way: the order of the steps, and that nothing breaks out of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain import Block, Citation, Conversation, Outcome, Reply, Turn, Verdict
from app.pipeline import OnePass, events
from app.settings import Settings
from app.wiring import Rapport

CANARY = "zebra-canary-7391"
DANGER = "I want to kill myself"


def test_an_answer_is_cited_and_exact(library: Rapport) -> None:
    reply = library.answer(Conversation("What happens in the first session?"))
    assert reply.status == "answered"
    assert reply.receipt["composer"] == "quotes"
    assert reply.citations
    for citation in reply.citations:
        article = library.article(citation.article)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
    assert all(block.citations for block in reply.blocks if block.type in ("paragraph", "points"))


def test_a_question_is_one_forward_pass(library: Rapport) -> None:
    embedder = library.embedder
    assert embedder is not None
    for message in ("What happens in the first session?", "what is CBT and how long does it take?", "my therapyst is late"):
        before = embedder.forward_passes
        library.answer(Conversation(message))
        assert embedder.forward_passes == before + 1, message


def test_a_follow_up_is_one_forward_pass_too(library: Rapport) -> None:
    embedder = library.embedder
    assert embedder is not None
    history = (Turn("user", "What is EMDR?"), Turn("assistant", "EMDR is a therapy for trauma."))
    before = embedder.forward_passes
    reply = library.answer(Conversation("how long does it take?", history))
    assert embedder.forward_passes == before + 1
    assert "emdr" in {citation.article for citation in reply.citations}


def test_what_was_asked_before_is_not_answered_again(library: Rapport) -> None:
    history = (Turn("user", "What is EMDR?"), Turn("assistant", "EMDR is a therapy for trauma."))
    reply = library.answer(Conversation("and online?", history))
    assert [block.type for block in reply.blocks].count("paragraph") == 1
    assert reply.status != "partial"


def test_danger_needs_no_index_and_no_model(tmp_path: Path) -> None:
    bare = Rapport(Settings(index_dir=tmp_path / "none", models_dir=tmp_path / "none", region="US"))
    reply = bare.answer(Conversation(DANGER))
    assert reply.status == "crisis"
    assert "988" in reply.text
    assert not reply.citations
    other = bare.answer(Conversation("what is cbt?"))
    assert other.status == "error"
    assert "can't look anything up" in other.text
    bare.close()


def test_a_blocked_turn_is_never_leaned_on(library: Rapport) -> None:
    history = (Turn("user", "What is EMDR?"), Turn("assistant", "A therapy."), Turn("user", DANGER), Turn("assistant", "Please call."))
    kept = library._pipeline.history_before(Conversation("how long does it take?", history))
    assert [turn.content for turn in kept] == ["What is EMDR?", "A therapy."]


def test_after_danger_a_plain_question_is_answered_with_the_line(library: Rapport) -> None:
    history = (Turn("user", DANGER), Turn("assistant", "I'm really glad you wrote this."))
    reply = library.answer(Conversation("What happens in a first therapy session?", history))
    assert reply.status == "answered"
    assert reply.guard.outcome is Outcome.PASS_WITH_LINE
    assert reply.blocks[-1].type == "notice"
    assert "988" in reply.blocks[-1].text


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("hello", "greeting"),
        ("are you a real person?", "about"),
        ("do you save my messages", "about"),
        ("asdfgh", "off_topic"),
        ("how do I fix a flat tyre", "off_topic"),
    ],
)
def test_what_is_not_for_the_articles_gets_its_own_reply(library: Rapport, message: str, status: str) -> None:
    reply = library.answer(Conversation(message))
    assert reply.status == status
    assert not reply.citations


def test_small_talk_is_never_released_from_the_rules_nor_after_danger(library: Rapport) -> None:
    assert library.answer(Conversation("hello, I want to kill myself")).status == "crisis"
    after = Conversation("ok thanks, bye", (Turn("user", DANGER), Turn("assistant", "Please call a line.")))
    assert library.answer(after).guard.outcome is not Outcome.PASS


def test_spanish_replies_on_request(library: Rapport) -> None:
    assert library.answer(Conversation("hola", locale="es")).text.startswith("Hola")


def test_whatever_breaks_the_reply_is_kind_and_the_log_holds_no_text(
    library: Rapport, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(*_: Any) -> None:
        raise RuntimeError(CANARY)

    with library._session.use() as opened:
        monkeypatch.setattr(opened.answerer, "answer", explode)
    with caplog.at_level(logging.DEBUG):
        reply = library.answer(Conversation(f"what is cbt {CANARY}"))
    assert reply.status == "error"
    assert CANARY not in caplog.text
    assert "RuntimeError" in caplog.text
    assert CANARY not in reply.text


def test_a_sentence_the_guard_refuses_is_not_shown(library: Rapport, monkeypatch: pytest.MonkeyPatch) -> None:
    question = Conversation("How much does a therapy session cost?")
    first = library.answer(question)
    refused = first.citations[-1].quote
    with library._session.use() as opened:
        opened.shown.clear()
    monkeypatch.setattr(library.guard, "check_out", lambda sentence, _: sentence != refused)
    second = library.answer(question)
    assert refused not in [citation.quote for citation in second.citations]
    assert second.citations
    monkeypatch.setattr(library.guard, "check_out", lambda *_: False)
    with library._session.use() as opened:
        opened.shown.clear()
    third = library.answer(question)
    assert third.status == "no_answer"
    assert not third.citations
    monkeypatch.undo()
    with library._session.use() as opened:
        opened.shown.clear()


def test_declined_questions_are_counted_by_topic_and_not_kept(library: Rapport, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    monkeypatch.setattr(library._pipeline, "_on_declined", counted.append)
    assert library.answer(Conversation("how do I fix a flat tyre")).status == "off_topic"
    assert len(counted) == 1
    assert library.article(counted[0]) is not None


def test_events_bring_each_citation_before_the_block_that_uses_it() -> None:
    citations = tuple(Citation(n, "a", "A", "S", "q", 0, 1, "/") for n in (1, 2))
    blocks = (Block("paragraph", "x", (1,)), Block("points", "y", (2, 1)), Block("notice", "z"))
    reply = Reply("id", "answered", blocks, citations)
    kinds = [event.kind for event in events(reply)]
    assert kinds == ["meta", "citation", "block", "citation", "block", "notice", "done"]


def test_respond_ends_with_done(library: Rapport) -> None:
    async def collect() -> list[str]:
        return [event.kind async for event in library.respond(Conversation("What is CBT?"))]

    kinds = asyncio.run(collect())
    assert kinds[0] == "meta"
    assert kinds[-1] == "done"


def test_one_pass_embeds_each_text_once() -> None:
    class Counting:
        name = "counting"
        dimension = 2

        def __init__(self) -> None:
            self.calls: list[list[str]] = []

        def readings(self, texts: Sequence[str]) -> Any:
            self.calls.append(list(texts))
            return np.ones((len(texts), 5), np.float32)

    embedder = Counting()
    one_pass = OnePass(embedder, lambda: ["standalone", "a"])
    assert one_pass(["a", "b"]).shape == (2, 5), "the guard reads the vector and what stands behind it"
    assert one_pass.vectors(["standalone", "a"]).shape == (2, 2)
    assert embedder.calls == [["a", "b", "standalone"]]


@given(st.text(max_size=400), st.lists(st.text(max_size=80), max_size=3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gets_a_reply(library: Rapport, message: str, earlier: list[str]) -> None:
    history = tuple(Turn("user" if place % 2 == 0 else "assistant", text) for place, text in enumerate(earlier))
    reply = library.answer(Conversation(message, history))
    assert reply.blocks
    assert isinstance(reply.guard, Verdict)
