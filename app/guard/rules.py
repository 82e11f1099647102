"""Rules and contexts as data: read from ``rules/*.toml``, checked, compiled to RE2, matched on the views of a message.

A **rule** says that some words mean danger, a request for clinical advice, or a sensitive topic. A **context** says that some
words, together, mean something harmless (an idiom, a denial, a question about what would happen): it takes out exactly the words
it encloses before the rules are matched, so that it never releases what else the message says. Patterns are regular expressions
(RE2, linear time) over tidied text, with ``{macros}`` from ``macros.toml`` for classes of words; they match whole words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import re2

from app.domain import Outcome, Verdict
from app.errors import SettingsError
from app.guard.fold import canonical, fold
from app.guard.views import Views

FOLDER = Path(__file__).parent / "rules"
ENGLISH = "en"
# Which kind names the reply when several fire: what needs an ambulance first, the writer's own danger before others'.
CRISIS_KINDS = (
    "overdose",
    "medical",
    "perinatal",
    "psychosis",
    "suicide",
    "method_request",
    "self_harm",
    "child",
    "abuse",
    "harm_to_others",
    "eating",
    "third_party",
)
ADVICE_KINDS = ("medication", "diagnosis", "test_result", "treatment_decision", "be_my_therapist", "unreadable", "unavailable")
_MACRO = re.compile(r"\{([a-zA-Z_]+)\}")
_GRAVITY = {Outcome.PASS: 0, Outcome.PASS_WITH_LINE: 1, Outcome.CLINICAL_ADVICE: 2, Outcome.CRISIS: 3}
_BLOCKING = (Outcome.CRISIS, Outcome.CLINICAL_ADVICE)
_MASK = " ~ "
_FILTER_SIZE = 200  # patterns


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as a clinician wrote it. ``patterns`` are expanded. ``explicit`` marks words that leave no doubt.

    ``firm``: somebody speaks of their own intent or act, so nothing that the classifier says can release it.
    """

    id: str
    language: str
    kind: str
    outcome: Outcome
    why: str
    patterns: tuple[str, ...]
    must_match: tuple[str, ...]
    must_not_match: tuple[str, ...]
    explicit: bool = False
    firm: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """Words that are harmless together. ``line``: the topic is sensitive all the same, so the quiet line is added.

    ``plain``: so plain a question that a doubt of the classifier adds no line.
    """

    id: str
    language: str
    why: str
    patterns: tuple[str, ...]
    must_release: tuple[str, ...]
    must_not_release: tuple[str, ...]
    line: bool = False
    plain: bool = False
    breaks: str = ""


class _Matcher:
    """Many patterns, each belonging to a number, against a text. Only patterns whose literal words occur are tried.

    One RE2 filter holds only so much (between 600 and 700 of our patterns), so there are several.
    """

    def __init__(self, patterns: Sequence[tuple[int, str]]) -> None:
        self._owners = [owner for owner, _ in patterns]
        chunks = [patterns[start : start + _FILTER_SIZE] for start in range(0, len(patterns), _FILTER_SIZE)]
        self._filters = [_filter([pattern for _, pattern in chunk]) for chunk in chunks]

    def owners(self, text: str) -> list[int]:
        """Who matches, each once, in order."""
        return sorted({self._owners[hit] for hit in self._hits(text)})

    def mask(self, text: str, breaks: dict[int, re2._Regexp[str]]) -> tuple[str, list[int]]:
        """The text without what matches, and who matched. What holds two thoughts (the owner's ``breaks``) stays."""
        owners: set[int] = set()

        def put(match: re2._Match[str]) -> str:
            if owner in breaks and breaks[owner].search(match.group()):
                return str(match.group())
            owners.add(owner)
            return _MASK

        for hit in self._hits(text):
            owner = self._owners[hit]
            text = str(self._filters[hit // _FILTER_SIZE].re(hit % _FILTER_SIZE).sub(put, text))
        return " ".join(text.split()), sorted(owners)

    def _hits(self, text: str) -> list[int]:
        return [number * _FILTER_SIZE + hit for number, part in enumerate(self._filters) for hit in sorted(part.Match(text) or ())]


def _filter(patterns: Sequence[str]) -> re2.Filter:
    made, options = re2.Filter(), re2.Options()
    options.log_errors = False
    try:
        for pattern in patterns:
            made.Add(pattern, options)
        made.Compile()
    except re2.error as error:
        raise SettingsError(f"The guard's rules are too large for one filter: make _FILTER_SIZE in rules.py smaller ({error}).") from None
    return made


class RuleSet:
    """All rules and contexts, compiled."""

    def __init__(self, rules: Sequence[Rule], contexts: Sequence[Context]) -> None:
        self.rules = tuple(rules)
        self.contexts = tuple(contexts)
        self._rules = {english: _matcher(self.rules, english) for english in (True, False)}
        self._contexts = {english: _matcher(self.contexts, english) for english in (True, False)}
        self._breaks = {i: re2.compile(context.breaks) for i, context in enumerate(self.contexts) if context.breaks}

    def matching(self, seen: Views) -> tuple[list[Rule], list[Context]]:
        """The rules and the contexts that fire on any reading of a message."""
        rules: set[int] = set()
        contexts: set[int] = set()
        for english, texts in ((True, seen.plain), (False, seen.native)):
            for text in texts:
                masked, released = self._contexts[english].mask(text, self._breaks)
                contexts.update(released)
                rules.update(self._rules[english].owners(masked))
        return [self.rules[i] for i in sorted(rules)], [self.contexts[i] for i in sorted(contexts)]

    def yielding(self, seen: Views) -> bool:
        """True when rules that block fire, each of them English and not firm, and all of them on the text as it stands.

        Only such a verdict may be released by a classifier that is sure of the contrary: what fires on a disguised reading stays.
        """
        rules = [rule for rule in self.matching(seen)[0] if rule.outcome in _BLOCKING]
        straight = self.matching(Views(seen.native[:1], seen.plain[:1]))[0]
        return bool(rules) and all(rule.language == ENGLISH and not rule.firm and rule in straight for rule in rules)

    def judge(self, seen: Views) -> Verdict:
        """The gravest outcome of all that fires; the kind that needs the most urgent reply among those."""
        rules, contexts = self.matching(seen)
        if not rules:
            line = any(context.line for context in contexts)
            return Verdict(Outcome.PASS_WITH_LINE, "sensitive", "rules") if line else Verdict(Outcome.PASS)
        gravest = max((rule.outcome for rule in rules), key=_GRAVITY.__getitem__)
        order = (*CRISIS_KINDS, *ADVICE_KINDS)
        kinds = [rule.kind for rule in rules if rule.outcome is gravest]
        return Verdict(gravest, min(kinds, key=lambda kind: order.index(kind) if kind in order else len(order)), "rules")

    def words(self) -> set[str]:
        """Every word of the examples: what the rules are about."""
        examples = [(rule.language, text) for rule in self.rules for text in (*rule.must_match, *rule.must_not_match)]
        examples += [(context.language, text) for context in self.contexts for text in (*context.must_release, *context.must_not_release)]
        # "can't" is one word however it is typed; "n'arrive" is two.
        return {word for language, text in examples for word in canonical(text).replace("'", "" if language == ENGLISH else " ").split()}


def graver(first: Verdict, second: Verdict) -> Verdict:
    """The graver of two verdicts; the first where they are equal."""
    return second if _GRAVITY[second.outcome] > _GRAVITY[first.outcome] else first


def _matcher(items: Sequence[Rule | Context], english: bool) -> _Matcher:
    return _Matcher([(i, pattern) for i, item in enumerate(items) if (item.language == ENGLISH) is english for pattern in item.patterns])


# --- loading ----------------------------------------------------------------------------------------------------------


def load_rules(folder: Path = FOLDER) -> RuleSet:
    """Read every rule file of a folder. Raises ``SettingsError`` that names the file and the rule to mend."""
    macros = _read(folder / "macros.toml")
    rules: list[Rule] = []
    contexts: list[Context] = []
    for path in sorted(folder.glob("*.toml")):
        if path.name == "macros.toml":
            continue
        data = _read(path)
        known = {**macros, **data.get("macros", {})}
        rules.extend(_rule(path.name, data, item, known) for item in data.get("rule", ()))
        contexts.extend(_context(path.name, data, item, known) for item in data.get("context", ()))
    names = {*(rule.id for rule in rules), *(context.id for context in contexts)}
    if len(names) < len(rules) + len(contexts):
        raise SettingsError("Two guard rules have the same id.")
    return RuleSet(rules, contexts)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The guard's rule file {path.name} can't be read: {error}.") from None


def _rule(file: str, data: dict[str, Any], item: dict[str, Any], macros: dict[str, str]) -> Rule:
    name = f"{file}: {item.get('id', 'a rule without id')}"
    outcome = item.get("outcome", data.get("outcome"))
    kind = item.get("kind", data.get("kind"))
    allowed = {"crisis": CRISIS_KINDS, "clinical_advice": ADVICE_KINDS, "pass_with_line": None}
    if outcome not in allowed:
        raise SettingsError(f"{name} needs an outcome: crisis, clinical_advice or pass_with_line.")
    kinds = allowed[outcome]
    if not kind or (kinds is not None and kind not in kinds):
        raise SettingsError(f"{name} needs a kind that belongs to {outcome}.")
    _require(name, item, ("id", "why", "patterns", "must_match", "must_not_match"))
    language = data.get("language", ENGLISH)
    return Rule(
        id=item["id"],
        language=language,
        kind=kind,
        outcome=Outcome(outcome),
        why=item["why"],
        patterns=tuple(_compiled(name, item["patterns"], macros, data)),
        must_match=tuple(item["must_match"]),
        must_not_match=tuple(item["must_not_match"]),
        explicit=bool(item.get("explicit", data.get("explicit", False))),
        firm=bool(item.get("firm", False)),
    )


def _context(file: str, data: dict[str, Any], item: dict[str, Any], macros: dict[str, str]) -> Context:
    name = f"{file}: {item.get('id', 'a context without id')}"
    _require(name, item, ("id", "why", "patterns", "must_release", "must_not_release"))
    return Context(
        id=item["id"],
        language=data.get("language", ENGLISH),
        why=item["why"],
        patterns=tuple(_compiled(name, item["patterns"], macros, data)),
        must_release=tuple(item["must_release"]),
        must_not_release=tuple(item["must_not_release"]),
        line=bool(item.get("line", False)),
        plain=bool(item.get("plain", False)),
        breaks="|".join(_compiled(name, [part["breaks"] for part in (data, item) if "breaks" in part], macros, data)),
    )


def _require(name: str, item: dict[str, Any], fields: Iterable[str]) -> None:
    for field in fields:
        if not item.get(field):
            raise SettingsError(f"{name} lacks {field}; every rule says why it is there and carries examples of both sorts.")


def _compiled(name: str, patterns: Iterable[str], macros: dict[str, str], data: dict[str, Any]) -> Iterator[str]:
    for pattern in patterns:
        whole = expand(name, pattern, macros)
        if data.get("language", ENGLISH) != ENGLISH:
            whole = fold(whole.replace("'", " "))  # the text has lost its accents, so the pattern loses them too
        whole = whole if data.get("spaceless") else f"(?:^| )(?:{whole})(?: |$)"
        try:
            re2.compile(whole)
        except re2.error as error:
            raise SettingsError(f"{name} has a pattern that is no regular expression: {error}.") from None
        yield whole


def expand(name: str, pattern: str, macros: dict[str, str], depth: int = 0) -> str:
    """The pattern with every ``{macro}`` put in. Raises ``SettingsError`` for one that is not known or holds itself."""

    def put(match: re.Match[str]) -> str:
        if match.group(1) not in macros or depth > 8:
            raise SettingsError(f"{name} uses {{{match.group(1)}}}, which macros.toml doesn't hold or which holds itself.")
        return f"(?:{expand(name, macros[match.group(1)], macros, depth + 1)})"

    return _MACRO.sub(put, pattern)
