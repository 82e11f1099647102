"""Which words of a written sentence stand for which words of its quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.compose.verify_types import Clause, Reading, Word
from app.compose.verify_words import WordLists, stem


@dataclass(frozen=True, slots=True)
class Pair:
    """Where a word's counterparts stand in the quote: the same in meaning, or the opposite."""

    same: tuple[int, ...]
    opposite: tuple[int, ...]


def tells_much(word: Word, lists: WordLists) -> bool:
    return word.stem not in lists.plain and not word.text[0].isdigit()


def counterparts(said: Reading, at: int, source: Reading, lists: WordLists) -> Pair:
    word, groups = said.words[at], said.groups[at]
    same = tuple(j for j, other in enumerate(source.words) if other.stem == word.stem)
    if groups and not same:
        same = tuple(j for j, others in enumerate(source.groups) if groups & others)
    if not same:
        same = tuple(j for j, other in enumerate(source.words) if _kin(word.text, other.text))
    if not same and word.name:
        same = _initials(word.text, source)
    against = lists.opposites.get(word.stem, frozenset()) or lists.opposites.get(_positive(word.text), frozenset())
    opposite = tuple(
        j
        for j, other in enumerate(source.words)
        if other.stem in against or _positive(other.text) in against or (not same and _turned(word, other, lists))
    )
    return Pair(same, opposite)


@lru_cache(maxsize=4_096)
def _positive(text: str) -> str:
    """The stem of what a word in "-er" or "-est" compares: "safer" → safe; of any other word its own."""
    for ending, put in (("iest", "y"), ("ier", "y"), ("est", ""), ("er", "")):
        if text.endswith(ending) and len(text) > len(ending) + 2:
            base = text.removesuffix(ending) + put
            return stem(base + "e") if stem(base) == base and not put and base[-1] in "fgs" else stem(base)
    return stem(text)


def _initials(text: str, source: Reading) -> tuple[int, ...]:
    """The words that a short form stands for: "MBCT", "mindfulness-based cognitive therapy"."""
    size = len(text)
    if not 2 < size < 7:
        return ()
    for start in range(len(source.words) - size + 1):
        if all(source.words[start + k].text[0] == letter for k, letter in enumerate(text)):
            return tuple(range(start, start + size))
    return ()


_SUFFIXES = (
    "|e|y|s|es|ed|ing|ion|ions|ate|ated|al|ally|ful|fully|ness|ity|ment|ments|ive|ic|ly|"
    "ance|ence|able|ible|ation|ism|ous|ies|ied|ional|ionate"
)


_ENDINGS = frozenset(_SUFFIXES.split("|"))


def _kin(one: str, other: str) -> bool:
    """Words of one family: "compassionate" and "compassion", "improvement" and "improve"; never one who does a thing and the thing."""
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    return shared >= 5 and one[shared:] in _ENDINGS and other[shared:] in _ENDINGS


def _turned(word: Word, other: Word, lists: WordLists) -> bool:
    """ "unsafe" and "safe"."""
    longer, shorter = (word.text, other.text) if len(word.text) > len(other.text) else (other.text, word.text)
    return len(shorter) > 3 and any(longer == prefix + shorter for prefix in lists.prefixes)


def home_of(clause: Clause, pairs: Sequence[Pair], source: Reading, told: Sequence[int]) -> tuple[int, ...]:
    """The quote's clauses that a clause of the sentence says again, best first; those with less than half of the best's share are left out.

    A word counts less when many clauses have it.
    """
    weights = [0.0] * len(source.clauses)
    telling = set(told)
    for at in range(clause.start, clause.end):
        hit = {source.words[j].clause for j in pairs[at].same + pairs[at].opposite}
        for number, other in enumerate(source.clauses):
            if source.words[other.start].clause in hit:
                weights[number] += (1.0 if at in telling else 0.15) / len(hit)
    best = max(weights, default=0.0)
    if best == 0:
        return ()
    return tuple(sorted((n for n, weight in enumerate(weights) if weight >= 0.5 * best), key=lambda n: -weights[n]))


def nearest(said: Reading, source: Reading, pairs: Sequence[Pair], homes: Sequence[tuple[int, ...]]) -> list[Pair]:
    """The counterparts that stand in the clauses said again, the best clause first; all of them where none
    does. The same goes before the opposite."""
    out = [Pair(pair.same, () if pair.same else pair.opposite) for pair in pairs]
    for clause, home in zip(said.clauses, homes, strict=True):
        rings = [_inside(source, home[:1]), _inside(source, home), _same_sentence(source, home[:1])]
        for at in range(clause.start, clause.end):
            for ring in rings:
                same = tuple(j for j in pairs[at].same if j in ring)
                opposite = tuple(j for j in pairs[at].opposite if j in ring)
                if same or opposite:
                    out[at] = Pair(same, () if same else opposite)
                    break
    return out


def _inside(source: Reading, numbers: Sequence[int]) -> set[int]:
    return {j for number in numbers for j in range(source.clauses[number].start, source.clauses[number].end)}


def _same_sentence(source: Reading, numbers: Sequence[int]) -> set[int]:
    held = {source.clauses[number].sentence for number in numbers}
    return _inside(source, [number for number, clause in enumerate(source.clauses) if clause.sentence in held])
