"""One line of a model's answer: which passage it rests on, the words it copied from there, and what it says.

``[2] "words copied from passage 2" => A sentence.`` Whatever is not of this form is dropped, and so is a quote that doesn't stand in its
passage, letter for letter but for white space, upper case and the shape of quotation marks and dashes. A wrong number is put right where
the copied words leave no doubt: they stand in exactly one of the other passages. All linear, nothing raises.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain import Passage, Span
from app.text import plain, sentences

LONGEST_LINE = 2_000
LONGEST_SENTENCE = 320
MOST_SENTENCES = 3  # in one line
LEAST_WORDS = 4  # of a quote: fewer stand anywhere
WIDEST = 3  # sentences of an article in one quote
_ARROW = re.compile(r"\s*(?:=>|⇒|->|→)\s*")
_EVIDENCE = re.compile(r"\[(\d{1,2})\]([^\[]*)")
_MARKS = " \t\"“”„«»'‘’"
_MARKUP = re.compile(r"[<>\[\]{}|*_#`~\\^]|://|www\.|\S@\S|=>|&\w+;")
_TRAILING = re.compile(r"(?:\s*\[\d{1,2}\])+\s*([.!…]?)$")
_ENDS = re.compile(r"[.!…][\"”’»)]?$")
_FOLDED = str.maketrans(dict.fromkeys("“”„«»", '"') | dict.fromkeys("‘’‚`´", "'") | dict.fromkeys("–—‐‑−", "-"))
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")


@dataclass(frozen=True, slots=True)
class Line:
    """A parsed line: ``evidence`` are pairs of passage number and copied words, ``said`` the sentences, in order."""

    evidence: tuple[tuple[int, str], ...]
    said: tuple[str, ...]


def parse(line: str) -> Line | str:
    """The line, or in one word why it is dropped: "form", "markup", "unfinished", "question", "long"."""
    arrow = _ARROW.search(line)
    if arrow is None or len(line) > LONGEST_LINE:
        return "form"
    evidence = tuple((int(number), words.strip(_MARKS)) for number, words in _EVIDENCE.findall(line[: arrow.start()]))
    text = plain(_TRAILING.sub(r"\1", line[arrow.end() :].strip()))
    if not evidence or not text:
        return "form"
    if text[0] in '"“' and text[-1] in '"”' and not any(mark in text[1:-1] for mark in '"“”'):
        text = text[1:-1].strip()
    if _MARKUP.search(text):
        return "markup"
    said = tuple(text[span.start : span.end] for span in sentences(text))
    if len(said) > MOST_SENTENCES or any(len(sentence) > LONGEST_SENTENCE for sentence in said):
        return "long"
    if any(sentence.endswith("?") for sentence in said):
        return "question"
    return Line(evidence, said) if said and _ENDS.search(said[-1]) else "unfinished"


def locate(quote: str, passage: Passage) -> Span | None:
    """Where in the article the whole sentences stand that the copied words come from; None when they don't stand in the passage.

    The words are widened to whole sentences, so that no "not" is left out by copying half of one.
    """
    wanted = _fold(quote)[0].strip(" .,;:!?…\"'-")
    if len(wanted.split()) < LEAST_WORDS:
        return None
    text, places = _fold(passage.text)
    at = -1
    while (at := text.find(wanted, at + 1)) >= 0:
        end = at + len(wanted)
        if not (at and text[at - 1].isalnum()) and not (end < len(text) and text[end].isalnum()):
            return _widened(passage, passage.start + places[at], passage.start + places[end - 1] + 1)
    return None


def find_quote(number: int, words: str, passages: Sequence[Passage]) -> tuple[Passage, Span] | None:
    """The passage and the whole sentences that the copied words come from: in passage ``number`` (from 1), else in the one with them."""
    places = [(place, span) for place, passage in enumerate(passages, start=1) if (span := locate(words, passage)) is not None]
    named = [found for found in places if found[0] == number]
    if not named and len(places) != 1:
        return None
    place, span = (named or places)[0]
    return passages[place - 1], span


def _widened(passage: Passage, start: int, end: int) -> Span | None:
    touched: Sequence[Span] = [span for span in passage.sentences if span.start < end and start < span.end]
    if not touched or len(touched) > WIDEST:
        return None
    return Span(touched[0].start, touched[-1].end)


def _fold(text: str) -> tuple[str, list[int]]:
    """The text in lower case with single spaces and plain marks, and where each of its characters stood."""
    folded: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        if char in _INVISIBLE:
            continue
        plain_char = " " if char.isspace() else char.translate(_FOLDED).lower()
        if len(plain_char) != 1:
            plain_char = char
        if plain_char == " " and folded and folded[-1] == " ":
            continue
        folded.append(plain_char)
        places.append(place)
    return "".join(folded), places
