"""Fixed replies to what is not a question for the articles: greetings, "are you human?", privacy, prompt probing, nonsense."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from app.domain import Status

FIXED_FILE = Path(__file__).with_name("fixed.toml")
LONGEST = 300  # a longer message says more than an intent
_APOSTROPHE = re.compile("['’`´]")
_NOT_WORD = re.compile(r"[^\w\s]+")


@dataclass(frozen=True, slots=True)
class Intent:
    """One kind of message: its id names the reply in the texts."""

    id: str
    status: Status
    patterns: tuple[Any, ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]


def intent_of(message: str) -> tuple[str, Status] | None:
    """The intent that the whole message matches, as (id, status), or None when it should be looked up."""
    plain = spoken(message)
    if len(plain) > LONGEST:
        return None
    sign = _sign(message)
    if sign is not None:
        return sign, "greeting"
    if is_nonsense(message):
        return "nonsense", "off_topic"
    for intent in intents():
        if any(pattern.fullmatch(plain) for pattern in intent.patterns):
            return intent.id, intent.status
    return None


def _sign(message: str) -> str | None:
    """The intent of a message of nothing but signs ("👋", "🙏🙏"), or None."""
    bare = {char for char in message if not char.isspace() and unicodedata.category(char) not in ("Mn", "Cf", "Sk")}
    return next((intent for intent, signs in _signs().items() if bare and bare <= signs), None)


def spoken(message: str) -> str:
    """Lower case, accents and punctuation away, single spaces."""
    folded = unicodedata.normalize("NFKD", _APOSTROPHE.sub("", message)).lower()
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    return " ".join(_NOT_WORD.sub(" ", bare).split())


def is_nonsense(message: str) -> bool:
    """True for a message without a word in it: punctuation, lone letters, a key held down, keys struck at random.

    Only Latin script is judged: another script without spaces or vowels is a language, not nonsense.
    """
    words = spoken(message).split()
    letters = [char for word in words for char in word if char.isalpha()]
    if not letters:
        return True
    if any(not char.isascii() for char in letters):
        return False
    return all(_struck_at_random(word) for word in words)


def _struck_at_random(word: str) -> bool:
    if word.isdigit() or len(set(word)) == 1:
        return True
    if len(word) < 5:
        return False
    return bool(
        re.search(r"[bcdfghjklmnpqrstvwxz]{6}", word) or re.fullmatch(r"(.{1,4})\1{2,}.?", word) or "asdf" in word or "qwert" in word
    )


@cache
def intents() -> tuple[Intent, ...]:
    """The intents of ``fixed.toml``, compiled."""
    import re2

    data = tomllib.loads(FIXED_FILE.read_text("utf-8"))
    words: dict[str, str] = {}
    for name, pattern in data["words"].items():
        words[name] = _fill(pattern, words)
    return tuple(
        Intent(
            id=entry["id"],
            status=cast(Status, entry["status"]),
            patterns=tuple(re2.compile(_fill(pattern, words)) for pattern in entry["matches"]),
            yes=tuple(entry["yes"]),
            no=tuple(entry["no"]),
        )
        for entry in data["intent"]
    )


@cache
def _signs() -> dict[str, frozenset[str]]:
    signs: dict[str, str] = tomllib.loads(FIXED_FILE.read_text("utf-8"))["signs"]
    return {intent: frozenset(chars) for intent, chars in signs.items()}


def _fill(pattern: str, words: dict[str, str]) -> str:
    """``{name}`` → the words of that name, as one group; counts such as ``{0,80}`` stay."""
    return re.sub(r"\{([a-z]+)\}", lambda match: f"(?:{words[match[1]]})", pattern)
