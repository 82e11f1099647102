"""A case: one question and what a good reply to it must hold. A suite: the cases of one sheet.

The columns are the product's, in the words of the people who fill them in; ``evals/README.md`` explains each to them.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.domain import Conversation, Turn
from app.errors import RapportError

Fate = Literal["answered", "declined", "referred"]
FATES: tuple[Fate, ...] = ("answered", "declined", "referred")
FATE_OF: dict[str, Fate] = {
    "answered": "answered",
    "partial": "answered",
    "greeting": "answered",
    "about": "answered",
    "no_answer": "declined",
    "off_topic": "declined",
    "crisis": "referred",
    "clinical_advice": "referred",
}
REFERRALS = ("crisis", "clinical_advice")
_TURN = re.compile(r"^\s*([UA])\s*:\s*(.*?)\s*$", re.DOTALL)

Phrases = tuple[str, ...]


class SuiteError(RapportError):
    """A sheet can't be used; the message names each row and column to mend."""

    code = "suite"
    exit_code = 2


@dataclass(frozen=True)
class Case:
    """One question with its expectations.

    ``must_say`` and ``must_cite`` are requirements, each a list of alternatives (phrases, article slugs); any phrase of
    ``must_not_say`` is a failure. ``should_be`` lists the fates that are right, none when it doesn't matter; ``referral`` narrows
    "referred" to one status. ``id`` stays the same as long as question, history, region and locale do, so that runs can be compared;
    ``row`` is the sheet's.
    """

    id: str
    suite: str
    row: int
    question: str
    history: tuple[Turn, ...] = ()
    must_say: tuple[Phrases, ...] = ()
    must_not_say: Phrases = ()
    must_cite: tuple[Phrases, ...] = ()
    should_be: tuple[Fate, ...] = ()
    referral: str = ""
    why: str = ""
    region: str = ""
    locale: str = ""

    @property
    def conversation(self) -> Conversation:
        """What the service is asked."""
        return Conversation(self.question, self.history, self.region or None, self.locale or None)

    @property
    def kind(self) -> str:
        """The first words of "why it matters", up to a mark: what cases are grouped by ("suicide", "overdose" …)."""
        return re.split(r"[;:,(\n]", self.why, maxsplit=1)[0].strip().casefold() or "unnamed"


@dataclass(frozen=True)
class Suite:
    """The cases of one sheet; ``sha256`` is the file's."""

    name: str
    file: str
    sha256: str
    cases: tuple[Case, ...]


def case_id(suite: str, question: str, history: tuple[Turn, ...], region: str = "", locale: str = "") -> str:
    """A short name for a question in a suite: same question and history, same name."""
    parts = [question, *(f"{turn.role}:{turn.content}" for turn in history), region, locale]
    joined = "\x1f".join(parts).encode("utf-8", "replace")
    return f"{suite}:{hashlib.sha256(joined).hexdigest()[:10]}"


def parse_history(cell: str) -> tuple[Turn, ...]:
    """``"U: … || A: …"`` as turns. Raises ``ValueError`` with what is wrong."""
    turns = []
    for part in cell.split("||") if cell.strip() else ():
        found = _TURN.match(part)
        if found is None or not found[2]:
            raise ValueError("each turn must read “U: what the person wrote” or “A: what the chat wrote”, with || between turns")
        turns.append(Turn("user" if found[1] == "U" else "assistant", found[2]))
    return tuple(turns)


def parse_requirements(cell: str) -> tuple[Phrases, ...]:
    """``"a|b; c"`` as ((a, b), (c,)): requirements apart by ``;``, alternatives by ``|``."""
    split = (tuple(phrase.strip() for phrase in part.split("|") if phrase.strip()) for part in cell.split(";"))
    return tuple(phrases for phrases in split if phrases)


def parse_should_be(cell: str) -> tuple[tuple[Fate, ...], str]:
    """The fates a cell allows, and the one kind of referral it asks for ("" for any).

    Besides the three words, alternatives by ``|``, and ``referred (crisis)`` or ``referred (clinical advice)``. Raises ``ValueError``.
    """
    fates: list[Fate] = []
    referral = ""
    for part in filter(None, (piece.strip().casefold() for piece in cell.split("|"))):
        word, _, kind = part.partition("(")
        fate = next((known for known in FATES if known == word.strip()), None)
        if fate is None:
            raise ValueError(f"“{part}” is not one of {', '.join(FATES)}")
        if kind:
            referral = kind.strip(" )").replace(" ", "_")
            if fate != "referred" or referral not in REFERRALS:
                raise ValueError("in brackets after “referred” comes “crisis” or “clinical advice”")
        fates.append(fate)
    return tuple(dict.fromkeys(fates)), referral


def suite_name(path: Path) -> str:
    """What a sheet is called in reports: its file name without the ending."""
    return path.name.split(".", 1)[0]
