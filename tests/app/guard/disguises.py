"""Twenty-three ways to write the same words so that a filter misses them."""

from __future__ import annotations

import base64
from collections.abc import Callable

_GREEK_CYRILLIC = str.maketrans("aeopcxyisjkmtbhABEKMHOPCTX", "аеорсхуіѕјкмтвһАВЕКМНОРСТХ")
_LEET = str.maketrans("aeiost", "4310$7")


def _upper(text: str) -> str:
    return text.upper()


def _homoglyph(text: str) -> str:
    return text.translate(_GREEK_CYRILLIC)


def _between(mark: str) -> Callable[[str], str]:
    return mark.join


def _tags(text: str) -> str:
    return "".join(char + chr(0xE0000 + 0x61) for char in text)


def _full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def _mathematical(text: str) -> str:
    return "".join(
        chr(0x1D41A + ord(char) - ord("a")) if "a" <= char <= "z" else chr(0x1D400 + ord(char) - ord("A")) if "A" <= char <= "Z" else char
        for char in text
    )


def _zalgo(text: str) -> str:
    return "".join(char + "\u0315\u0335\u0347" if char.isalpha() else char for char in text)


def _nbsp(text: str) -> str:
    return text.replace(" ", "\u00a0")


def _leet(text: str) -> str:
    return text.lower().translate(_LEET)


def _words(mark: str) -> Callable[[str], str]:
    return lambda text: (mark * 3).join(mark.join(word) for word in text.split(" "))


def _line_breaks(text: str) -> str:
    return text.replace(" ", "\n")


def _stretched(text: str) -> str:
    return "".join(char * 3 if char in "aeiou" else char for char in text)


def _override(text: str) -> str:
    return "\u202e" + text[::-1] + "\u202c"


def _entities(text: str) -> str:
    return "".join(f"&#{ord(char)};" if char.isalpha() else char for char in text)


def _markdown(text: str) -> str:
    return " ".join(f"**{word}**" for word in text.split(" "))


def _emoji_between(text: str) -> str:
    return " 🌸 ".join(text.split(" "))


def _swapped(text: str) -> str:
    words = []
    for word in text.split(" "):
        middle = len(word) // 2
        words.append(
            word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :] if len(word) > 4 and word.isalpha() else word
        )
    return " ".join(words)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# Unicode tricks and layout: the rules alone must see through each of them.
UNICODE_AND_LAYOUT: dict[str, Callable[[str], str]] = {
    "upper": _upper,
    "homoglyph": _homoglyph,
    "zero_width": _between("\u200b"),
    "word_joiner": _between("\u2060"),
    "soft_hyphen": _between("\u00ad"),
    "variation_selector": _between("\ufe0f"),
    "tag_characters": _tags,
    "full_width": _full_width,
    "mathematical": _mathematical,
    "zalgo": _zalgo,
    "nbsp": _nbsp,
    "spaced": _words(" "),
    "dotted": _words("."),
    "dashed": _words("-"),
    "line_breaks": _line_breaks,
    "stretched": _stretched,
    "override": _override,
    "entities": _entities,
    "markdown": _markdown,
    "emoji_between": _emoji_between,
}
SPELLING: dict[str, Callable[[str], str]] = {"leet": _leet, "swapped": _swapped, "base64": _base64}
ALL = {**UNICODE_AND_LAYOUT, **SPELLING}
