"""Groundedness without a model: what an answer claims, sentence by sentence, beside the quotes that each sentence names.

This sees words and numbers, not meaning: a sentence that turns a quote into its opposite with the same words passes. In quotes mode every
sentence is a stretch of its quote, so there is nothing to turn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain import Block, Citation, Reply
from app.retrieve.words import terms, words
from app.text import sentences

CLAIMING = ("paragraph", "points")  # other blocks (notices, contacts, help lines) are fixed text
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer, and the quotes it rests on; none when it names no citation, or one that isn't there."""

    text: str
    quotes: tuple[str, ...]


def claims(reply: Reply, citations: Mapping[int, Citation]) -> list[Claim]:
    """Every sentence of the blocks that answer, in order."""
    made: list[Claim] = []
    for block in reply.blocks:
        if block.type in CLAIMING:
            for text, numbers in _parts(block):
                quotes = tuple(citations[number].quote for number in numbers if number in citations)
                made += [Claim(text[span.start : span.end], quotes) for span in sentences(text)]
    return made


def is_grounded(claim: Claim, overlap: float) -> bool:
    """Whether some quote holds the sentence word for word, or at least ``overlap`` of its telling words and all of its numbers."""
    return any(_holds(quote, claim.text, overlap) for quote in claim.quotes)


def _parts(block: Block) -> list[tuple[str, tuple[int, ...]]]:
    if block.items:
        return [(item.text, item.citations) for item in block.items]
    return [(block.text, block.citations)]


def _holds(quote: str, sentence: str, overlap: float) -> bool:
    if f" {' '.join(words(sentence))} " in f" {' '.join(words(quote))} ":
        return True
    claimed = set(terms(sentence))
    numbers = set(_NUMBER.findall(sentence))
    shared = len(claimed & set(terms(quote))) / len(claimed) if claimed else 0.0
    return shared >= overlap and numbers <= set(_NUMBER.findall(quote))
