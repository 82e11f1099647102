"""Text → search terms: lower case, accents folded, stop words out, English stems."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

_WORD = re.compile(r"[^\W_]+")
_MARKS = re.compile("[\u0300-\u036f]")
STOPWORDS_FILE = Path(__file__).with_name("stopwords.txt")


@lru_cache(maxsize=1)
def stopwords() -> frozenset[str]:
    """The words of ``stopwords.txt``."""
    lines = STOPWORDS_FILE.read_text("utf-8").split("\n")
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def words(text: str) -> list[str]:
    """Lower-case words without accents, in order: "Café's 2 visits" → cafe, s, 2, visits."""
    folded = text.casefold()
    if not folded.isascii():
        folded = _MARKS.sub("", unicodedata.normalize("NFKD", folded))
    return _WORD.findall(folded)


def terms(text: str) -> list[str]:
    """The stems of the words that say something, in order, repeats kept."""
    stop = stopwords()
    return stems([word for word in words(text) if word not in stop])


def stems(spoken: Sequence[str]) -> list[str]:
    """The English stem of each of ``spoken``, which are ``words``."""
    return _stemmer().stemWords(list(spoken))  # type: ignore[no-any-return]  # PyStemmer has no types


@lru_cache(maxsize=1)
def _stemmer():  # type: ignore[no-untyped-def]  # Stemmer has no types
    import Stemmer

    return Stemmer.Stemmer("english")
