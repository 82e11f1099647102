"""Long messages made of short ones, so that length by itself says nothing: most long messages that anybody writes out are written because
of danger, and a classifier that learns from those alone takes a long story for danger.

A base line stands somewhere among lines that are no graver than it. Lines that are held out are joined only with lines that are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from app.guard.training.fit import is_held_out
from app.guard.training.messages import Message

HOW_MANY = {"harmless": 1_800, "sensitive": 1_000, "crisis": 500, "clinical": 200}
WORDS = (50, 170)  # of a joined message
_LEAST = 12  # words of a line that is joined to others: fragments make no story
_FILLERS = {
    "harmless": {"everyday", "chat", "therapy", "general_health", "offtopic", "service"},
    "sensitive": {"distress", "past_recovered"},
}
_BESIDE = {
    "harmless": ("harmless",),
    "sensitive": ("harmless", "sensitive"),
    "crisis": ("harmless", "sensitive"),
    "clinical": ("harmless",),
}


def longer(messages: Sequence[Message], how_many: dict[str, int] | None = None) -> list[Message]:
    """Joined English messages, each of its base line's family and group; the same for the same data."""
    rng = Random("longer")  # noqa: S311 - repeatable variety, nothing secret
    lines = [message for message in messages if message.family.language == "en" and len(message.text.split()) >= _LEAST]
    found = []
    for label, count in (how_many or HOW_MANY).items():
        bases = [message for message in lines if message.family.label == label]
        fillers = [
            message
            for message in lines
            if message.family.kind in _FILLERS.get(message.family.label, ()) and message.family.label in _BESIDE[label]
        ]
        pools = {held: [message for message in fillers if is_held_out(message.group) is held] for held in (True, False)}
        for base in rng.sample(bases, min(count, len(bases))):
            pool = pools[is_held_out(base.group)]
            if pool:
                found.append(replace(base, text=_joined(base, pool, rng), styled="joined"))
    return found


def _joined(base: Message, pool: Sequence[Message], rng: Random) -> str:
    wanted = rng.randint(*WORDS)
    parts = [base.text]
    while sum(len(part.split()) for part in parts) < wanted:
        parts.insert(rng.randrange(len(parts) + 1), rng.choice(pool).text)
    return " ".join(part if part[-1:] in ".?!" else f"{part}." for part in parts)
