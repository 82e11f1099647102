"""A reply's text cut into pieces, so that a report can mark the words that are wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, marked or not."""

    text: str
    marked: bool = False


def marked_pieces(text: str, marks: Sequence[str]) -> list[Piece]:
    """The text in order, whole: every place where one of ``marks`` stands, as written, is a marked piece."""
    wanted = [mark.rstrip("…") for mark in marks if mark.rstrip("…")]
    if not wanted:
        return [Piece(text)]
    pattern = re.compile("|".join(re.escape(mark) for mark in sorted(wanted, key=len, reverse=True)))
    pieces, at = [], 0
    for found in pattern.finditer(text):
        pieces += [Piece(text[at : found.start()]), Piece(found[0], marked=True)]
        at = found.end()
    return [piece for piece in [*pieces, Piece(text[at:])] if piece.text]
