"""Can each sentence be read alone: nothing that leans on its neighbours, not too long, not a scrap."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.compose.sentences import dangles
from app.errors import SettingsError
from ingest.check.draft import Draft, Sentence
from ingest.check.limits import Limits
from ingest.check.report import Finding, Severity

CHECK = "sentence alone"
LENGTH = "sentence length"
LEANING_FILE = Path(__file__).with_name("leaning.toml")
_QUOTED = re.compile(r"“[^“”]{1,300}”|\"[^\"]{1,300}\"")
_NAME_IT = "Name what it talks about: the sentence will be quoted alone."


class Leaning(BaseModel):
    """``leaning.toml``, as patterns that ignore case."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    leads: tuple[str, ...]
    pronouns: tuple[str, ...]
    stands_alone: tuple[str, ...]
    pointing: tuple[str, ...]

    def early_pronoun(self) -> re.Pattern[str]:
        """A pronoun before anything that it could stand for."""
        return re.compile(rf"^(?:(?:{'|'.join(self.leads)})\s+){{0,3}}(?P<pronoun>{'|'.join(self.pronouns)})\b", re.I)


def check(draft: Draft, limits: Limits) -> Iterator[Finding]:
    """Sentences that lean on others, and sentences of a bad length."""
    for sentence in draft.sentences():
        yield from _alone(draft.name, sentence)
        yield from _length(draft.name, sentence, limits)


def leans(text: str) -> str | None:
    """The words by which a sentence leans on another, "" when it is its opening, or None when it stands alone."""
    early, alone, pointing = _patterns()
    bare = _QUOTED.sub("“…”", text).strip("*_ ")
    if any(pattern.search(bare) for pattern in alone):
        return None
    if dangles(bare):
        return ""
    if match := early.search(bare):
        return match["pronoun"]
    found = next((match for pattern in pointing if (match := pattern.search(bare))), None)
    return found[0] if found else None


def _alone(name: str, sentence: Sentence) -> Iterator[Finding]:
    leaning = leans(sentence.text)
    if leaning is None:
        return
    by = f" by “{leaning}”" if leaning else ""
    yield Finding(name, sentence.line, CHECK, Severity.ERROR, f"“{sentence.opening} …” leans on another sentence{by}.", _NAME_IT)


def _length(name: str, sentence: Sentence, limits: Limits) -> Iterator[Finding]:
    words = len(sentence.words)
    if words > limits.long_sentence:
        severity = Severity.ERROR if words > limits.longest_sentence else Severity.WARNING
        message = f"“{sentence.opening} …” has {words} words."
        yield Finding(name, sentence.line, LENGTH, severity, message, f"Make it two; {limits.long_sentence} words are plenty.")
    if words < limits.shortest_sentence:
        message = f"“{sentence.text}” has {words} words."
        yield Finding(name, sentence.line, LENGTH, Severity.WARNING, message, "Join it to its neighbour, or say more.")


@cache
def _patterns() -> tuple[re.Pattern[str], list[re.Pattern[str]], list[re.Pattern[str]]]:
    try:
        words = Leaning.model_validate(tomllib.loads(LEANING_FILE.read_text("utf-8")))
        compiled = [[re.compile(pattern, re.I) for pattern in patterns] for patterns in (words.stands_alone, words.pointing)]
        return words.early_pronoun(), compiled[0], compiled[1]
    except (tomllib.TOMLDecodeError, ValidationError, re.error) as error:
        raise SettingsError(f"{LEANING_FILE.name} needs mending: {error}") from None
