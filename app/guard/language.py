"""A guess at a message's language: good enough to choose a model, never used to choose a country or to leave a rule out."""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

from app.guard.fold import canonical

_MOST_CHARS = 800
_FILE = Path(__file__).parent / "words" / "languages.toml"


@cache
def _tables() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]], dict[str, str]]:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    words = {code: frozenset(canonical(listed).split()) for code, listed in data["words"].items()}
    letters = {code: frozenset(listed) for code, listed in data["letters"].items()}
    return words, letters, data["scripts"]


def language(text: str) -> str:
    """A two-letter code; "en" when there is nothing to tell by."""
    words, letters, scripts = _tables()
    seen = canonical(text)
    script = _script(seen)
    tokens, spelled = seen.split(), text[:_MOST_CHARS].casefold().split()
    # Every language is also typed in Latin letters, so a Latin text may be any.
    options = [code for code in words if script in ("LATIN", scripts.get(code))]
    counts = {code: sum(token in words[code] for token in tokens) for code in options}
    for code in letters.keys() & counts.keys():
        counts[code] += sum(not letters[code].isdisjoint(word) for word in spelled)
    best = max(options, key=lambda code: counts[code], default="")
    if best and counts[best]:
        return best
    return next((code for code, name in scripts.items() if name == script), "en")


def _script(text: str) -> str:
    names = Counter(unicodedata.name(char, "LATIN").split()[0] for char in text[:400] if char.isalpha())
    if names["HIRAGANA"] or names["KATAKANA"]:
        return "HIRAGANA"
    return names.most_common(1)[0][0] if names else "LATIN"
