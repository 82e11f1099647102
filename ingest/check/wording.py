"""Words that do harm, or that the guide keeps out: safe messaging, orders, promises, brands, doses, phone numbers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from app.errors import SettingsError
from ingest.check.draft import Draft, Sentence
from ingest.check.report import Finding, Severity

CHECK = "wording"
WORDING_FILE = Path(__file__).with_name("wording.toml")


class Rule(BaseModel):
    """One entry of ``wording.toml``: ``words`` are whole words in any case, ``pattern`` is a regular expression; either may be missing."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    why: str
    instead: str
    bad: tuple[str, ...]
    good: tuple[str, ...]
    words: tuple[str, ...] = ()
    pattern: str = ""
    unless: str = ""
    severity: Severity = Severity.ERROR
    in_emergencies: bool = False
    same_case: bool = False
    allowed_in: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Rule:
        if not self.words and not self.pattern:
            raise ValueError(f"the rule “{self.name}” has neither words nor a pattern")
        return self


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None

    def match(self, text: str) -> str | None:
        """The words found, or None."""
        cleared = self.unless.sub(lambda match: "·" * len(match[0]), text) if self.unless else text
        found = self.pattern.search(cleared)
        return found[0].strip() if found else None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    emergency: tuple[str, ...]
    rule: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """The rules, ready to use."""

    rules: tuple[_Compiled, ...]
    emergency: re.Pattern[str]

    def found(self, sentence: Sentence, slug: str) -> Iterator[tuple[Rule, str]]:
        """Each rule that a sentence breaks, with the words that break it."""
        urgent = sentence.kind == "callout" or bool(self.emergency.search(sentence.text))
        for compiled in self.rules:
            if slug in compiled.rule.allowed_in or (compiled.rule.in_emergencies and urgent):
                continue
            words = compiled.match(sentence.text)
            if words is not None:
                yield compiled.rule, words


def check(draft: Draft) -> Iterator[Finding]:
    """Every rule broken, sentence by sentence: title, summary and headings, too."""
    rules = wording()
    for sentence in _all_text(draft):
        for rule, words in rules.found(sentence, draft.slug):
            message = f"“{words}” ({rule.name}): {rule.why}"
            yield Finding(draft.name, sentence.line, CHECK, rule.severity, message, rule.instead)


def _all_text(draft: Draft) -> Iterator[Sentence]:
    yield Sentence(draft.meta.title, draft.line_of("title"), "heading")
    yield Sentence(draft.meta.summary, draft.line_of("summary"), "paragraph")
    for heading in draft.headings:
        yield Sentence(heading.text, heading.line, "heading")
    yield from draft.sentences()


def read_wording(path: Path) -> Wording:
    """The rules of a file. Raises ``SettingsError`` when it is malformed."""
    try:
        file = _File.model_validate(tomllib.loads(path.read_text("utf-8")))
        emergency = re.compile(rf"\b(?:{'|'.join(file.emergency)})\b", re.I)
        return Wording(tuple(_compiled(rule) for rule in file.rule), emergency)
    except (tomllib.TOMLDecodeError, ValidationError, re.error) as error:
        raise SettingsError(f"{path.name} needs mending: {error}") from None


@cache
def wording() -> Wording:
    """The rules that ship, read once."""
    return read_wording(WORDING_FILE)


def _compiled(rule: Rule) -> _Compiled:
    flags = re.NOFLAG if rule.same_case else re.I
    words = "|".join(re.escape(word).replace("'", "['’]") for word in rule.words)
    parts = [rf"(?<!\w)(?:{words})(?!\w)"] * bool(words) + [rule.pattern] * bool(rule.pattern)
    return _Compiled(rule, re.compile("|".join(parts), flags), re.compile(rule.unless, re.I) if rule.unless else None)
