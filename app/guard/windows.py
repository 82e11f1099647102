"""Windows of a message for the classifier: danger in one sentence of a long friendly message is seen.

The classifier reads words in their context, so the message itself, whole, is what counts most. Beside it stand pairs of neighbouring
sentences: a single sentence out of its message alarms far more than it finds, and the whole alone misses what is buried (MODEL_CARD.md).
"""

from __future__ import annotations

import re
from itertools import pairwise

from app.guard.fold import safe

_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
WHOLE = 800  # characters: what the classifier learned to read as a whole; of far longer messages the model sees only the beginning
_LEAST = 25  # characters: a shorter sentence is read with the one after it
_LONGEST = 200  # a longer one is cut
_OVERLAP = 40


def windows(message: str) -> list[str]:
    """The message itself first; then, if it has more than two sentences, each pair of neighbours."""
    message = safe(message).strip()
    pieces: list[str] = []
    for sentence in (sentence.strip() for sentence in _SENTENCE.findall(message)):
        for piece in _pieces(sentence):
            if pieces and len(pieces[-1]) < _LEAST:
                pieces[-1] = f"{pieces[-1]} {piece}"
            else:
                pieces.append(piece)
    pairs = [" ".join(pair) for pair in pairwise(pieces)] if len(pieces) > 2 else []
    return list(dict.fromkeys([message, *pairs]))


def _pieces(sentence: str) -> list[str]:
    if not sentence:
        return []
    if len(sentence) <= _LONGEST:
        return [sentence]
    step = _LONGEST - _OVERLAP
    return [sentence[start : start + _LONGEST].strip() for start in range(0, len(sentence) - _OVERLAP, step)]
