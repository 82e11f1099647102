"""Follow-ups without a language model: what a question means, given what was said.

A question that stands alone is left as it is, so that a new topic is never dragged back to the old one. One that leans (a pronoun,
"the second one", "and for teenagers?", a bare "why?", a yes to what we offered) is joined to what it leans on. Text in, text out:
nothing is searched here.

Not done: working out *which* of several things a pronoun means. The topic of the last question is taken, or the list item named.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.domain import Turn
from app.retrieve.words import stems, stopwords, terms, words

LEANING_FILE = Path(__file__).with_name("leaning.toml")
SHORT = 2  # a message of so few telling words may be an ellipsis
ANY_TOPIC = "therapy"
NAMED_WORDS = 12  # a longer message is more than names
CARRIED_WORDS = 40  # of the earlier question, at most
ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1, "latter": -1, "former": 0}
_BULLET = re.compile(r"^[ \t]*(?:[•*–-]|\d{1,2}[.)])[ \t]+(.+)$", re.MULTILINE)
_QUESTION = re.compile(r"([^.!?\n“”\"]{8,200}\?)")


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that can be searched for by itself. ``leans`` says that the history was needed."""

    text: str
    leans: bool


class Topics:
    """The names that the library has for its topics: titles and aliases."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {tuple(words(name)) for name in names}
        self._names.discard(())
        self._longest = max((len(name) for name in self._names), default=0)
        self._stems = {tuple(stems(name)) for name in self._names}

    def find(self, text: str) -> str:
        """The longest name of a topic that stands in ``text``, the last of equals, or ""."""
        spoken = words(text)
        for length in range(min(self._longest, len(spoken)), 0, -1):
            for start in range(len(spoken) - length, -1, -1):
                if tuple(spoken[start : start + length]) in self._names:
                    return " ".join(spoken[start : start + length])
        return ""

    def all_of(self, text: str) -> bool:
        """Whether ``text`` is names of topics and nothing else that says something: "panic attacks", "what is an intake session"."""
        spoken = words(text)
        if not 0 < len(spoken) <= NAMED_WORDS:
            return False
        stemmed, named = stems(spoken), set[int]()
        for start in range(len(spoken)):
            for stop in range(start + 1, min(start + self._longest, len(spoken)) + 1):
                if tuple(stemmed[start:stop]) in self._stems:
                    named.update(range(start, stop))
        telling = {place for place, word in enumerate(spoken) if word not in stopwords()}
        return bool(telling) and telling <= named


def standalone(message: str, history: Sequence[Turn], topics: Topics) -> Standalone:
    """``message`` as a question that stands alone, given the turns before it (without any that the guard blocked)."""
    meant, said = "", ""
    for turn in history:
        if turn.role == "user":
            meant = _resolve(turn.content, meant, said, topics).text
            said = ""
        else:
            said = turn.content
    return _resolve(message, meant, said, topics)


def _resolve(message: str, before: str, said: str, topics: Topics) -> Standalone:
    """``before`` is the last question, already resolved; ``said`` the reply to it."""
    if not before:
        return Standalone(message, leans=False)
    plain = _plain(message)
    cues = _cues()
    if _matches(cues["yes"], plain):
        return Standalone(_offered(said) or before, leans=True)
    if not _leans(plain, topics):
        return Standalone(message, leans=False)
    named = _named_item(plain, said)
    if named:
        return Standalone(f"{named} {message}", leans=True)
    new_topic, old_topic = topics.find(message), topics.find(before)
    if new_topic and old_topic and _matches(cues["opening"], plain) and len(terms(message)) <= len(new_topic.split()) + 1:
        # "and for EMDR?" after "how long does CBT take?": the same question about something else.
        return Standalone(_replace(before, old_topic, new_topic), leans=True)
    whole = _matches([*cues["question"], *cues["practical"]], plain) or not _matches(cues["opening"], plain)
    service = _matches(cues["service"], plain)
    asks_anew = bool(terms(message)) and (whole or service) and not _matches(cues["ellipsis"], plain)
    carried = " ".join(before.split()[-CARRIED_WORDS:])
    if asks_anew and old_topic:
        carried = old_topic
    elif asks_anew and service and len(terms(before)) > 1:
        # "and what does it cost?" after a question that names no topic: the old words would only be answered again. A question of one
        # telling word ("what is EMDR?") names one, known or not.
        carried = ANY_TOPIC
    return Standalone(f"{carried} {message}", leans=True)


def _leans(plain: str, topics: Topics) -> bool:
    cues = _cues()
    if _matches([*cues["ellipsis"], *cues["brief"]], plain):
        return True
    telling = terms(plain)
    if _matches(cues["practical"], plain) and not _matches(cues["pointing"], plain):
        return False
    if _matches(cues["opening"], plain) and len(telling) <= 2 * SHORT:
        return True
    if _matches(cues["pointing"], plain) and not _matches(cues["pointless"], plain):
        # A long question that names a topic of its own and happens to say "they" stands alone.
        return len(telling) <= 3 * SHORT or not topics.find(plain)
    return len(telling) <= 1 and not topics.find(plain)


def _named_item(plain: str, said: str) -> str:
    """The list item that "the second one" names, or ""."""
    items: list[str] = _BULLET.findall(said)
    for word, place in ORDINALS.items():
        # "The last one" names an item; "how long does it last" does not.
        if re.search(rf"\bthe {word}\b|\b{word} one\b|^{word}$", plain) and len(items) > max(place, 0):
            return items[place].strip()
    return ""


def _offered(said: str) -> str:
    """The last question in our own reply: what a yes says yes to."""
    questions: list[str] = _QUESTION.findall(said)
    return questions[-1].strip() if questions else ""


def _replace(question: str, old: str, new: str) -> str:
    pattern = r"\W+".join(re.escape(word) for word in old.split())
    replaced, count = re.subn(rf"\b{pattern}\b", lambda _: new, question, count=1, flags=re.IGNORECASE)
    return replaced if count else f"{question} {new}"


def _plain(message: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", message.replace("'", "").replace("’", "").lower()).split())


def _matches(patterns: Sequence[Any], text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)


@cache
def _cues() -> dict[str, list[Any]]:
    import re2

    data = tomllib.loads(LEANING_FILE.read_text("utf-8"))
    return {name: [re2.compile(pattern) for pattern in patterns] for name, patterns in data.items()}
