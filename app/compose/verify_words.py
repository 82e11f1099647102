"""The word lists of the verifier (``verify_words.toml``), read and checked: phrases, groups of the same meaning, opposites, ladders."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from app.errors import SettingsError
from app.retrieve.words import words

FILE = Path(__file__).with_name("verify_words.toml")
_CONTRACTIONS = (
    (re.compile(r"\b(?:can't|cannot)\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bshan't\b"), "shall not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"\b(it|that|there|what|who|he|she|here)'s\b"), r"\1 is"),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"'s\b|s'(?=\s|$)"), ""),
)

Phrase = tuple[str, ...]


def listed(line: str) -> frozenset[str]:
    """The words of a line: the closed lists of grammar read best as words."""
    return frozenset(line.split())


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """The English stem of a lower-case word; irregular forms have the stem of their verb."""
    stemmed: str = _stemmer().stemWord(_irregular().get(word, word))
    return stemmed


@cache
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


@cache
def _irregular() -> dict[str, str]:
    try:
        data = tomllib.loads(FILE.read_text("utf-8"))["irregular"]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise SettingsError(f"The verifier's file {FILE.name} can't be read: {error}.") from None
    return {form: verb for verb, forms in data.items() for form in forms.split()}


def spelled_out(text: str) -> str:
    """Lower case, straight apostrophes, contractions in full: "Can’t" → "can not"."""
    plain = text.casefold().replace("’", "'").replace("‘", "'").replace("`", "'")
    for pattern, whole in _CONTRACTIONS:
        plain = pattern.sub(whole, plain)
    return plain


def exact(text: str) -> Phrase:
    """The words of a listed phrase as they stand: "hardly" is not "hard"."""
    return tuple(words(spelled_out(text)))


def phrase(text: str) -> Phrase:
    """The stems of a listed word or phrase."""
    return tuple(stem(word) for word in words(spelled_out(text)))


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """Phrases, as stems or as they stand, each with what it stands for; found longest first."""

    entries: Mapping[Phrase, frozenset[str]]
    longest: int

    def at(self, tokens: Sequence[str], start: int) -> tuple[int, frozenset[str]]:
        """How many tokens from ``start`` the longest listed phrase takes (0: none), and what it stands for."""
        for size in range(min(self.longest, len(tokens) - start), 0, -1):
            found = self.entries.get(tuple(tokens[start : start + size]))
            if found is not None:
                return size, found
        return 0, frozenset()

    def everywhere(self, tokens: Sequence[str]) -> list[tuple[int, int, frozenset[str]]]:
        """Every listed phrase of every length: (start, end, what it stands for)."""
        hits = []
        for start in range(len(tokens)):
            for size in range(1, min(self.longest, len(tokens) - start) + 1):
                found = self.entries.get(tuple(tokens[start : start + size]))
                if found is not None:
                    hits.append((start, start + size, found))
        return hits


@dataclass(frozen=True, slots=True)
class WordLists:
    """All lists, as stems."""

    synonyms: PhraseBook
    opposites: Mapping[str, frozenset[str]]
    strength: PhraseBook
    duty: PhraseBook
    promises: frozenset[str]
    negators: PhraseBook
    no_duty: PhraseBook
    prefixes: tuple[str, ...]
    conditions: PhraseBook
    narrowing: PhraseBook
    openers: frozenset[str]
    parties: Mapping[str, str]
    drug_names: frozenset[str]
    drug_endings: tuple[str, ...]
    units: frozenset[str]
    plain: frozenset[str]
    empty: PhraseBook
    graded: frozenset[str]


def load_words(path: Path = FILE) -> WordLists:
    """Read and check the lists. Raises ``SettingsError`` naming the list to mend."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The verifier's file {path.name} can't be read: {error}.") from None
    try:
        return _lists(data)
    except KeyError as error:
        raise SettingsError(f"{path.name} lacks {error}.") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise SettingsError(f"{path.name}: {error}.") from None


def _lists(data: dict[str, Any]) -> WordLists:
    groups = [_strings(f"synonyms, group {number}", group) for number, group in enumerate(data["synonyms"], 1)]
    for number, group in enumerate(groups, 1):
        if len(group) < 2:
            raise ValueError(f"synonyms, group {number} has fewer than two words")
    negation, limits, drugs = data["negation"], data["limits"], data["drugs"]
    return WordLists(
        synonyms=_book((member, f"s{number}") for number, group in enumerate(groups) for member in group),
        opposites=_opposites(data["antonyms"]),
        strength=_ladder("strength", data["strength"]),
        duty=_ladder("duty", data["duty"]),
        promises=frozenset(_strings("promise.words", data["promise"]["words"])),
        negators=_book_exact((word, "not") for word in _strings("negation.words", negation["words"])),
        no_duty=_book_exact((form, "free") for word in _strings("negation.no_duty", negation["no_duty"]) for form in _with_adverbs(word)),
        prefixes=tuple(_strings("negation.prefixes", negation["prefixes"])),
        conditions=_book_exact((word, word) for word in _strings("limits.conditions", limits["conditions"])),
        narrowing=_book_exact((word, word) for word in _strings("limits.narrowing", limits["narrowing"])),
        openers=frozenset(_strings("limits.openers", limits["openers"])),
        parties={stem(word): name for name, group in data["parties"].items() for word in _strings(f"parties.{name}", group)},
        drug_names=frozenset(_strings("drugs.names", drugs["names"])),
        drug_endings=tuple(_strings("drugs.endings", drugs["endings"])),
        units=frozenset(stem(word) for word in _strings("numbers.units", data["numbers"]["units"])),
        empty=_book_exact((entry, entry) for entry in data["plain"]["words"] if " " in entry),
        graded=frozenset(word for rung in data["strength"].values() for word in rung),
        plain=frozenset(
            stem(word) for entry in _strings("plain.words", data["plain"]["words"]) if " " not in entry for word in words(entry)
        ),
    )


def _strings(name: str, value: object) -> list[str]:
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(item, str) and item.strip() and item == item.lower() for item in value)
    ):
        raise ValueError(f"{name} must be a list of words in lower case")
    return value


def _with_adverbs(text: str) -> list[str]:
    """ "do not have to" is also "do not usually have to" and "do not always have to"."""
    return [
        text,
        *(
            text.replace("not ", f"not {adverb} ", 1)
            for adverb in ("usually", "always", "normally", "generally", "often", "yet")
            if "not " in text
        ),
    ]


def _book_exact(pairs: Iterable[tuple[str, str]]) -> PhraseBook:
    return _book(pairs, exact)


def _book(pairs: Iterable[tuple[str, str]], key_of: Callable[[str], Phrase] = phrase) -> PhraseBook:
    entries: dict[Phrase, set[str]] = {}
    for text, meaning in pairs:
        entries.setdefault(key_of(text), set()).add(meaning)
    return PhraseBook({key: frozenset(value) for key, value in entries.items()}, max(map(len, entries), default=0))


def _ladder(name: str, rungs: dict[str, Any]) -> PhraseBook:
    for rung in rungs:
        if not rung.isdigit():
            raise ValueError(f"{name}.{rung} is no number")
    return _book_exact((text, rung) for rung, texts in rungs.items() for text in _strings(f"{name}.{rung}", texts))


def _opposites(pairs: object) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    if not isinstance(pairs, list):
        raise TypeError("antonyms must be a list of pairs")
    for number, pair in enumerate(pairs, 1):
        sides = _strings(f"antonyms, pair {number}", pair)
        if len(sides) != 2:
            raise ValueError(f"antonyms, pair {number} has not two sides")
        left, right = ([stem(word) for word in words(side)] for side in sides)
        for one, other in ((left, right), (right, left)):
            for word in one:
                found.setdefault(word, set()).update(other)
    return {word: frozenset(others) for word, others in found.items()}
