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
from collections.abc import Iterator
from dataclasses import dataclass

from app.guard.fold import fold, safe, tidy
from app.guard.lexicon import Lexicon

_APART = re.compile(r"(?<![^\W_])[^\W_](?:[^\w']{1,12}[^\W_](?![^\W_])){2,}")
_SEPARATOR = re.compile(r"[^\w']+")
_GLUE = re.compile(r"(?<=[^\W\d_])[^\w\s'?]+(?=[^\W\d_])|(?<=[^\W\d_])_+(?=[^\W\d_])")
_MIXED = re.compile(r"[a-z][0-9@$!|+€£(]|[0-9@$|+€£(][a-z]")
_CENSORED = re.compile(r"[a-z][a-z*#_.\-•]*[*#_.\-•][a-z*#_.\-•]*")
_LOOKALIKE = re.compile(r"[^\x00-\x7f]")
_OVERRIDES = "\u202e\u202d\u2067\u202b\u200f"
_OVERRIDDEN = re.compile("[\u202e\u2067\u202b]([^\u202c\u2069]*)")
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{16,}={0,2}(?![\w+/=])")
_HEX = re.compile(r"(?<!\w)(?:(?:0x)?[0-9a-fA-F]{2}[\s:]?){8,}(?!\w)")
_ENGLISH = 0.15  # share of small words above which a text is taken for English as it stands
_PRINTABLE = 0.9  # share of letters, marks and spaces that makes decoded bytes a text
_CJK = re.compile(r"(?<=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])[^\w?.]+(?=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])")


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
    native = list(dict.fromkeys(native))
    plain = list(dict.fromkeys(lexicon.plain(reading) for reading in native))
    for turned in _scrambled(plain[0], native[0], lexicon):
        plain.append(lexicon.plain(turned))
    return Views(tuple(reading.replace("'", " ") for reading in native), tuple(plain), unreadable=_has_blob(text))


def _readings(text: str, lexicon: Lexicon) -> Iterator[str]:
    folded = fold(text)
    yield tidy(folded)
    for variant in _letters(folded, lexicon):
        yield tidy(variant)
        yield from (tidy(apart) for apart in _layouts(variant, lexicon))
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
    if _MIXED.search(base):
        yield base.translate(lexicon.leet)
        yield base.translate(lexicon.leet_l)


def _layouts(folded: str, lexicon: Lexicon) -> Iterator[str]:
    """The text with letters or words that stand apart brought together."""
    glued = _GLUE.sub("", folded)
    if glued != folded:
        yield glued
    if _APART.search(folded):
        yield _APART.sub(lambda run: f" {_join(run.group(), lexicon)} ", folded)
    if any(mark in folded for mark in "*#_.-•"):
        whole = _CENSORED.sub(lambda word: lexicon.uncensor(word.group()) or word.group(), folded)
        if whole != folded:
            yield whole
    joined = _CJK.sub("", folded)
    if joined != folded:
        yield joined


def _join(run: str, lexicon: Lexicon) -> str:
    """Single letters as words: a wider gap is a word's end, if there are two kinds of gap; else known words tell."""
    gaps = _SEPARATOR.findall(run)
    usual = min(len(gap) for gap in gaps)
    parts, word = [], ""
    for letter, gap in zip(_SEPARATOR.split(run), [*gaps, ""], strict=True):
        word += letter
        if len(gap) > usual or not gap:
            parts.append(word if len(word) < 3 or word in lexicon.vocabulary else lexicon.split(word))
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
    if len(words) < 3 or not plain.isascii() or sum(word in lexicon.small for word in words) > len(words) * _ENGLISH:
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
    inside = blob[1:].rstrip("=")
    if re.fullmatch(r"[A-Za-z][a-z]*(?:[-_/][A-Za-z]?[a-z]*)*", blob):
        return False
    turns = sum(a.islower() and (b.isupper() or b.isdigit()) for a, b in itertools.pairwise(inside))
    return turns >= 3 and any(char.isupper() for char in inside) and any(char.islower() for char in inside)


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
    readable = sum(char.isalpha() or char in " .,'?!\n" for char in found)
    return found if found and readable >= len(found) * _PRINTABLE else None


def _padded(blob: str) -> str:
    bare = blob.rstrip("=").replace("+", "-").replace("/", "_")
    return bare + "=" * (-len(bare) % 4)


def _has_blob(text: str) -> bool:
    return any(True for _ in _blobs(text))
