"""A service that answers as the real one would: cited points, real crisis and advice replies, a long answer, an odd one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from app.citation_url import citation_url
from app.domain import Block, Citation, Conversation, Event, Item, Link, Outcome, Reply, Status, Verdict
from app.guard.replies import load_book
from app.settings import Settings
from tests.app.web.fakes import QUOTE, FakeRapport, make_article

QUESTION = "What happens in the first session?"
ANSWER = "A first session is mostly a conversation. You set the pace."
LONG = "Tell me everything"
BREAK = "break in the middle"
NOTHING = "What is the best pizza?"
HUMAN = "Are you a real person?"
TOOL = "I am an automated tool, not a person and not a therapist."
ARTICLE = make_article(
    "first-session", title="What happens in the first therapy session?", reviewed_by="Dr Ada Okoro", reviewed_on="2026-03-01"
)
POINTS = (ANSWER, QUOTE, "You don't need to bring anything to a first session.")


def make_settings(**changes: Any) -> Settings:
    """Generous limits and a clinic with every way to reach it."""
    clinic = {
        "name": "Riverside Clinic",
        "phone": "+1 555 010 0199",
        "email": "hello@riverside.example",
        "url": "https://riverside.example/",
    }
    limits = {"per_minute": 10_000, "per_day": 100_000}
    return Settings(**{"clinic": clinic, "limits": limits, "region": "US", **changes})


class Clinic(FakeRapport):
    """``pause`` is slept before each block; ``asked`` holds what was asked."""

    async def respond(self, conversation: Conversation) -> AsyncIterator[Event]:
        self.seen.append(conversation)
        verdict = self.guard_screen(conversation)
        reply = self._told(conversation, verdict)
        yield Event("meta", {"id": reply.id, "status": reply.status})
        cited = {citation.n: citation for citation in reply.citations}
        for block in reply.blocks:
            await asyncio.sleep(self.pause)
            for number in block.citations:
                if number in cited:
                    yield Event("citation", cited.pop(number))
            yield Event("notice" if block.type == "notice" else "block", block)
            if BREAK in conversation.message:
                raise RuntimeError
        yield Event("done", reply)

    def _told(self, conversation: Conversation, verdict: Verdict) -> Reply:
        if verdict.blocks:
            status: Status = "crisis" if verdict.outcome is Outcome.CRISIS else "clinical_advice"
            region = conversation.region or self.settings.region
            blocks = load_book().reply(verdict, region, conversation.locale, self.settings.clinic, 0)
            return Reply("r1", status, blocks, guard=verdict)
        if not self.state.ready:
            return Reply("r1", "error", (Block("paragraph", "The articles can't be searched right now."),))
        if conversation.message == HUMAN:
            return Reply("r1", "about", (Block("paragraph", TOOL),))
        if conversation.message == NOTHING:
            contact = Block(
                "contact",
                "Riverside Clinic\nPhone: +1 555 010 0199\nOpen: weekdays, 9 to 5",
                links=(Link("Phone: +1 555 010 0199", "tel:+15550100199"),),
            )
            return Reply("r1", "no_answer", (Block("paragraph", "The articles I can use don't cover that."), contact))
        count = 12 if conversation.message == LONG else 1
        blocks = (
            Block("paragraph", POINTS[0], (1,)),
            Block("points", "\n".join(POINTS[1:] * count), (2, 3), tuple(Item(text, (n,)) for n, text in enumerate(POINTS[1:] * count, 2))),
            Block("notice", "The articles here answer only part of your question. I left the rest out rather than guess."),
        )
        citations = tuple(_citation(n, text) for n, text in enumerate(POINTS, 1))
        return Reply("r1", "answered", blocks, citations, ("What should I bring?", "How long does a first session last?"))


def _citation(n: int, quote: str) -> Citation:
    start = ARTICLE.text.index(quote)
    url = citation_url(ARTICLE.slug, start, start + len(quote))
    by, on = (ARTICLE.reviewed_by, ARTICLE.reviewed_on) if n == 1 else (None, None)
    return Citation(n, ARTICLE.slug, ARTICLE.title, "What happens in a first session?", quote, start, start + len(quote), url, on, by)
