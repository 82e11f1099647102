"""One request, one way: the only place that knows the order of the steps. Read ``Pipeline._steps`` top to bottom."""

from __future__ import annotations

import logging
import traceback
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from anyio import to_thread
from numpy.typing import NDArray

from app.compose.answer import Answer, Asked
from app.compose.fixed import intent_of
from app.compose.texts import Texts, contact_block, load_texts
from app.domain import Block, Citation, Conversation, Event, Outcome, Reply, Status, Turn, Verdict
from app.errors import IndexUnavailable
from app.guard.replies import Book
from app.guard.screen import Guard
from app.retrieve.followup import standalone
from app.retrieve.question import Question, understand
from app.session import Session
from app.settings import Settings

Vectors = NDArray[np.float32]
log = logging.getLogger("rapport.pipeline")


class Approved(Protocol):
    """Answers that the clinic wrote and signed; see ``app.compose.approved``."""

    def match(self, message: str, vector: Vectors | None) -> Any: ...


class Queries(Protocol):
    """The part of an embedding model that a question needs."""

    @property
    def name(self) -> str: ...
    def queries(self, texts: Sequence[str]) -> Vectors: ...


@dataclass
class OnePass:
    """Embeds everything that one request needs in one forward pass.

    The guard asks first, for its windows; what retrieval will search for rides along in the same batch. Kept for this request only.
    """

    embedder: Queries
    also: Callable[[], Sequence[str]]
    known: dict[str, Vectors] = field(default_factory=dict)

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """(n, d) unit vectors of ``texts``."""
        missing = [text for text in dict.fromkeys([*texts, *self.also()]) if text not in self.known]
        if missing:
            self.known.update(zip(missing, self.embedder.queries(missing), strict=True))
        return np.stack([self.known[text] for text in texts])


class Pipeline:
    """Conversation in, events out. Never raises: whatever breaks, the reply says so kindly, and a crisis still gets its referral."""

    def __init__(
        self,
        settings: Settings,
        guard: Guard,
        book: Book,
        session: Session,
        embedder: Queries | None,
        approved: Approved | None = None,
        on_declined: Callable[[str], None] | None = None,
    ) -> None:
        self._settings = settings
        self._guard = guard
        self._book = book
        self._session = session
        self.embedder = embedder
        self.approved = approved
        self._on_declined = on_declined

    async def respond(self, conversation: Conversation) -> AsyncIterator[Event]:
        """The reply as events. The work is done in a thread, so that other requests are served meanwhile."""
        reply = await to_thread.run_sync(self.answer, conversation)
        for event in events(reply):
            yield event

    def answer(self, conversation: Conversation) -> Reply:
        """The whole reply. Never raises."""
        try:
            return self._steps(conversation)
        except IndexUnavailable:
            return self._unavailable(conversation, "index_unavailable")
        except Exception as error:  # noqa: BLE001 - the last line of defence: a person never meets a stack trace
            log.error("event=pipeline_failed error=%s at=%s", type(error).__name__, _where(error))
            return self._unavailable(conversation, "failed")

    def _steps(self, conversation: Conversation) -> Reply:
        texts = load_texts(conversation.locale or self._settings.locale)
        with self._session.index_or_none() as opened:
            asking = _Asking(self, conversation, opened)
            one_pass = OnePass(self.embedder, asking.texts) if self.embedder is not None else None

            intent = intent_of(conversation.message)
            verdict = self._screen(conversation, one_pass, opening_small_talk=intent is not None and not conversation.history)
            if verdict.blocks:
                return self._referral(conversation, verdict)

            if intent is not None:
                return self._fixed(conversation, verdict, texts, *intent)

            if opened is None or one_pass is None:
                raise self._session.problem()
            vector = one_pass([conversation.message])[0]
            approved = self.approved.match(conversation.message, vector) if self.approved is not None else None
            if approved is not None:
                return self._signed(conversation, verdict, approved)

            question = asking.question
            vectors = one_pass([question.text, *question.parts])
            asked = Asked(question.text, vectors[0], tuple(zip(question.parts, vectors[1:], strict=True)))
            answer = self._checked(opened.answerer.answer(asked, texts), texts, opened.shown)
            if answer.status in ("no_answer", "off_topic") and self._on_declined is not None:
                self._on_declined(opened.nearest_article(vectors[0]))
            receipt = {"build": opened.index.name, "composer": "quotes", "model": opened.index.manifest.model}
            receipt |= {"score": f"{answer.probability:.3f}", "cutoff": f"{opened.answerer.answerable.answer_from:.3f}"}
            return self._reply(conversation, answer.status, answer.blocks, verdict, answer.citations, answer.suggestions, receipt)

    def _screen(self, conversation: Conversation, embed: OnePass | None, *, opening_small_talk: bool) -> Verdict:
        """The guard. "Hello" or "are you a robot?" as a first message, whole, is released from the classifier; never from the rules."""
        return self._guard.screen_rules(conversation) if opening_small_talk else self._guard.screen(conversation, embed)

    # --- replies ------------------------------------------------------------------------------------------------------

    def _referral(self, conversation: Conversation, verdict: Verdict) -> Reply:
        region = conversation.region or self._settings.region
        locale = conversation.locale or self._settings.locale
        earlier = self._guard.earlier_blocks(conversation) if verdict.outcome is Outcome.CRISIS else 0
        blocks = self._book.reply(verdict, region, locale, self._settings.clinic, earlier)
        status: Status = "crisis" if verdict.outcome is Outcome.CRISIS else "clinical_advice"
        return Reply(new_id(), status, blocks, guard=verdict, receipt={"composer": "referral"})

    def _fixed(self, conversation: Conversation, verdict: Verdict, texts: Texts, intent: str, status: Status) -> Reply:
        words: str = getattr(texts.fixed, intent)
        blocks = [Block("paragraph", words.format(clinic=self._settings.clinic.name))]
        contact = contact_block(self._settings.clinic, texts) if intent in ("contact", "human", "report") else None
        if contact is not None:
            blocks.append(contact)
        return self._reply(conversation, status, tuple(blocks), verdict, receipt={"composer": "fixed"})

    def _signed(self, conversation: Conversation, verdict: Verdict, approved: Any) -> Reply:
        receipt = {"composer": "approved", "signed_by": approved.signed_by, "signed_on": str(approved.signed_on)}
        return self._reply(conversation, "answered", (Block("paragraph", approved.answer),), verdict, receipt=receipt)

    def _unavailable(self, conversation: Conversation, code: str) -> Reply:
        texts = load_texts(conversation.locale or self._settings.locale)
        contact = contact_block(self._settings.clinic, texts)
        sentence = (texts.answer.contact_some if contact else texts.answer.contact_none).format(clinic=self._settings.clinic.name)
        text = texts.answer.unavailable.format(contact=sentence)
        blocks = (Block("paragraph", text), *((contact,) if contact else ()))
        return Reply(new_id(), "error", blocks, receipt={"composer": "fixed", "code": code})

    def _reply(
        self,
        conversation: Conversation,
        status: Status,
        blocks: tuple[Block, ...],
        verdict: Verdict,
        citations: tuple[Citation, ...] = (),
        suggestions: tuple[str, ...] = (),
        receipt: dict[str, str] | None = None,
    ) -> Reply:
        if verdict.outcome is Outcome.PASS_WITH_LINE:
            region = conversation.region or self._settings.region
            line = self._book.quiet_line(region, conversation.locale or self._settings.locale, self._settings.clinic)
            blocks = (*blocks, line)
        return Reply(new_id(), status, blocks, citations, suggestions, verdict, receipt or {})

    # --- checks -------------------------------------------------------------------------------------------------------

    def _checked(self, answer: Answer, texts: Texts, shown: dict[tuple[str, int, int], bool]) -> Answer:
        """The answer without any sentence that the guard won't show."""
        refused = set()
        for citation in answer.citations:
            place = (citation.article, citation.start, citation.end)
            if place not in shown:
                shown[place] = self._guard.check_out(citation.quote, citation.quote)
            if not shown[place]:
                refused.add(citation.n)
        if not refused:
            return answer
        blocks: list[Block] = []
        for block in answer.blocks:
            items = tuple(item for item in block.items if not refused & set(item.citations))
            if block.items and items:
                numbers = tuple(n for item in items for n in item.citations)
                blocks.append(replace(block, text="\n".join(f"• {item.text}" for item in items), items=items, citations=numbers))
            elif not block.items and not refused & set(block.citations):
                blocks.append(block)
        kept = tuple(citation for citation in answer.citations if citation.n not in refused)
        if not kept:
            sentence = texts.answer.contact_none
            declined = Block("paragraph", texts.answer.no_answer.format(contact=sentence, clinic=self._settings.clinic.name))
            return replace(answer, status="no_answer", blocks=(declined,), citations=())
        return replace(answer, blocks=tuple(blocks), citations=kept)

    def history_before(self, conversation: Conversation) -> tuple[Turn, ...]:
        """The earlier turns that a follow-up may lean on: none that the guard blocked, nor the reply to it."""
        kept: list[Turn] = []
        skipping = False
        for turn in conversation.history:
            if turn.role == "user":
                skipping = self._guard.screen_rules(Conversation(turn.content)).blocks
            if not skipping:
                kept.append(turn)
        return tuple(kept)


class _Asking:
    """Works out, once and only when asked, what the message means as a question that stands alone."""

    def __init__(self, pipeline: Pipeline, conversation: Conversation, opened: Any) -> None:
        self._pipeline, self._conversation, self._opened = pipeline, conversation, opened
        self._question: Question | None = None

    @property
    def question(self) -> Question:
        """The stand-alone, spell-checked question and its parts."""
        if self._question is None:
            turns = self._pipeline.history_before(self._conversation)
            meant = standalone(self._conversation.message, turns, self._opened.topics)
            text = self._opened.speller.correct(meant.text)
            # What was carried over from an earlier question is context, not a second question to answer.
            self._question = Question(text, (text,)) if meant.leans else understand(text)
        return self._question

    def texts(self) -> Sequence[str]:
        """What retrieval will want vectors of."""
        if self._opened is None:
            return ()
        return (self._conversation.message, self.question.text, *self.question.parts)


def events(reply: Reply) -> Iterator[Event]:
    """A whole reply as the events that lead up to it: each citation comes before the block that uses it."""
    yield Event("meta", {"id": reply.id, "status": reply.status})
    cited = {citation.n: citation for citation in reply.citations}
    for block in reply.blocks:
        for number in block.citations:
            if number in cited:
                yield Event("citation", cited.pop(number))
        yield Event("notice" if block.type == "notice" else "block", block)
    yield Event("done", reply)


def new_id() -> str:
    """A random name for a reply."""
    return uuid.uuid4().hex[:16]


def _where(error: BaseException) -> str:
    """File and line of the innermost frame: where, and nothing of what."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "?"
