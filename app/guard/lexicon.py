"""The word lists behind the views, read from ``words/*.toml``.

A ``Lexicon`` knows how people spell around a filter: look-alike letters, digits for letters, meaningful emoji, short forms,
algospeak, misspellings. It holds no rule: it only says which plain words a text may stand for.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.errors import SettingsError
from app.guard.fold import canonical

FOLDER = Path(__file__).parent / "words"
_RUN = re.compile(r"(.)\1+")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
_DIGITS = re.compile(r"(\d+)")
_LONG_WORD = 6  # from this length on, a lost letter still leaves a word that can be told
_SHORTEST = 3
_SWAPPED_FROM = 5
_STARS = "*#_•.-!@$"  # what letters are hidden behind
_LONGEST_WORD = 16


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Tables from what is typed to what is meant; see ``words/*.toml`` for their meaning."""

    lookalikes: dict[int, str]
    leet: dict[int, str]
    leet_l: dict[int, str]
    emoji: dict[str, str]
    words: dict[str, str]
    pairs: dict[str, str]
    doubled: dict[str, str]
    guarded: tuple[str, ...]
    small: frozenset[str]
    vocabulary: frozenset[str] = field(default_factory=frozenset)
    swaps: dict[str, str] = field(default_factory=dict)

    def knowing(self, words: Iterable[str]) -> Lexicon:
        """The same lexicon with more known words (used to find word ends where letters stand apart)."""
        known = self.vocabulary | {word for word in words if word[:1].isalpha() and not any(char.isdigit() for char in word)}
        swaps = {typo: word for word in sorted(known) if len(word) >= _SWAPPED_FROM for typo in _swapped(word)}
        return replace(self, vocabulary=known, swaps={typo: word for typo, word in swaps.items() if typo not in known})

    def mend(self, text: str) -> str:
        """Tidied text with two swapped letters put right in words that the rules know, whatever the language."""
        return " ".join(self.swaps.get(word, word) for word in text.split(" "))

    def plain(self, text: str) -> Iterator[str]:
        """English as the rules are written: no short forms, no algospeak, misspelled key words mended, apostrophes gone.

        Takes and yields tidied text; two of them where a stretched word may be either of two ("tooo": to, too).
        """
        yield self._plain(text)
        if _LONG_RUN.search(text):
            yield self._plain(" ".join(self._unstretch(word) for word in text.split(" ")))

    def _plain(self, text: str) -> str:
        words = " ".join([self._word(word) for word in text.split(" ")])
        return self._join_pairs(words.split(" "))

    def _unstretch(self, word: str) -> str:
        if not _LONG_RUN.search(word):
            return word
        return self.doubled.get(_RUN.sub(r"\1", word)) or _LONG_RUN.sub(r"\1", word)

    def _word(self, word: str) -> str:
        known = self.words.get(word)
        if known is not None:
            return known
        if "'" in word:
            bare = word.replace("'", "")
            return self.words.get(bare) or (f"{self._word(word[:-2])} s" if word.endswith("'s") else bare)
        return word

    def _join_pairs(self, words: list[str]) -> str:
        out: list[str] = []
        for word in words:
            pair = self.pairs.get(f"{out[-1]} {word}") if out else None
            if pair is None:
                out.append(word)
            else:
                out[-1:] = pair.split(" ")
        return " ".join(out)

    def uncensor(self, word: str) -> str | None:
        """The guarded word that fits a word with letters starred out (``su*cide``), or None."""
        inner = word.strip(".,;:?!")
        if len(inner) < _SHORTEST or not inner[0].isalpha() or not any(mark in inner for mark in _STARS):
            return None
        pattern = re.compile("".join(re.escape(char) if char.isalnum() else "." for char in inner))
        return next((known for known in (*self.guarded, "die", "rape") if len(known) == len(inner) and pattern.fullmatch(known)), None)

    def split(self, letters: str) -> str:
        """Words for a run of letters written apart: the cheapest cut into known words. Linear in the run."""
        return " ".join(part if part.isdigit() else self._cut(part) for part in _DIGITS.split(letters) if part)

    def _cut(self, letters: str) -> str:
        best: list[tuple[int, int]] = [(0, 0)]  # cost up to here, start of the last word
        for end in range(1, len(letters) + 1):
            choices = [(best[end - 1][0] + 12, end - 1)]
            for start in range(max(0, end - _LONGEST_WORD), end):
                if letters[start:end] in self.vocabulary:
                    choices.append((best[start][0] + (4 if end - start > 1 else 7), start))
            best.append(min(choices))
        words: list[str] = []
        end = len(letters)
        while end:
            start = best[end][1]
            words.append(letters[start:end])
            end = start
        return " ".join(reversed(words))


def load_lexicon(folder: Path = FOLDER) -> Lexicon:
    """Read the word lists. Raises ``SettingsError`` naming the file when one can't be used."""
    characters = _table(folder / "characters.toml", ("lookalikes", "leet", "emoji"))
    english = _table(folder / "english.toml", ("spoken", "hidden", "pairs", "guarded", "doubled", "small", "common"))
    guarded = tuple(english["guarded"]["words"])
    words: dict[str, str] = _misspellings(guarded, {*english["guarded"]["real"], *english["common"]["words"].split(), *guarded})
    words.update({canonical(key): value for part in ("spoken", "hidden") for key, value in english[part].items()})
    leet = {ord(key): value for key, value in characters["leet"].items()}
    return Lexicon(
        lookalikes={ord(char): letter for letter, chars in characters["lookalikes"].items() for char in chars},
        leet=leet,
        leet_l={**leet, ord("1"): "l"},
        emoji={canonical_key(key): value for key, value in characters["emoji"].items()},
        words=words,
        pairs=dict(english["pairs"]),
        doubled={_RUN.sub(r"\1", word): word for word in english["doubled"]["words"]},
        guarded=guarded,
        small=frozenset(english["small"]["words"].split()),
        vocabulary=frozenset((*english["common"]["words"].split(), *english["guarded"]["real"], *english["doubled"]["words"], *guarded)),
    )


def canonical_key(emoji: str) -> str:
    """An emoji without its variation selector, as folded text holds it."""
    return emoji.replace("\ufe0f", "")


def _table(path: Path, parts: tuple[str, ...]) -> dict[str, dict[str, str]]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The guard's word list {path.name} can't be read: {error}.") from None
    missing = [part for part in parts if part not in data]
    if missing:
        raise SettingsError(f"The guard's word list {path.name} lacks [{missing[0]}].")
    return data


def _misspellings(words: Iterable[str], real: set[str]) -> dict[str, str]:
    """Every near miss of each word, unless it is a real word."""
    return {typo: word for word in words for typo in _near(word) if typo not in real}


def _swapped(word: str) -> Iterable[str]:
    return (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1))


def _near(word: str) -> Iterable[str]:
    yield from _swapped(word)
    for i, char in enumerate(word):
        yield word[:i] + char + word[i:]
    yield "".join(char * 2 if char in "aeiouy" else char for char in word)
    if len(word) >= _LONG_WORD:
        for i in range(1, len(word)):
            yield word[:i] + word[i + 1 :]
