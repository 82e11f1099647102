"""What is really asked: the question sentences of a long message, and the parts of a two-part question."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.retrieve.words import terms
from app.text import sentences

LONG = 45  # words; a longer message tells a story around its question
MOST_PARTS = 3
LEAST_TERMS = 1  # telling words that a part must have

_ASKS = re.compile(
    r"^(?:(?:so|and|but|also|ok|okay|well|um|hi|hello|hey|please|then|or|plus)[, ]+)*"
    r"(?:what|whats|how|hows|why|when|where|who|whom|whose|which|is|are|am|was|were|do|does|did|can|could|should|shall|will|would|may|might|"
    r"has|have|must|tell me|explain|i wonder|i want to know|i would like to know|i'd like to know|im wondering|i'm wondering|wondering|"
    r"any (?:idea|advice|tips)|what's|how's|isn't|aren't|don't|doesn't|can't|won't|qué|que|cómo|cuánto|cuándo|dónde|quién|puedo|es)\b",
    re.IGNORECASE,
)
# "… and how much …", "… , and do you …", "… or should I …": a second question in the same sentence.
_JOINT = re.compile(
    r"[,;]?\s+(?:and|or|but|plus|also|y)(?:\s+also)?,?\s+(?=(?:what|how|why|when|where|who|which|is|are|do|does|can|could|should|will|would|qué|cómo|cuánto)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """``text`` is what to search for; ``parts`` are its separate questions (one or more), in order."""

    text: str
    parts: tuple[str, ...]


def understand(message: str) -> Question:
    """Take a message apart. Of a long one only the asking sentences are searched for, when there are any."""
    asked = [sentence for sentence in _sentences(message) if _is_asked(sentence)]
    text = message
    if asked and len(message.split()) > LONG:
        text = " ".join(asked)
    parts = [part for sentence in asked for part in _JOINT.split(sentence) if len(terms(part)) >= LEAST_TERMS]
    if not 1 < len(parts) <= MOST_PARTS:
        parts = [text]
    return Question(text, tuple(part.strip() for part in parts))


def _sentences(message: str) -> list[str]:
    return [message[span.start : span.end] for span in sentences(message)]


def _is_asked(sentence: str) -> bool:
    return sentence.rstrip(" \"'”’)").endswith("?") or bool(_ASKS.match(sentence))
