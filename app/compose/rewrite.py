"""A follow-up as a question that stands alone, by the language model; checked, and given up at the least doubt.

What is not kept: a question longer than a person's, words or numbers that nobody said, or anything the guard would not answer. The
model-free way (``app.retrieve.followup``) stands in then.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from contextlib import aclosing

from app.compose.prompt import load_prompt, new_fence
from app.compose.written import Chat
from app.domain import Turn
from app.errors import UpstreamError
from app.retrieve.words import terms
from app.text import plain

LONGEST = 240
MOST_TURNS = 6
TURN_CHARS = 600
TOKENS = 80
SECONDS = 6.0
_MARKUP = re.compile(r"[<>\[\]{}|*_#`\\]|://|\n")
log = logging.getLogger("rapport.rewrite")


class Rewriter:
    """Asks the model what a follow-up means. ``blocks`` says whether the guard would refer a text."""

    def __init__(self, chat: Chat, blocks: Callable[[str], bool]) -> None:
        self._chat = chat
        self._blocks = blocks
        self._prompt = load_prompt("rewrite")

    async def rewrite(self, message: str, turns: Sequence[Turn], seconds: float = SECONDS) -> str | None:
        """The question, or None when the model failed or wrote what can't be used. ``turns`` must hold none that the guard blocked."""
        fence = new_fence()
        kept = [*turns[-MOST_TURNS:], Turn("user", message)]
        spoken = "\n".join(f"{turn.role}: {plain(turn.content)[:TURN_CHARS]}" for turn in kept)
        system, user = self._prompt.fill(fence=fence, conversation=spoken)
        written = ""
        try:
            async with aclosing(self._chat.stream(system, user, seconds=min(seconds, SECONDS), most_tokens=TOKENS)) as pieces:
                async for piece in pieces:
                    written += piece
                    if "\n" in written.lstrip() or len(written) > 2 * LONGEST:
                        break
        except UpstreamError:
            return None
        question = written.strip().split("\n")[0].strip(' "“”')
        return question if self._usable(question, kept) else None

    def _usable(self, question: str, turns: Sequence[Turn]) -> bool:
        if not question or len(question) > LONGEST or _MARKUP.search(question):
            return False
        said = {term for turn in turns for term in terms(turn.content)}
        asked = set(terms(question))
        if not asked or not asked <= said:
            log.info("event=rewrite_unused why=words")
            return False
        return not self._blocks(question)
