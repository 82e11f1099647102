"""Puts documents in quarantine that speak to a machine: injected instructions, in sight or hidden.

Precise on what a reader sees (an ordinary page must pass), strict on what a page hides. The patterns are in ``injections.toml``. This is
one layer: nothing in an article is ever run as an instruction, whether it was caught here or not.
"""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import re2

from app.errors import SettingsError, SourceError
from app.text import plain
from ingest.document import RawDocument

_LOOK_ALIKES = str.maketrans("аеорсухіјѕԁһԛԝοаеіνρτυκмтвн", "aeopcyxijsdhqwoaeivptukmtbh")
_LEET = str.maketrans("013457@$!|", "oieastasil")
_WORD = re.compile(r"\S{2,}")
_LATIN = re.compile(r"[a-z]")
_SPACED = re.compile(r"\b(?:[a-z][ .\-_]){5,}[a-z]\b")
_SENTENCE = re.compile(r"[^.!?¶]*(?:[.!?](?!\s|$)[^.!?¶]*)*")
_ORDER = 2.0  # weight of the signs in one sentence from which it is an order
_SHORTEST = 15  # characters: less is no order
_BASE64 = re.compile(r"[A-Za-z0-9+/]{32,4000}={0,2}")


@dataclass(frozen=True, slots=True)
class _Patterns:
    visible: tuple[re2._Regexp[str], ...]
    hidden: tuple[re2._Regexp[str], ...]
    signs: tuple[tuple[str, float, re2._Regexp[str]], ...]


@cache
def _patterns() -> _Patterns:
    data = tomllib.loads(Path(__file__).with_name("injections.toml").read_text("utf-8"))
    groups = {name: tuple(_compiled(name, pattern) for pattern in data[name]) for name in ("visible", "hidden")}
    signs = tuple(
        (name, float(sign["weight"]), _compiled(name, "|".join(f"(?:{pattern})" for pattern in sign["patterns"])))
        for name, sign in data["signs"].items()
    )
    return _Patterns(groups["visible"], groups["hidden"], signs)


def _compiled(name: str, pattern: str) -> re2._Regexp[str]:
    options = re2.Options()
    options.max_mem = 64 << 20
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error:
        raise SettingsError(f"injections.toml, {name}: this is not a pattern: {pattern}") from None


def screen(document: RawDocument) -> None:
    """Raise ``SourceError`` when it speaks to a machine: "injected_instructions" in sight, "hidden_instructions" out of it."""
    patterns = _patterns()
    if _any_match(
        patterns.visible, [document.title, *(block.text for block in document.blocks), document.meta.summary, *document.meta.questions]
    ):
        raise SourceError("It holds instructions to a machine.", code="injected_instructions")
    if _any_match((*patterns.visible, *patterns.hidden), document.hidden):
        raise SourceError("It hides instructions to a machine where no reader sees them.", code="hidden_instructions")


def _any_match(patterns: Iterable[re2._Regexp[str]], texts: Iterable[str]) -> bool:
    views = list(_views(list(texts)))
    return any(pattern.search(view) for view in views for pattern in patterns) or any(map(_orders, views))


def _orders(view: str) -> bool:
    """Whether one of the sentences bears so many signs of an order to a machine that no page for people has as many."""
    return any(weight_of(sentence) >= _ORDER for found in _SENTENCE.finditer(view) if len(sentence := found[0].strip()) > _SHORTEST)


def weight_of(sentence: str) -> float:
    """The weight of the signs in a folded sentence, each counted once."""
    return sum(weight for _, weight, sign in _patterns().signs if sign.search(sentence))


def signs_of(sentence: str) -> list[str]:
    """The names of the signs in a sentence."""
    folded = fold(sentence)
    return [name for name, _, sign in _patterns().signs if sign.search(folded)]


def sign_names() -> list[str]:
    """The names of all signs of ``injections.toml``, in its order."""
    return [name for name, _, _ in _patterns().signs]


def _views(texts: list[str]) -> Iterator[str]:
    """The texts joined, as they read; and where there is any, with disguised letters undone, and what base64 hides."""
    folded = "".join(f"¶{fold(text)}" for text in texts)
    yield folded
    undisguised = _WORD.sub(lambda found: _undisguised(found[0]), folded)
    undisguised = _SPACED.sub(lambda found: re.sub(r"[ .\-_]", "", found[0]), undisguised)
    if undisguised != folded:
        yield undisguised
    decoded = [text for found in _BASE64.finditer(" ".join(texts)) if (text := _from_base64(found[0]))]
    if decoded:
        yield "".join(f"¶{fold(text)}" for text in decoded)


def _undisguised(word: str) -> str:
    """A word of Latin letters with look-alikes, digits or signs among them, spelled with letters; any other word as it is."""
    if not _LATIN.search(word):
        return word
    if word.isascii() and word.strip("!|.,;:?").isalpha():
        return word
    return word.translate(_LOOK_ALIKES).translate(_LEET)


def fold(text: str) -> str:
    """Lower case, one line, compatibility letters made plain (full width, mathematical), no accents, no invisible characters."""
    apart = unicodedata.normalize("NFKD", plain(unicodedata.normalize("NFKC", text)).casefold())
    return unicodedata.normalize("NFC", "".join(char for char in apart if not _is_accent(char))).replace("’", "'")


def _is_accent(char: str) -> bool:
    return "\u0300" <= char <= "\u036f"


def _from_base64(blob: str) -> str:
    try:
        return base64.b64decode(blob + "=" * (-len(blob) % 4)).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
