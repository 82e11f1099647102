"""Plain text and sentences, the same on both sides: ingest marks sentences with this, and answers are checked with it.

Both functions are linear in the length of the text and never raise on any ``str``. Not done: sentence ends without a full stop, a
speaker's name after a quoted question ('"Really?" Anna asked.' is two sentences here), and languages whose sentences end with none of
the marks below.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.domain import Span

# Invisible characters that say nothing: zero-width space, word joiner and its kin, BOM, soft hyphen, direction marks, variation
# selectors 1 to 15, tag characters. The joiners U+200C and U+200D spell words in Persian and Hindi and hold emoji together: they stay.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0e\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
_SPACE = re.compile(r"\s+")

_STOP = re.compile(r"(?P<mark>[.!?…]+)(?P<close>[\"'”’»)\]*_]*)(?=\s|$)|[。！？｡]+[」』”’）]*|[।۔؟]+(?=\s|$)")
_BREAK = re.compile(r"\n(?:[ \t\r]*\n\s*|[ \t]*(?=[-*•–‣▪◦·]\s|\d{1,2}[.)]\s))")
_KEPT_WHOLE = re.compile(r"“[^“”\n]{1,300}”|\"[^\"\n]{1,300}\"|«[^«»\n]{1,300}»|\([^()\n]{1,300}\)")
_LAST_WORD = re.compile(r"[^\s(\[\"“”«‘’'/—–]+$")
_NEXT_WORD = re.compile(r"\s*[\"'“‘«(\[*_¿¡]*(\w+(?:['’]\w+)?)?")
_INITIALS = re.compile(r"(?:\w\.)+\w")
_WORD_REACH = 40  # characters looked at on either side of a stop: keeps the whole linear


@dataclass(frozen=True, slots=True)
class _Words:
    never: frozenset[str]
    before_number: frozenset[str]
    soft: frozenset[str]
    times: frozenset[str]
    starters: frozenset[str]
    calendar: frozenset[str]


@cache
def _words() -> _Words:
    data = tomllib.loads(Path(__file__).with_name("abbreviations.toml").read_text("utf-8"))
    return _Words(**{name: frozenset(words) for name, words in data.items()})


def plain(text: str) -> str:
    """The text on one line: NFC, no invisible or control characters, each run of white space one space, none at the ends.

    ``plain(plain(x)) == plain(x)``.
    """
    visible = _CONTROL.sub(" ", _INVISIBLE.sub("", text))
    return _SPACE.sub(" ", unicodedata.normalize("NFC", visible)).strip()


def sentences(text: str) -> tuple[Span, ...]:
    """The sentences of a text, in order: spans that don't overlap, begin and end on something visible, and hold all that is visible.

    A blank line, or a line that opens a list item, ends a sentence; a single line break does not. A quotation or a bracket of up to 300
    characters stays in one piece.
    """
    return tuple(span for start, end in _pieces(text) if (span := _trimmed(text, start, end)) is not None)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in _BREAK.finditer(text):
        yield from _split_run(text, start, gap.end())
        start = gap.end()
    yield from _split_run(text, start, len(text))


def _split_run(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    whole = [match.span() for match in _KEPT_WHOLE.finditer(text, start, end)]
    at = 0
    for stop in _STOP.finditer(text, start, end):
        while at < len(whole) and whole[at][1] <= stop.start():
            at += 1
        if at < len(whole) and whole[at][0] < stop.start() and stop.end() < whole[at][1]:
            continue
        if _ends(text, start, stop):
            yield start, stop.end()
            start = stop.end()
    yield start, end


def _ends(text: str, start: int, stop: re.Match[str]) -> bool:
    mark = stop["mark"]
    if mark is None:
        return True
    following = _NEXT_WORD.match(text, stop.end(), stop.end() + _WORD_REACH)
    word = following[1] if following and following[1] else ""
    if not word:
        return True
    if word[0].islower():  # '"Really?" she asked', against 'is it normal? yes.'
        return "?" in mark and not stop["close"]
    if set(mark) <= {".", "…"} and (len(mark) > 1 or mark == "…"):
        return not word.startswith("I")
    if mark != ".":
        return True
    return _full_stop_ends(text[max(start, stop.start() - _WORD_REACH) : stop.start()], word, closed=bool(stop["close"]))


def _full_stop_ends(before: str, word: str, *, closed: bool) -> bool:
    """Whether a single full stop after ``before`` ends a sentence when ``word``, which does not start in lower case, comes next."""
    words, found = _words(), _LAST_WORD.search(before)
    last = found[0] if found else ""
    key, opens = last.lower(), word.lower().split("'")[0].split("’")[0] in words.starters
    if key in words.never:
        return False
    if key in words.before_number and word[0].isdigit():
        return False
    if key in words.times:
        return word.lower() not in words.calendar
    if key in words.soft or _INITIALS.fullmatch(last):
        return opens
    if last.isdigit() and len(last) < 3 and not before[: -len(last)].strip():  # "1. Breathe in."
        return False
    if len(last) == 1 and last.isalpha() and not closed:  # an initial, "vitamin D", "you and I"
        return opens or (last == "I" and " and I" in before)
    return True


def _trimmed(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    inner = piece.strip()
    if not inner:
        return None
    left = start + len(piece) - len(piece.lstrip())
    return Span(left, left + len(inner))
