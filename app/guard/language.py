"""A guess at a message's language: good enough to choose a model, never used to choose a country or to leave a rule out."""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

from app.guard.fold import canonical

_FILE = Path(__file__).parent / "words" / "languages.toml"


@cache
def _tables() -> tuple[dict[str, frozenset[str]], dict[str, str]]:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    words = {code: frozenset(canonical(listed).split()) for code, listed in data["words"].items()}
    return words, data["scripts"]


def language(text: str) -> str:
    """A two-letter code; "en" when there is nothing to tell by."""
    words, scripts = _tables()
    seen = canonical(text)
    script = _script(seen)
    options = {code: listed for code, listed in words.items() if scripts.get(code, "LATIN") == script}
    tokens = seen.split()
    counts = {code: sum(token in listed for token in tokens) for code, listed in options.items()}
    best = max(counts, key=lambda code: counts[code], default="")
    if best and counts[best]:
        return best
    return next((code for code, name in scripts.items() if name == script), "en")


def _script(text: str) -> str:
    names = Counter(unicodedata.name(char, "LATIN").split()[0] for char in text[:400] if char.isalpha())
    if names["HIRAGANA"] or names["KATAKANA"]:
        return "HIRAGANA"
    return names.most_common(1)[0][0] if names else "LATIN"
