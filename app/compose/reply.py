"""Whole replies from what the steps found: referrals, fixed and signed answers, quotes, prose, and the kind words when nothing works."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import replace

from app.compose.answer import Answer
from app.compose.approved import Approved
from app.compose.texts import Texts, contact_block, load_texts
from app.compose.written import Sentence
from app.domain import Block, Citation, Conversation, Outcome, Reply, Status, Verdict
from app.guard.output import host_of
from app.guard.replies import Book
from app.guard.screen import Guard
from app.settings import Settings


class Replies:
    """Makes replies; adds the quiet line where the guard asked for one, and leaves out what the guard won't show."""

    def __init__(self, settings: Settings, guard: Guard, book: Book) -> None:
        self._settings, self._guard, self._book = settings, guard, book
        self._own = _own_addresses(settings)

    def referral(self, conversation: Conversation, verdict: Verdict) -> Reply:
        region = conversation.region or self._settings.region
        locale = conversation.locale or self._settings.locale
        earlier = self._guard.earlier_blocks(conversation) if verdict.outcome is Outcome.CRISIS else 0
        blocks = self._book.reply(verdict, region, locale, self._settings.clinic, earlier)
        status: Status = "crisis" if verdict.outcome is Outcome.CRISIS else "clinical_advice"
        return Reply(new_id(), status, blocks, guard=verdict, receipt={"composer": "referral"})

    def fixed(self, conversation: Conversation, verdict: Verdict, texts: Texts, intent: str, status: Status) -> Reply:
        own = texts.written if self._settings.model else texts.fixed
        words: str = getattr(own, intent, "") or getattr(texts.fixed, intent)
        blocks = [Block("paragraph", words.format(clinic=self._settings.clinic.name))]
        contact = contact_block(self._settings.clinic, texts) if intent in ("contact", "human", "report") else None
        if contact is not None:
            blocks.append(contact)
        return self.whole(conversation, status, tuple(blocks), verdict, receipt={"composer": "fixed"})

    def signed(self, conversation: Conversation, verdict: Verdict, approved: Approved) -> Reply:
        receipt = {"composer": "approved", "signed_by": approved.signed_by, "signed_on": str(approved.signed_on)}
        return self.whole(conversation, "answered", (Block("paragraph", approved.answer),), verdict, receipt=receipt)

    def prose(self, conversation: Conversation, quoted: Reply, shown: Sequence[Sentence], receipt: dict[str, str], *, cut: bool) -> Reply:
        """The written reply: the sentences, what has to be said after them, and the suggestions that the quotes would have had."""
        words = load_texts(conversation.locale or self._settings.locale).answer
        blocks = [paragraph(sentence) for sentence in shown]
        if cut:
            blocks.append(Block("notice", words.cut_short))
        elif quoted.status == "partial":
            blocks.append(Block("notice", words.partial))
        citations = {sentence.citation.n: sentence.citation for sentence in shown}
        status: Status = "partial" if cut else quoted.status
        reply = self.whole(conversation, status, tuple(blocks), quoted.guard, tuple(citations.values()), quoted.suggestions, receipt)
        return replace(reply, id=quoted.id)

    def unavailable(self, conversation: Conversation, code: str) -> Reply:
        texts = load_texts(conversation.locale or self._settings.locale)
        contact = contact_block(self._settings.clinic, texts)
        sentence = (texts.answer.contact_some if contact else texts.answer.contact_none).format(clinic=self._settings.clinic.name)
        text = texts.answer.unavailable.format(contact=sentence)
        blocks = (Block("paragraph", text), *((contact,) if contact else ()))
        return Reply(new_id(), "error", blocks, receipt={"composer": "fixed", "code": code})

    def whole(
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

    def allowed(self, answer: Answer, texts: Texts, shown: dict[tuple[str, int, int], bool]) -> Answer:
        """The answer without any sentence that the guard won't show."""
        refused = set()
        for citation in answer.citations:
            place = (citation.article, citation.start, citation.end)
            if place not in shown:
                words = self._without_own_addresses(citation.quote)
                shown[place] = self._guard.check_out(words, words)
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

    def _without_own_addresses(self, text: str) -> str:
        """The text as the guard should judge it: the clinic's own addresses are no stranger's."""
        return self._own.sub(" ", text) if self._own is not None else text


def _own_addresses(settings: Settings) -> re.Pattern[str] | None:
    """Links and e-mail addresses at the clinic's own hosts."""
    clinic = settings.clinic
    given = (clinic.url, clinic.email, settings.public_url, *settings.allowed_origins)
    hosts = {re.escape(host) for address in given if (host := host_of(address))}
    if not hosts:
        return None
    names = "|".join(sorted(hosts))
    return re.compile(rf"(?:https?://)?(?:[\w.+-]+@)?(?<![\w.-])(?:www\.)?(?:{names})(?![\w-]|\.\w)(?:/\S*)?", re.IGNORECASE)


def paragraph(sentence: Sentence) -> Block:
    """A written sentence as it is shown."""
    return Block("paragraph", sentence.text, citations=(sentence.citation.n,))


def new_id() -> str:
    """A random name for a reply."""
    return uuid.uuid4().hex[:16]
