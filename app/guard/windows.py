"""Windows of a message for the classifier: danger in one sentence of a long friendly message is seen on its own."""

from __future__ import annotations

import re

from app.guard.fold import safe

_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
_SHORT = 160  # characters: a single sentence up to this length is its own only window
_WINDOW = 200
_STEP = 40


def windows(message: str) -> list[str]:
    """The message itself first; then, unless it is one short sentence, its sentences: short ones together, long ones in pieces."""
    message = safe(message).strip()
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(message) if sentence.strip()]
    if len(sentences) <= 1 and len(message) <= _SHORT:
        return [message]
    pieces: list[str] = []
    for sentence in sentences:
        for piece in _pieces(sentence):
            if pieces and len(pieces[-1]) + len(piece) < _STEP * 2:
                pieces[-1] = f"{pieces[-1]} {piece}"
            else:
                pieces.append(piece)
    return list(dict.fromkeys([message, *pieces]))


def _pieces(sentence: str) -> list[str]:
    if len(sentence) <= _WINDOW:
        return [sentence]
    return [sentence[start : start + _WINDOW].strip() for start in range(0, len(sentence) - _STEP, _WINDOW - _STEP)]
