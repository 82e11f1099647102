"""Windows of a message for the classifier: danger in one sentence of a long friendly message is seen.

The classifier reads words in their context, so the message itself, whole, is what counts most. Beside it stand pairs of neighbouring
sentences: a single sentence out of its message alarms far more than it finds, and the whole alone misses what is buried (MODEL_CARD.md).
A long message is read in stretches, each as if it were a message of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from app.guard.fold import safe

_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
LONG = 800  # characters: in more than these a sentence of danger may drown
WHOLE = 1200  # characters that the classifier reads well as a whole: it learned from messages of 90 to 220 words, cut at 224 tokens
_STRETCH = 1000  # characters of a longer message that are read together
_LEAST = 25  # characters: a shorter sentence is read with the one after it
_LONGEST = 200  # a longer one is cut
_OVERLAP = 40


def windows(message: str) -> list[str]:
    """The message itself first; then everything else to judge: each stretch of a long one, and the pairs of each."""
    whole = safe(message).strip()
    return list(dict.fromkeys([whole, *(text for stretch in stretches(message) for text in (stretch, *pairs(stretch)))]))


def stretches(message: str) -> list[str]:
    """The message, or what is read together of a long one: some sentences at a time, the last of which begins the next stretch."""
    whole = safe(message).strip()
    if len(whole) <= WHOLE:
        return [whole]
    found: list[list[str]] = [[]]
    for sentence in _sentences(whole):
        if found[-1] and sum(map(len, found[-1])) + len(sentence) > _STRETCH:
            found.append(found[-1][-1:])
        found[-1].append(sentence)
    return [" ".join(stretch) for stretch in found if stretch] or [whole]


def pairs(stretch: str) -> list[str]:
    """Each pair of neighbouring sentences, if there are more than two sentences."""
    sentences = list(_sentences(stretch))
    return [" ".join(pair) for pair in pairwise(sentences)] if len(sentences) > 2 else []


def _sentences(text: str) -> Iterator[str]:
    """The sentences, short ones together with the next, long ones in pieces."""
    held = ""
    for sentence in (sentence.strip() for sentence in _SENTENCE.findall(text)):
        for piece in _pieces(sentence):
            if held and len(held) >= _LEAST:
                yield held
                held = piece
            else:
                held = f"{held} {piece}".strip()
    if held:
        yield held


def _pieces(sentence: str) -> list[str]:
    if not sentence:
        return []
    if len(sentence) <= _LONGEST:
        return [sentence]
    step = _LONGEST - _OVERLAP
    return [sentence[start : start + _LONGEST].strip() for start in range(0, len(sentence) - _OVERLAP, step)]
