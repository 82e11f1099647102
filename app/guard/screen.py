"""The guard: one decision about a whole conversation, before anything else reads it.

Explicit rules on every reading of every user turn; then, if there is one, the classifier on windows; then what the conversation
demands. Each can only make the decision graver, with one exception: a classifier that is sure releases a plainly written English message
from rules that are not about the writer's own intent (``RuleSet.yielding``). Nothing here raises, stores or logs text.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import reduce
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
from app.guard.windows import LONG, WHOLE, pairs, stretches, windows

FAILSAFE = Verdict(Outcome.CLINICAL_ADVICE, "unavailable", "failsafe")
UNREADABLE = Verdict(Outcome.CLINICAL_ADVICE, "unreadable", "rules")
_THRESHOLDS = Path(__file__).parent / "thresholds.toml"
_LEAST = 1e-4  # no probability is taken for surer than this
_LAST_CHANCE = 0.5  # seconds for the classifier without the model
_TYPOGRAPHIC = {ord(mark): "'" for mark in "‘’“”–—…"}
_EARLIER = 24  # earlier messages, or stretches of long ones, for the classifier, the latest first; rules read all of them


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the classifier's probabilities are acted on; ``thresholds.toml`` says what each is for."""

    crisis: float
    crisis_long: float
    part_weight: float
    crisis_in_context: float
    crisis_earlier: float
    clinical: float
    clinical_part: float
    sensitive: float
    release: float
    release_part: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits for English and for other languages, and the longest wait for the classifier."""

    seconds: float
    english: Limits
    other: Limits


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
        thresholds: Thresholds,
    ) -> None:
        self._rules = rules
        self._semantic = semantic
        self._lexicon = lexicon
        self._careful = careful
        self._output = output
        self.book = book
        self._thresholds = thresholds
        self._deadline = Deadline(thresholds.seconds)
        self._last_chance = Deadline(_LAST_CHANCE)
        self._signatures = tuple(canonical(lead) for lead in book.signatures())

    def screen(self, conversation: Conversation, embed: Embed | None = None) -> Verdict:
        """The decision. ``embed`` is called at most once, with ``windows(message)`` first; without it the classifier reads letters alone.
        Never raises, on any text.

        When the rules can't be run, or the classifier fails, is late or gives numbers that make no sense, everything that the rules
        have not decided gets the safe fallback.
        """
        ruled = self.screen_rules(conversation)
        semantic = self._semantic
        if ruled.layer == "failsafe" or semantic is None or (ruled.outcome is Outcome.CRISIS and not self._may_yield(conversation)):
            return ruled
        try:
            return self._with_semantic(semantic, conversation, ruled, embed)
        except Exception:  # noqa: BLE001 - fails closed: whatever went wrong, it is not an answer
            return ruled if ruled.blocks else self._without_meaning(semantic, conversation)

    def _without_meaning(self, semantic: Semantic, conversation: Conversation) -> Verdict:
        """The safe fallback, unless the classifier sees danger by words and letters alone: a slow model must not make a crisis of less."""
        try:
            spoken = language(conversation.message)
            (seen,) = self._last_chance.run(lambda: judged(semantic, None, windows(conversation.message)[:1], spoken))
            danger = seen.crisis >= self._limits(conversation.message).crisis
            return Verdict(Outcome.CRISIS, _kind(seen), "classifier") if danger else FAILSAFE
        except Exception:  # noqa: BLE001 - fails closed: this was the last thing to try
            return FAILSAFE

    def screen_rules(self, conversation: Conversation) -> Verdict:
        """The decision of the explicit rules and the conversation alone. Never raises."""
        try:
            return self._by_rules(conversation, frozenset())
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

    def _by_rules(self, conversation: Conversation, released: frozenset[str]) -> Verdict:
        """The rules' decision on a conversation; ``released`` holds messages whose rules have yielded."""
        own = self._judge(conversation.message, released)
        return self._in_conversation(conversation, own, self._earlier(conversation, released))

    def _judge(self, text: str, released: frozenset[str] = frozenset()) -> Verdict:
        if text in released:
            return Verdict(Outcome.PASS_WITH_LINE, "sensitive", "classifier")
        seen = views(text, self._lexicon)
        verdict = self._rules.judge(seen)
        return graver(verdict, UNREADABLE) if seen.unreadable else verdict

    def _yields(self, text: str) -> bool:
        """True when a sure classifier may release this message from the rules that fire on it."""
        plainly = len(text) <= LONG and text.translate(_TYPOGRAPHIC).isascii()
        return plainly and self._rules.yielding(views(text, self._lexicon))

    def _may_yield(self, conversation: Conversation) -> bool:
        """True when every message that rules take for danger may be released, and no crisis reply has been shown yet."""
        try:
            danger = [turn for turn in conversation.user_turns if self._judge(turn).outcome is Outcome.CRISIS]
            shown = any(turn.role == "assistant" and self._is_crisis_reply(turn.content) for turn in conversation.history)
            return not shown and all(self._yields(turn) for turn in danger)
        except Exception:  # noqa: BLE001 - fails closed
            return False

    def _earlier(self, conversation: Conversation, released: frozenset[str]) -> Verdict | None:
        """The latest crisis before the new message. Assistant turns can only add caution: by holding our own crisis reply."""
        for turn in reversed(conversation.history):
            if turn.role == "user":
                verdict = self._judge(turn.content, released)
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

    def _with_semantic(self, semantic: Semantic, conversation: Conversation, ruled: Verdict, embed: Embed | None) -> Verdict:
        new = windows(conversation.message)
        old = [text for turn in reversed(conversation.user_turns[:-1]) for text in (stretches(turn) if len(turn) > WHOLE else [turn])][
            :_EARLIER
        ]
        spoken = language(conversation.message)
        judgements = self._deadline.run(lambda: judged(semantic, embed, [*new, *old], spoken))
        own = self._weigh(conversation.message, dict(zip(new, judgements[: len(new)], strict=True)))
        if own.outcome is Outcome.CRISIS:
            return own
        if embed is not None and (ruled.blocks or ruled.layer == "history"):
            ruled = self._by_rules(conversation, self._released(conversation, new, old, judgements))
        earlier = zip(old, judgements[len(new) :], strict=True)
        before = next((judgement for turn, judgement in earlier if judgement.crisis >= self._limits(turn).crisis_earlier), None)
        if before is not None and ruled.layer != "history":
            return self._in_conversation(conversation, graver(ruled, own), Verdict(Outcome.CRISIS, _kind(before), "classifier"))
        return graver(ruled, own)

    def _released(self, conversation: Conversation, new: list[str], old: list[str], judgements: Sequence[Judgement]) -> frozenset[str]:
        """The messages that rules block and the classifier is sure hold no danger and no such request.

        It must be sure of the message whole, which it reads best; of the parts, read out of their message, none may be nearly certain.
        """
        gravest = {text: max(seen.crisis, seen.clinical) for text, seen in zip([*new, *old], judgements, strict=True)}
        # The new message last: typed a second time, it is still judged by its parts.
        parts = {**{turn: [turn] for turn in conversation.user_turns[:-1] if turn in old}, conversation.message: new}

        def sure(turn: str) -> bool:
            limits, (whole, *others) = self._limits(turn), parts[turn]
            return gravest[whole] < limits.release and all(gravest[other] < limits.release_part for other in others)

        return frozenset(turn for turn in parts if sure(turn) and self._yields(turn))

    def _weigh(self, message: str, seen: Mapping[str, Judgement]) -> Verdict:
        """The gravest decision on what is read together of a message: all of it, or the stretches of a long one."""
        return reduce(graver, (self._weigh_stretch(stretch, pairs(stretch), seen) for stretch in stretches(message)))

    def _weigh_stretch(self, stretch: str, parts: Sequence[str], seen: Mapping[str, Judgement]) -> Verdict:
        """The decision on a stretch from what is said of it whole and of its parts."""
        limits, whole = self._limits(stretch), seen[stretch]
        judgements = {stretch: whole, **{part: seen[part] for part in parts}}
        worst = max(judgements, key=lambda text: judgements[text].crisis)
        gravest = judgements[worst]
        least = limits.crisis_long if len(stretch) > LONG else limits.crisis
        danger = (_joined(whole.crisis, gravest.crisis, limits.part_weight) if parts else whole.crisis) >= least
        if danger and (gravest.crisis >= limits.crisis_in_context or not self._has_context(worst)):
            return Verdict(Outcome.CRISIS, _kind(gravest), "classifier")
        for judgement in judgements.values():
            if judgement.clinical >= (limits.clinical if judgement is whole else limits.clinical_part):
                return Verdict(Outcome.CLINICAL_ADVICE, judgement.clinical_category, "classifier")
        doubtful = gravest.crisis >= limits.crisis
        if whole.sensitive >= limits.sensitive or (doubtful and not self._is_plain(stretch)):
            return Verdict(Outcome.PASS_WITH_LINE, "sensitive", "classifier")
        return Verdict(Outcome.PASS)

    def _is_plain(self, text: str) -> bool:
        """True when rules see nothing but a context that needs no quiet line, such as a question about the price."""
        rules, contexts = self._rules.matching(views(text, self._lexicon))
        return not rules and any(context.plain for context in contexts)

    def _limits(self, text: str) -> Limits:
        return self._thresholds.english if language(text) == "en" else self._thresholds.other

    def _has_context(self, text: str) -> bool:
        rules, contexts = self._rules.matching(views(text, self._lexicon))
        return bool(contexts) and not any(rule.outcome is Outcome.CRISIS for rule in rules)


def _joined(whole: float, part: float, weight: float) -> float:
    """One probability of a message's and of its gravest part's: their log-odds added, the part's counting ``weight``."""
    odds = [math.log(min(max(chance, _LEAST), 1 - _LEAST) / (1 - min(max(chance, _LEAST), 1 - _LEAST))) for chance in (whole, part)]
    return 1 / (1 + math.exp(-odds[0] - weight * odds[1]))


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


def _load_thresholds(path: Path) -> Thresholds:
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    names = [field.name for field in fields(Limits)]
    for place, values, wanted in (("", data, ["seconds"]), *((name, data.get(name, {}), names) for name in ("english", "other"))):
        for name in wanted:
            if not isinstance(values.get(name), int | float) or values[name] < 0:
                raise SettingsError(f"{path.name} needs {f'{place}.{name}'.lstrip('.')}, a number, 0 or more.")
    english, other = (Limits(**{name: float(data[place][name]) for name in names}) for place in ("english", "other"))
    return Thresholds(float(data["seconds"]), english, other)
