"""Which parts of a page are furniture, call-outs, or not shown to a reader. The words are in ``page_parts.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

Element = Any  # lxml ships no types

_WORDS = re.compile(r"[a-z]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_INVISIBLE_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])|text-indent\s*:\s*-\d{3,}"
    r"|(?:left|top|right)\s*:\s*-\d{3,}|clip\s*:\s*rect\(\s*[01](?:px)?[\s,]|(?<![-\w])(?:width|height|max-height)\s*:\s*[01](?:px)?\s*(?:;|$)",
    re.I,
)
_COLOUR = re.compile(r"(?<![-\w])color\s*:\s*([^;]+)", re.I)
_BACKGROUND = re.compile(r"background(?:-color)?\s*:\s*([^;]+)", re.I)
_WHITE = re.compile(
    r"\s*(?:white|#fff(?:f{3})?|#f[d-f]f[d-f]f[d-f]|rgba?\(\s*25[3-5]\s*,\s*25[3-5]\s*,\s*25[3-5][^)]*\)|transparent)\b", re.I
)
_CSS_RULE = re.compile(r"([.#][\w-]{1,80})\s*\{([^{}]{0,2000})\}")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_SCREEN_READER_ONLY = frozenset({"sr-only", "visually-hidden", "screen-reader-text", "visuallyhidden", "govuk-visually-hidden"})


@dataclass(frozen=True, slots=True)
class PageParts:
    """The lists of ``page_parts.toml``."""

    furniture_tags: frozenset[str]
    furniture_roles: frozenset[str]
    furniture_words: frozenset[str]
    furniture_pairs: frozenset[str]
    unread_tags: frozenset[str]
    callout_roles: frozenset[str]
    callout_words: frozenset[str]
    emergency_words: frozenset[str]
    emergency_actions: frozenset[str]


@cache
def page_parts() -> PageParts:
    """The word lists, read once."""
    data = tomllib.loads(Path(__file__).with_name("page_parts.toml").read_text("utf-8"))
    return PageParts(**{name: frozenset(words) for name, words in data.items()})


def is_furniture(element: Element) -> bool:
    """Whether a tag, role, class or id says that the element is not part of the article."""
    parts = page_parts()
    if element.tag == "aside" and not parts.callout_words.isdisjoint(_class_words(element)):
        return False
    if element.tag in parts.furniture_tags or element.get("role", "").lower() in parts.furniture_roles:
        return True
    if element.tag in ("html", "body", "main", "article", "p", "h1", "h2", "h3", "h4", "h5", "h6"):
        return False
    words = _class_words(element)
    pairs = {f"{first} {second}" for first, second in pairwise(words)}
    return not parts.furniture_words.isdisjoint(words) or not parts.furniture_pairs.isdisjoint(pairs)


def is_callout(element: Element) -> bool:
    """Whether a tag, role or class says that the element stands out on purpose. Whether it is worth keeping, its text says."""
    parts = page_parts()
    if element.tag in ("html", "body", "main", "article"):
        return False
    return (
        element.tag in ("aside", "blockquote")
        or element.get("role", "").lower() in parts.callout_roles
        or not parts.callout_words.isdisjoint(_class_words(element))
    )


def speaks_of_emergency(text: str) -> bool:
    """Whether a text names an emergency and something to do about it."""
    low = text.lower()
    return bool(_emergency_pattern().search(low)) and any(action in low for action in page_parts().emergency_actions)


@cache
def _emergency_pattern() -> re.Pattern[str]:
    words = page_parts().emergency_words
    numbers = "|".join(re.escape(word) for word in sorted(words) if word[0].isdigit())
    phrases = "|".join(re.escape(word) for word in sorted(words) if not word[0].isdigit())
    return re.compile(rf"(?<![\d.,])(?:{numbers})(?!\d|[.,]\d)|{phrases}")


def hidden_names(styles: str) -> frozenset[str]:
    """The classes (``.x``) and ids (``#x``) that a page's own style sheet makes invisible."""
    rules = _CSS_RULE.finditer(_CSS_COMMENT.sub("", styles[:500_000]))
    return frozenset(rule[1] for rule in rules if _INVISIBLE_STYLE.search(rule[2]) or _white_on_white(rule[2]))


def is_invisible(element: Element, names: frozenset[str]) -> bool:
    """Whether the element's own attributes, or its page's style sheet (``names``), keep it from being seen."""
    hidden, style = element.get("hidden"), element.get("style", "")
    if hidden is not None and hidden != "until-found":
        return True
    if element.get("aria-hidden") == "true" or (style and (_INVISIBLE_STYLE.search(style) or _white_on_white(style))):
        return True
    classes = element.get("class", "").split()
    if classes == ["hidden"]:  # among other classes ("hidden md:block") it may be shown
        return True
    return bool(_SCREEN_READER_ONLY.intersection(classes)) or bool(
        names.intersection([f".{name}" for name in classes] + [f"#{element.get('id')}"])
    )


def is_pale(element: Element) -> bool:
    """Whether the element's text is white on a background that the page does not tell: perhaps unseen, perhaps on a dark picture."""
    style = element.get("style", "")
    colour = _COLOUR.search(style) if style else None
    return colour is not None and _WHITE.match(colour[1]) is not None and not _BACKGROUND.search(style)


def _white_on_white(style: str) -> bool:
    colour, background = _COLOUR.search(style), _BACKGROUND.search(style)
    if colour is None or not _WHITE.match(colour[1]):
        return False
    return "transparent" in colour[1].lower() or (background is not None and bool(_WHITE.match(background[1])))


def _class_words(element: Element) -> list[str]:
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return _WORDS.findall(_CAMEL.sub(" ", names).lower()) if len(names) < 2_000 else []
