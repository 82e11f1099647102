"""Character-level folding: many ways of writing the same letters become one.

``fold`` keeps symbols (a later view may read them as letters), ``tidy`` turns what is left into words and sentence marks.
Both are linear in the text. ``canonical`` is the two together and is idempotent.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from functools import cache

_NESTED_AMP = re.compile(r"&(?:(?:amp|#0{0,9}38|#x0{0,9}26);)+", re.IGNORECASE)
_APOSTROPHES = "\u2018\u2019\u02bc\u00b4`\u2032\uff07"
# Letters that Unicode does not decompose, and which people type without their stroke.
_STROKES = {"ł": "l", "đ": "d", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h"}
# Arabic letters that are typed for each other, in Arabic itself and in Urdu.
_ARABIC = {"ى": "ي", "ی": "ي", "ې": "ي", "ة": "ه", "ہ": "ه", "ۃ": "ه", "ھ": "ه", "ک": "ك"}
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"  # letters or symbols that show as nothing
_STOPS = "!。！।۔;؛|"
_ASKS = "?؟"
_DOTS = re.compile(r"\.{2,}")
_END_DOT = re.compile(r"\.(?=\s|$)")
_MARK_RUN = re.compile(r"[.?](?: [.?])+")


class _Table(dict[int, str | None]):
    """A ``str.translate`` table that decides about each character once."""

    def __init__(self, decide: Callable[[str], str | None]) -> None:
        super().__init__()
        self._decide = decide

    def __missing__(self, code: int) -> str | None:
        self[code] = result = self._decide(chr(code))
        return result


def _stripped(char: str) -> str | None:
    category = unicodedata.category(char)
    if category in ("Mn", "Me", "Cf") or char in _BLANKS:
        return None
    if category[0] == "Z" or category in ("Cc", "Co", "Cs"):
        return " "
    return "'" if char in _APOSTROPHES else _STROKES.get(char) or _ARABIC.get(char, char)


def _word_or_mark(char: str) -> str:
    if char in _STOPS:
        return " . "
    if char in _ASKS:
        return " ? "
    if char in ".'" or unicodedata.category(char)[0] in "LN" or unicodedata.category(char) == "Mc":
        return char
    return " "


@cache
def _strip() -> _Table:
    return _Table(_stripped)


@cache
def _words() -> _Table:
    return _Table(_word_or_mark)


def safe(text: str) -> str:
    """The text without lone surrogates, which no encoder accepts."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def fold(text: str) -> str:
    """Lower-case the text, decode HTML entities, and drop everything that can be put on or between letters without being one.

    Combining marks and invisible characters go, compatibility forms (full width, mathematical, circled …) become plain letters.
    Symbols, spaces and punctuation stay.
    """
    folded = _fold_once(_unescape(safe(text)))
    return folded if folded.isascii() else _fold_once(folded)  # case folding can yield characters that decompose again


def _unescape(text: str) -> str:
    if "&" not in text:
        return text
    return safe(html.unescape(_NESTED_AMP.sub("&", html.unescape(_NESTED_AMP.sub("&", text)))))


def _fold_once(text: str) -> str:
    if text.isascii():
        return text.lower().translate(_strip())
    # Marks are dropped before folding too: U+0345 is a mark that folds to a letter.
    bare = unicodedata.normalize("NFKD", text.replace("\u00b4", "'")).translate(_strip())
    bare = unicodedata.normalize("NFKD", bare.casefold()).translate(_strip())
    return unicodedata.normalize("NFC", bare)


def tidy(folded: str) -> str:
    """Words apart by one space; sentence ends as a lone ``.`` or ``?``; apostrophes only inside words; nothing else.

    An ellipsis is no sentence end: people pause within a thought.
    """
    text = _DOTS.sub(" ", folded)
    text = _END_DOT.sub(" . ", text.translate(_words()))
    text = " ".join([word if word == "." else word.replace(".", " ").strip("' ") for word in text.split()])
    text = _MARK_RUN.sub(lambda run: "?" if "?" in run.group() else ".", " ".join(text.split()))
    return text.strip(" .") if not text.strip(" .?") else text


def canonical(text: str) -> str:
    """The text as rules read it: folded and tidied. ``canonical(canonical(x)) == canonical(x)``."""
    return tidy(fold(text))
