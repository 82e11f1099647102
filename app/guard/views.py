"""Several readings of one message, so that a disguise of the letters does not hide the words.

Each reading is a whole tidied text. ``Views.native`` is for rules of languages other than English, ``Views.plain`` the same
readings in the plain English that English rules are written in. Readings that do not differ are given once; most messages have one or two.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.guard.fold import fold, safe, tidy
from app.guard.lexicon import Lexicon

_LETTER = r"(?:[^\W_]|[\u0900-\u0963\u0966-\u0dff])"  # vowel signs of Indian scripts count as letters
_APART = re.compile(rf"(?<![^\W_]){_LETTER}(?:[^\w'\u0900-\u0963\u0966-\u0dff]{{1,12}}{_LETTER}(?![^\W_])){{2,}}")
_APOSTROPHE_APART = re.compile(r"(?<=\w)([^\w'])'\1(?=\w)")
_SEPARATOR = re.compile(r"[^\w'\u0900-\u0963\u0966-\u0dff]+")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
_VERY_LONG_RUN = re.compile(r"([^\W\d_])\1{4,}")
_NUMBER = re.compile(r"(?<!\S)\d{2,}(?!\S)")
_GLUE = re.compile(r"(?<=[^\W\d_])[^\w\s'?]+(?=[^\W\d_])|(?<=[^\W\d_])_+(?=[^\W\d_])")
_MIXED = re.compile(r"[a-z][0-9@$|+€£]|[0-9@$|+€£][a-z]|[a-z][!(][a-z]")
_LOOKALIKE = re.compile(r"[^\x00-\x7f]")
_OVERRIDES = "\u202e\u202d\u2067\u202b\u200f"
_OVERRIDDEN = re.compile("[\u202e\u2067\u202b]([^\u202c\u2069]*)")
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{16,}={0,2}(?![\w+/=])")
_HEX = re.compile(r"(?<!\w)(?:(?:0x)?[0-9a-fA-F]{2}[\s:]?){8,}(?!\w)")
_ENGLISH = 0.15  # share of small words above which a text is taken for English as it stands
_FEWEST_APART = 3  # single letters in a row that are taken for a word
_PRINTABLE = 0.9  # share of letters, marks and spaces that makes decoded bytes a text
_EAST = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
_CJK = re.compile(rf"(?<={_EAST})[^\w?.]+(?={_EAST}|\d)|(?<=\d)[^\w?.]+(?={_EAST})")


@dataclass(frozen=True, slots=True)
class Views:
    """The readings of a message. ``unreadable`` is set when a part of it is encoded, so that nobody can say what was asked."""

    native: tuple[str, ...]
    plain: tuple[str, ...]
    unreadable: bool = False


def views(text: str, lexicon: Lexicon) -> Views:
    """All readings of a text, the straightforward one first. Never raises; linear in the text."""
    text = safe(text)
    hidden = list(_decoded(text))
    native = list(dict.fromkeys(_readings(text, lexicon)))
    for found in hidden:
        native.extend(_readings(found, lexicon))
    native.extend([lexicon.mend(reading) for reading in native])
    native = list(dict.fromkeys(native))
    plain = list(dict.fromkeys(said for reading in native for said in lexicon.plain(reading)))
    for turned in _scrambled(plain[0], native[0], lexicon):
        plain.extend(lexicon.plain(turned))
    return Views(tuple(reading.replace("'", " ") for reading in native), tuple(plain), unreadable=_has_blob(text))


def _readings(text: str, lexicon: Lexicon) -> Iterator[str]:
    folded = fold(text)
    for variant in _letters(folded, lexicon):
        seen = {" ".join(variant.split())}
        yield tidy(variant)
        for layout in _layouts(variant, lexicon):
            if layout not in seen:
                seen.add(layout)
                yield tidy(layout)
    for turned in _reversed(text):
        yield tidy(fold(turned))


def _letters(folded: str, lexicon: Lexicon) -> Iterator[str]:
    """The text with look-alikes, digits for letters and pictures read as letters or words."""
    yield folded
    base = folded
    if _LOOKALIKE.search(folded):
        base = _LOOKALIKE.sub(lambda char: lexicon.lookalikes.get(ord(char.group()), char.group()), folded)
        if base != folded:
            yield base
        spoken = "".join(f" {lexicon.emoji[char]} " if char in lexicon.emoji else char for char in base)
        if spoken != base:
            yield spoken
    if _LONG_RUN.search(base):
        yield _LONG_RUN.sub(r"\1", base)
        yield _LONG_RUN.sub(r"\1", _VERY_LONG_RUN.sub(r"\1\1", base))
    if _MIXED.search(base):
        yield base.translate(lexicon.leet)
        yield base.translate(lexicon.leet_l)
        yield " ".join(word if _NUMBER.fullmatch(word) else word.translate(lexicon.leet) for word in base.split())


def _layouts(folded: str, lexicon: Lexicon) -> Iterator[str]:
    """The text with letters or words that stand apart brought together."""
    words = folded.split()
    marked = [i for i, word in enumerate(words) if not word.isalnum()]
    yield " ".join(_changed(words, marked, lambda word: _GLUE.sub("", word)))
    yield " ".join(_changed(words, marked, lambda word: lexicon.uncensor(word) or word))
    apart = _APOSTROPHE_APART.sub(r"\1", folded)
    if sum(len(word) == 1 for word in _SEPARATOR.split(apart)) >= _FEWEST_APART and _APART.search(apart):
        apart = _APART.sub(lambda run: f" {_join(run.group(), lexicon)} ", apart)
        yield apart
    if not folded.isascii():
        yield _CJK.sub("", folded)
        yield _CJK.sub("", apart)


def _changed(words: list[str], which: list[int], change: Callable[[str], str]) -> list[str]:
    changed = list(words)
    for i in which:
        changed[i] = change(words[i])
    return changed


def _join(run: str, lexicon: Lexicon) -> str:
    """Single letters as words: a wider gap is a word's end, if there are two kinds of gap; else known words tell."""
    gaps = _SEPARATOR.findall(run)
    widest = max(len(gap) for gap in gaps)
    wide = widest if widest > min(len(gap) for gap in gaps) else widest + 1
    parts, word = [], ""
    for letter, gap in zip(_SEPARATOR.split(run), [*gaps, ""], strict=True):
        word += letter
        if len(gap) >= wide or not gap:
            parts.append(word if len(word) < _FEWEST_APART or word in lexicon.vocabulary else lexicon.split(word))
            word = ""
    return " ".join(parts)


def _reversed(text: str) -> Iterator[str]:
    """What a reader sees, or was meant to see, where the direction of writing is overridden."""
    if any(mark in text for mark in _OVERRIDES):
        yield _OVERRIDDEN.sub(lambda run: run.group(1)[::-1], text)
        yield text[::-1]


def _scrambled(plain: str, native: str, lexicon: Lexicon) -> Iterator[str]:
    """Readings of a text that is hardly English: backwards, or with letters shifted by 13."""
    words = plain.split()
    if len(words) < 3 or not plain.isascii() or sum(word in lexicon.small for word in words) > max(1, len(words) * _ENGLISH):
        return
    yield codecs.encode(native, "rot13")
    yield native[::-1]


def _decoded(text: str) -> Iterator[str]:
    """Texts found inside tag characters, base64 and hexadecimal."""
    tags = "".join(_TAGS.findall(text))
    if tags:
        yield "".join(chr(ord(char) - 0xE0000) for char in tags)
    for blob in _blobs(text):
        found = _unpack(blob)
        if found:
            yield found


def _blobs(text: str) -> Iterator[str]:
    bare = _LINK.sub(" ", text)
    yield from (match.group() for match in _HEX.finditer(bare) if re.search(r"[a-fA-F]", match.group()))
    yield from (match.group() for match in _BASE64.finditer(bare) if _looks_encoded(match.group()))


def _looks_encoded(blob: str) -> bool:
    """Base64 mixes cases and digits in a way that words, names and slugs don't."""
    turns = sum(_sort(a) != _sort(b) and not (a.isupper() and b.islower()) for a, b in itertools.pairwise(blob))
    sorts = {_sort(char) for char in blob}
    return {"upper", "lower"} <= sorts and turns >= (4 if sorts & {"digit", "sign"} else 8)


def _sort(char: str) -> str:
    return "digit" if char.isdigit() else "upper" if char.isupper() else "lower" if char.islower() else "sign" if char in "+=" else "joint"


def _unpack(blob: str) -> str | None:
    digits = re.sub(r"0x|[\s:]", "", blob)
    try:
        raw = (
            bytes.fromhex(digits)
            if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", digits)
            else base64.b64decode(_padded(blob), altchars=b"-_", validate=False)
        )
        found = raw.decode()
    except (binascii.Error, ValueError):
        return None
    readable = sum(unicodedata.category(char)[0] in "LMNPZ" or char == "\n" for char in found)
    return found if found and readable >= len(found) * _PRINTABLE else None


def _padded(blob: str) -> str:
    bare = blob.rstrip("=").replace("+", "-").replace("/", "_")
    return bare + "=" * (-len(bare) % 4)


def _has_blob(text: str) -> bool:
    return any(True for _ in _blobs(text))
