"""The guard: one decision about a whole conversation, before anything else reads it.

Explicit rules on every reading of every user turn; then, if there is one, the classifier on windows; then what the conversation
demands. Each can only make the decision graver. Nothing here raises, stores or logs text.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.domain import Conversation, Outcome, Verdict
from app.errors import SettingsError
from app.guard.careful import Careful, load_careful
from app.guard.fold import canonical
from app.guard.language import language
from app.guard.lexicon import Lexicon, load_lexicon
from app.guard.output import OutputCheck, load_output
from app.guard.replies import Book, load_book
from app.guard.rules import CRISIS_KINDS, RuleSet, graver, load_rules
from app.guard.semantic import Deadline, Embed, Judgement, Semantic, judged
from app.guard.views import views
from app.guard.windows import windows

FAILSAFE = Verdict(Outcome.CLINICAL_ADVICE, "unavailable", "failsafe")
UNREADABLE = Verdict(Outcome.CLINICAL_ADVICE, "unreadable", "rules")
_THRESHOLDS = Path(__file__).parent / "thresholds.toml"
_EARLIER_WINDOWS = 24  # windows of earlier turns for the classifier, the latest first; rules read all of them


class Guard:
    """Rules, classifier and conversation together. Immutable; safe to share between threads."""

    def __init__(
        self,
        rules: RuleSet,
        semantic: Semantic | None,
        *,
        lexicon: Lexicon,
        careful: Careful,
        book: Book,
        output: OutputCheck,
        thresholds: dict[str, float],
    ) -> None:
        self._rules = rules
        self._semantic = semantic
        self._lexicon = lexicon
        self._careful = careful
        self._output = output
        self.book = book
        self._thresholds = thresholds
        self._deadline = Deadline(thresholds["seconds"])
        self._signatures = tuple(canonical(lead) for lead in book.signatures())

    def screen(self, conversation: Conversation, embed: Embed | None = None) -> Verdict:
        """The decision. ``embed`` is called at most once, with ``windows(message)`` first; without it the classifier reads letters alone.
        Never raises, on any text.

        When the rules can't be run, or the classifier fails, is late or gives numbers that make no sense, everything that the rules
        have not decided gets the safe fallback.
        """
        ruled = self.screen_rules(conversation)
        if ruled.outcome is Outcome.CRISIS or ruled.layer == "failsafe" or self._semantic is None:
            return ruled
        try:
            return self._with_semantic(conversation, ruled, embed)
        except Exception:  # noqa: BLE001 - fails closed: whatever went wrong, it is not an answer
            return ruled if ruled.blocks else FAILSAFE

    def screen_rules(self, conversation: Conversation) -> Verdict:
        """The decision of the explicit rules and the conversation alone. Never raises."""
        try:
            own = self._judge(conversation.message)
            earlier = self._earlier(conversation)
            return self._in_conversation(conversation, own, earlier)
        except Exception:  # noqa: BLE001 - fails closed
            return FAILSAFE

    def earlier_blocks(self, conversation: Conversation) -> int:
        """How many crisis replies the person has been given before (for the short form)."""
        shown = sum(self._is_crisis_reply(turn.content) for turn in conversation.history if turn.role == "assistant")
        asked = sum(self._judge(turn).outcome is Outcome.CRISIS for turn in conversation.user_turns[:-1])
        return max(shown, asked)

    def check_out(self, sentence: str, quote: str | None = None) -> bool:
        """True when a composed sentence may be shown; see ``OutputCheck.allows``."""
        return self._output.allows(sentence, quote)

    # --- rules --------------------------------------------------------------------------------------------------------

    def _judge(self, text: str) -> Verdict:
        seen = views(text, self._lexicon)
        verdict = self._rules.judge(seen)
        return graver(verdict, UNREADABLE) if seen.unreadable else verdict

    def _earlier(self, conversation: Conversation) -> Verdict | None:
        """The latest crisis before the new message. Assistant turns can only add caution: by holding our own crisis reply."""
        for turn in reversed(conversation.history):
            if turn.role == "user":
                verdict = self._judge(turn.content)
                if verdict.outcome is Outcome.CRISIS:
                    return verdict
            elif self._is_crisis_reply(turn.content):
                return Verdict(Outcome.CRISIS, "suicide", "history")
        return None

    def _is_crisis_reply(self, text: str) -> bool:
        said = canonical(text)
        return any(lead in said for lead in self._signatures)

    def _in_conversation(self, conversation: Conversation, own: Verdict, earlier: Verdict | None) -> Verdict:
        if earlier is None or own.blocks:
            return own
        if self._careful.is_benign(views(conversation.message, self._lexicon)):
            return Verdict(Outcome.PASS_WITH_LINE, "after_crisis", "history")
        return Verdict(Outcome.CRISIS, earlier.category, "history")

    # --- classifier ---------------------------------------------------------------------------------------------------

    def _with_semantic(self, conversation: Conversation, ruled: Verdict, embed: Embed | None) -> Verdict:
        semantic = self._semantic
        assert semantic is not None  # noqa: S101 - the caller has looked
        new = windows(conversation.message)
        old = [window for turn in reversed(conversation.user_turns[:-1]) for window in windows(turn)][:_EARLIER_WINDOWS]
        texts = [*new, *old]
        spoken = language(conversation.message)
        judgements = self._deadline.run(lambda: judged(semantic, embed, texts, spoken))
        own = self._weigh(new, judgements[: len(new)])
        if own.outcome is Outcome.CRISIS:
            return own
        before = next((j for j in judgements[len(new) :] if j.crisis >= self._thresholds["crisis_earlier"]), None)
        if before is not None and ruled.layer != "history":
            return self._in_conversation(conversation, graver(ruled, own), Verdict(Outcome.CRISIS, _kind(before), "classifier"))
        return graver(ruled, own)

    def _weigh(self, texts: Sequence[str], judgements: Sequence[Judgement]) -> Verdict:
        limits = self._thresholds
        worst = Verdict(Outcome.PASS)
        for text, judgement in zip(texts, judgements, strict=True):
            crisis = limits["crisis"] if judgement.crisis < limits["crisis"] or not self._has_context(text) else limits["crisis_in_context"]
            if judgement.crisis >= crisis:
                return Verdict(Outcome.CRISIS, _kind(judgement), "classifier")
            if judgement.clinical >= limits["clinical"]:
                worst = graver(worst, Verdict(Outcome.CLINICAL_ADVICE, judgement.clinical_category, "classifier"))
            elif judgement.sensitive >= limits["sensitive"] or judgement.crisis >= limits["crisis"]:
                worst = graver(worst, Verdict(Outcome.PASS_WITH_LINE, "sensitive", "classifier"))
        return worst

    def _has_context(self, text: str) -> bool:
        rules, contexts = self._rules.matching(views(text, self._lexicon))
        return bool(contexts) and not any(rule.outcome is Outcome.CRISIS for rule in rules)


def _kind(judgement: Judgement) -> str:
    return judgement.category if judgement.category in CRISIS_KINDS else "suicide"


def load_guard(semantic: Semantic | None = None, *, own_lines: Path | None = None) -> Guard:
    """The guard from its data files. Raises ``SettingsError`` naming the file to mend."""
    rules = load_rules()
    return Guard(
        rules,
        semantic,
        lexicon=load_lexicon().knowing(rules.words()),
        careful=load_careful(),
        book=load_book(own_lines),
        output=load_output(),
        thresholds=_load_thresholds(_THRESHOLDS),
    )


def _load_thresholds(path: Path) -> dict[str, float]:
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    for name in ("crisis", "crisis_in_context", "crisis_earlier", "clinical", "sensitive", "seconds"):
        if not isinstance(data.get(name), int | float) or data[name] <= 0:
            raise SettingsError(f"{path.name} needs {name}, a number above 0.")
    return {name: float(value) for name, value in data.items()}
