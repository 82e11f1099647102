"""Who does what, in which order, and what belongs together: the sentence against its quote."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from app.compose.verify_pairs import Pair, tells_much
from app.compose.verify_places import BEING, passive
from app.compose.verify_types import Reading
from app.compose.verify_words import WordLists, listed, stem

# Words that say that one thing makes another happen: (marker, whether the cause comes first).
_CAUSES = {
    stem(word): first
    for word, first in {
        "because": False, "as": False, "since": False, "so": True, "therefore": True, "lead": True, "cause": True, "make": True,
        "bring": True,
        "teach": True, "produce": True, "result": True, "reason": True,
    }.items()
}  # fmt: skip


_FINITE = frozenset(["can", "may", "might", "could", "will", "should", "must", "means", "helps", "often", "usually"])
_MAKE = stem("make")
_EFFECTS = listed("more less better worse harder easier stronger weaker likely feel hard easy possible difficult")
_ORDERED = listed("before after then once earlier later beforehand afterwards following previous next")
_EARLIER = {stem("before"): True, stem("after"): False, "then": True, stem("until"): True}


_COMPARED = {"than": True, "instead": True}


SWAPPED = 2  # words that change sides around another before doer and done are taken to be swapped


_REACH = 6  # words between a doer and what is done; further apart, another doer is likely meant


_VAGUE = frozenset(["they", "them", "it", "he", "she"])


def party_fault(said: Reading, source: Reading, pairs: Sequence[Pair], lists: WordLists) -> str:
    wrong = right = 0
    for i, word in enumerate(said.words):
        if word.stem in lists.parties or not tells_much(word, lists) or not pairs[i].same:
            continue
        mine = _doers(said, i, lists)
        theirs = [_doers(source, j, lists) for j in pairs[i].same]
        if not mine or not all(theirs):
            continue
        if any(mine & doers for doers in theirs):
            right += 1
        else:
            wrong += 1
    if wrong and wrong >= right:
        return "role"
    mine_by, theirs_by = _agents(said, lists), _agents(source, lists)
    return "role" if mine_by and theirs_by and not mine_by & theirs_by else ""


def _agents(reading: Reading, lists: WordLists) -> set[str]:
    """The parties named after "by", in lists too: "by a partner, a parent or a teacher"."""
    found: set[str] = set()
    for at, word in enumerate(reading.words):
        if word.text == "by":
            near = reading.words[at + 1 : at + 4]
            if any(other.stem in lists.parties for other in near):
                clause = reading.clauses[word.clause]
                found |= {lists.parties[other.stem] for other in reading.words[at + 1 : clause.end] if other.stem in lists.parties}
    return found


def _doers(reading: Reading, at: int, lists: WordLists) -> frozenset[str]:
    """Who does what a word says: the first party of its clause and those joined to it by "and"; for "asked by X", X. Empty
    when not named."""
    clause = reading.words[at].clause
    for later in range(at + 1, min(at + 4, len(reading.words) - 1)):
        if reading.words[later].clause != clause:
            break
        if reading.words[later].text == "by":
            for word in reading.words[later + 1 : later + 4]:
                if word.stem in lists.parties:
                    return frozenset([lists.parties[word.stem]])
    found: list[str] = []
    start = reading.clauses[clause].start
    last = -1
    joined = True
    opening = reading.words[start].text
    for place, word in enumerate(reading.words[start:at], start):
        if word.text in _VAGUE or (place == start and opening in ("who", "which")):
            if not found:
                found, last = _before(reading, clause, lists, subject=word.text in _VAGUE), place
            break
        if word.text in ("and", "or"):
            joined = True
        elif word.stem in lists.parties and word.text != "your":
            if joined:
                found.append(lists.parties[word.stem])
                last = place
            joined = False
        elif word.stem not in lists.plain:
            joined = joined and not found
    if not found and opening in ("and", "but", "or", "then"):
        found, last = _before(reading, clause, lists, subject=True), start
    return frozenset(found) if at - last <= _REACH else frozenset()


def _before(reading: Reading, clause: int, lists: WordLists, *, subject: bool) -> list[str]:
    """The party that a pronoun most likely stands for: the first of the clause before for "it" and "they", the last for "who"."""
    if clause == 0 or (reading.clauses[clause - 1].sentence != reading.clauses[clause].sentence and not subject):
        return []
    before = reading.clauses[clause - 1]
    named = [
        lists.parties[word.stem] for word in reading.words[before.start : before.end] if word.stem in lists.parties and word.text != "your"
    ]
    return named[:1] if subject else named[-1:]


def order_fault(said: Reading, source: Reading, pairs: Sequence[Pair], lists: WordLists) -> str:
    """Cause and effect, earlier and later, or the two sides of a comparison change places; or a cause is claimed where
    the quote names none."""
    for name, markers in (("cause", _CAUSES), ("time", _EARLIER), ("order", _COMPARED)):
        there = [sides for j in range(len(source.words)) if (sides := _sides(source, j, markers)) is not None]
        for i, word in enumerate(said.words):
            mine = _sides(said, i, markers)
            if mine is None:
                continue
            if not there:
                if name == "cause" and not pairs[i].same and word.stem not in ("as", "since"):
                    return "cause"
                if name == "time" and word.text in ("before", "after") and not _ORDERED & {other.text for other in source.words}:
                    return "time"
                continue
            best = max((_crossing(mine, theirs, pairs, said, lists) for theirs in there), key=lambda found: (found[0] + found[1], found[0]))
            if best[1] > best[0] or (best[2] and name != "cause"):
                return name
    if not passive(said) and not passive(source) and (_swapped(said, source, pairs, lists) or _turned_about(said, source, pairs, lists)):
        return "order"
    if _rebound(said, source, pairs, lists):
        return "bound"
    return "joined" if _joined(said, source, pairs, lists) else ""


def _swapped(said: Reading, source: Reading, pairs: Sequence[Pair], lists: WordLists) -> bool:
    """Around one word (most often the verb), what stood before it stands after it and the other way round: doer and done change places."""
    for clause in said.clauses:
        placed = [
            (i, pairs[i].same[0])
            for i in range(clause.start, clause.end)
            if len(pairs[i].same) == 1 and (tells_much(said.words[i], lists) or said.words[i].stem in lists.parties)
        ]
        for hinge, there in placed:
            home = source.words[there].clause
            others = [(i < hinge, j < there) for i, j in placed if i != hinge and source.words[j].clause == home]
            crossed = [now for now, then in others if now != then]
            if _alike(said) and _alike(source):
                continue
            if len(set(crossed)) == 2 and len(crossed) >= SWAPPED and len(crossed) >= len(others) - 1:
                return True
            if len(set(crossed)) == 2 and placed[0][0] < hinge and placed[0][1] > there == placed[1][1]:
                return True
    return False


def _alike(reading: Reading) -> bool:
    """What says that two things are one or come together, and may be turned round: "X is the first step", "at the same time as"."""
    texts = [word.text for word in reading.words]
    pairs = set(pairwise(texts))
    return bool(pairs & {("is", "a"), ("is", "the"), ("are", "the"), ("the", "same")}) or "together" in texts


def _turned_about(said: Reading, source: Reading, pairs: Sequence[Pair], lists: WordLists) -> bool:
    """The words on either side of one word have changed places around it: "early years shape feelings", "feelings shape early years"."""
    placed = _placed_once(said, pairs, lists)
    for (left, before), (hinge, there), (right, after) in zip(placed, placed[1:], placed[2:], strict=False):
        one_clause = said.words[left].clause == said.words[hinge].clause == said.words[right].clause
        home = source.words[there].clause
        if one_clause and after < there < before and source.words[before].clause == home == source.words[after].clause:
            return not _is_joined(source, after, before)
    return False


def _placed_once(said: Reading, pairs: Sequence[Pair], lists: WordLists) -> list[tuple[int, int]]:
    """The telling words of the sentence that stand once in the quote, and where."""
    telling = (i for i in range(len(said.words)) if tells_much(said.words[i], lists) or said.words[i].stem in lists.parties)
    return [(i, pairs[i].same[0]) for i in telling if len(pairs[i].same) == 1]


_LISTED = 5  # words from the first to the last of three parts of a list


def _is_joined(reading: Reading, start: int, end: int) -> bool:
    """Whether the words from ``start`` to ``end`` are a list, whose parts may change places, or joined by a form of "to be"."""
    texts = {word.text for word in reading.words[start : end + 1]}
    return bool(texts & BEING) or (end - start <= _LISTED and bool(texts & {"and", "or"}))


def _rebound(said: Reading, source: Reading, pairs: Sequence[Pair], lists: WordLists) -> bool:
    """Two words that stand side by side belong to others in the quote: "a warm room" of "warm light and a cool room"."""
    for i, k in pairwise(range(len(said.words))):
        if said.words[i].clause != said.words[k].clause or len(pairs[i].same) != 1 or len(pairs[k].same) != 1:
            continue
        first, second = pairs[i].same[0], pairs[k].same[0]
        if not (tells_much(said.words[i], lists) and tells_much(said.words[k], lists)) or abs(first - second) == 1:
            continue
        if source.words[first].stem != said.words[i].stem or source.words[second].stem != said.words[k].stem:
            continue
        theirs, own = _beside(source, first, 1, lists), _beside(source, second, -1, lists)
        if theirs and own and source.clauses[source.words[first].clause].sentence == source.clauses[source.words[second].clause].sentence:
            spoken = {word.stem for word in said.words}
            if source.words[first + 1].stem not in spoken and source.words[second - 1].stem not in spoken:
                return True
    return False


def _joined(said: Reading, source: Reading, pairs: Sequence[Pair], lists: WordLists) -> bool:
    """What is said of one thing is taken from another sentence of the quote; what it is called may be."""
    told = [i for i in range(len(said.words)) if tells_much(said.words[i], lists) and pairs[i].same]
    places = {i: {source.clauses[source.words[j].clause].sentence for j in pairs[i].same} for i in told}
    numbers = {number for held in places.values() for number in held}
    if len(said.clauses) > 1 or len(numbers) < 2:
        return False
    best = max(sorted(numbers), key=lambda number: sum(number in held for held in places.values()))
    inside = [i for i in told if best in places[i]]
    taken = [i for i in told if i > inside[0] and best not in places[i]]
    return len(taken) >= 2 and not _one_name(taken, pairs)


def _one_name(taken: Sequence[int], pairs: Sequence[Pair]) -> bool:
    """Whether words stand side by side in both: what a thing is called ("psychodynamic therapy")."""
    return all(
        later == earlier + 1 and any(k == j + 1 for j in pairs[earlier].same for k in pairs[later].same)
        for earlier, later in pairwise(taken)
    )


def _beside(reading: Reading, at: int, step: int, lists: WordLists) -> bool:
    """Whether a telling word of the same clause stands right beside."""
    other = at + step
    return (
        0 <= other < len(reading.words)
        and reading.words[other].clause == reading.words[at].clause
        and tells_much(reading.words[other], lists)
    )


def _sides(reading: Reading, at: int, markers: dict[str, bool]) -> tuple[set[int], set[int]] | None:
    """The words on the two sides of a marker, what comes first (the cause, the earlier) in front; None when the word marks nothing here."""
    word = reading.words[at]
    if word.stem not in markers or (word.stem == _MAKE and not _makes(reading, at)):
        return None
    start = reading.clauses[word.clause].start
    opens = at == start
    joins = (at - 1 == start and reading.words[start].text == "and") or [other.text for other in reading.words[at : at + 2]] == [
        "so",
        "that",
    ]
    if word.stem in ("as", "so", "since") and not opens and not joins:
        return None
    sentence = reading.clauses[word.clause].sentence
    whole = [c for c in reading.clauses if c.sentence == sentence]
    if opens and reading.clauses[word.clause] == whole[0]:  # "Because X, Y"
        if len(whole) < 2:
            return None
        before, after = set(range(whole[1].start, whole[-1].end)), set(range(at + 1, whole[0].end))
    else:
        before, after = set(range(whole[0].start, at)), set(range(at + 1, _side_ends(reading, at, whole[-1].end)))
    if not before or not after:
        return None
    turned = at + 1 < len(reading.words) and reading.words[at + 1].text == "by"  # "is caused by"
    return (before, after) if markers[word.stem] != turned else (after, before)


def _side_ends(reading: Reading, at: int, end: int) -> int:
    """Where what comes "before" or "after" something ends: at the verb of the whole ("alertness after trauma | can mean …")."""
    if reading.words[at].text not in ("before", "after"):
        return end
    return next(
        (j for j in range(at + 2, end) if reading.words[j].text in _FINITE and reading.words[j - 1].text not in _VAGUE | {"you"}), end
    )


def _makes(reading: Reading, at: int) -> bool:
    """ "Makes it easier" brings something about; "make a choice" does not."""
    return any(word.text in _EFFECTS or word.text.endswith("ier") for word in reading.words[at + 1 : at + 6])


def _crossing(
    mine: tuple[set[int], set[int]], theirs: tuple[set[int], set[int]], pairs: Sequence[Pair], said: Reading, lists: WordLists
) -> tuple[int, int, bool]:
    """How many words stand on the same side in both, how many on the other, and whether some crossed each way."""
    straight = crossed = 0
    ways = set()
    for at, pair in enumerate(pairs):
        if not tells_much(said.words[at], lists) or not pair.same or at not in mine[0] | mine[1]:
            continue
        first = any(j in theirs[0] for j in pair.same)
        second = any(j in theirs[1] for j in pair.same)
        if first != second:
            straight += first == (at in mine[0])
            if first != (at in mine[0]):
                crossed += 1
                ways.add(first)
    return straight, crossed, len(ways) == 2
