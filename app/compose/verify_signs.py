"""What differs between a sentence and its quote: faults, each of which is enough to drop the sentence, and measures for a small model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.compose.verify_read import Clause, Reading, Word
from app.compose.verify_words import WordLists, stem

# Words that say that one thing makes another happen: (marker, whether the cause comes first).
_CAUSES = {
    stem(word): first
    for word, first in {
        "because": False, "as": False, "since": False, "so": True, "therefore": True, "lead": True, "cause": True, "make": True,
        "bring": True,
        "teach": True, "produce": True, "result": True,
    }.items()
}  # fmt: skip
_EARLIER = {stem("before"): True, stem("after"): False, "then": True, stem("until"): True}
_COMPARED = {"than": True, "instead": True}
_BEING = frozenset(["be", "is", "are", "was", "were", "been", "being"])
SWAPPED = 2  # words that change sides around another before doer and done are taken to be swapped
_REACH = 6  # words between a doer and what is done; further apart, another doer is likely meant
_VAGUE = frozenset(["they", "them", "it", "he", "she"])


@dataclass(frozen=True, slots=True)
class Comparison:
    """``fault`` is "" or the first thing found wrong; ``missing`` are places of the sentence's words without a counterpart in the quote."""

    fault: str
    missing: tuple[int, ...]
    told: int
    inverted: float
    dropped: int
    scattered: float
    unbound: float


def compare(said: Reading, source: Reading, lists: WordLists) -> Comparison:
    """Compare a sentence with its quote."""
    pairs = [_counterparts(said, at, source, lists) for at in range(len(said.words))]
    laddered = _laddered(said, lists)
    told = [at for at, word in enumerate(said.words) if _tells(word, lists) and at not in laddered]
    missing = tuple(at for at in told if not pairs[at].same)
    homes = [_home(clause, pairs, source, told) for clause in said.clauses]
    near = _near(said, source, pairs, homes)
    fault = (
        _number_fault(said, source)
        or _name_fault(said, pairs, lists)
        or _negation_fault(said, source, near, homes, told, lists)
        or _reach_fault(said, source, homes, lists)
        or _limit_fault(source, homes, pairs, lists)
        or _party_fault(said, source, near, lists)
        or _order_fault(said, source, pairs, lists)
    )
    return Comparison(
        fault,
        missing,
        len(told),
        _inverted(said, source, pairs, told),
        _dropped(source, homes, pairs, lists),
        _scattered(pairs, told, source),
        _unbound(said, source, pairs, told),
    )


def _laddered(said: Reading, lists: WordLists) -> set[int]:
    """Places of words that the ladders, the denials and the conditions compare: they need no counterpart of their own."""
    texts = [word.text for word in said.words]
    books = (lists.empty, lists.strength, lists.duty, lists.no_duty, lists.negators, lists.conditions)
    return {place for at in range(len(texts)) for book in books for place in range(at, at + book.at(texts, at)[0])}


@dataclass(frozen=True, slots=True)
class _Pair:
    """Where a word's counterparts stand in the quote: the same in meaning, or the opposite."""

    same: tuple[int, ...]
    opposite: tuple[int, ...]


def _tells(word: Word, lists: WordLists) -> bool:
    return word.stem not in lists.plain and not word.text[0].isdigit()


def _counterparts(said: Reading, at: int, source: Reading, lists: WordLists) -> _Pair:
    word, groups = said.words[at], said.groups[at]
    same = tuple(j for j, other in enumerate(source.words) if other.stem == word.stem)
    if groups and not same:
        same = tuple(j for j, others in enumerate(source.groups) if groups & others)
    if not same:
        same = tuple(j for j, other in enumerate(source.words) if _kin(word.text, other.text))
    against = lists.opposites.get(word.stem, frozenset())
    opposite = tuple(j for j, other in enumerate(source.words) if other.stem in against or (not same and _turned(word, other, lists)))
    return _Pair(same, opposite)


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


def _home(clause: Clause, pairs: Sequence[_Pair], source: Reading, told: Sequence[int]) -> tuple[int, ...]:
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


def _near(said: Reading, source: Reading, pairs: Sequence[_Pair], homes: Sequence[tuple[int, ...]]) -> list[_Pair]:
    """The counterparts that stand in the clauses said again, the best clause first; all of them where none
    does. The same goes before the opposite."""
    out = [_Pair(pair.same, () if pair.same else pair.opposite) for pair in pairs]
    for clause, home in zip(said.clauses, homes, strict=True):
        rings = [_inside(source, home[:1]), _inside(source, home)]
        for at in range(clause.start, clause.end):
            for ring in rings:
                same = tuple(j for j in pairs[at].same if j in ring)
                opposite = tuple(j for j in pairs[at].opposite if j in ring)
                if same or opposite:
                    out[at] = _Pair(same, () if same else opposite)
                    break
    return out


def _inside(source: Reading, numbers: Sequence[int]) -> set[int]:
    return {j for number in numbers for j in range(source.clauses[number].start, source.clauses[number].end)}


def _number_fault(said: Reading, source: Reading) -> str:
    known = {(number.value, number.unit) for number in source.numbers}
    repeated = Counter((number.value, number.unit) for number in said.numbers)
    if any(count > 1 and count > sum((n.value, n.unit) == key for n in source.numbers) for key, count in repeated.items()):
        return "number"
    rates = {(number.value, number.rate) for number in source.numbers}
    if any(
        (number.value, number.unit) not in known or (number.rate and (number.value, number.rate) not in rates) for number in said.numbers
    ):
        return "number"
    for number in said.numbers:
        here = {word for other in source.numbers if other.value == number.value for word in other.after}
        elsewhere = {word for other in source.numbers if other.value != number.value for word in other.after}
        if (elsewhere - here) & set(number.after) and not (here - elsewhere) & set(number.after):
            return "number"
    units = {word.stem for word in source.words} | {number.unit for number in source.numbers} | set().union(*source.groups, set())
    for at, word in enumerate(said.words):
        if word.stem in _TIME_UNITS and word.stem not in units and not said.groups[at] & units and not _every(word.stem, source):
            return "number"
    return ""


_TIME_WORDS = "second minute hour day week month year decade fortnight percent twice daily weekly monthly yearly"
_TIME_UNITS = frozenset(stem(word) for word in _TIME_WORDS.split())
_EVERY = {"day": "daili", "week": "week", "month": "month", "year": "year", "daili": "day"}


def _every(unit: str, source: Reading) -> bool:
    return _EVERY.get(unit, unit) in source.stems


def _name_fault(said: Reading, pairs: Sequence[_Pair], lists: WordLists) -> str:
    known = set(source_texts(pairs, said))
    for at, word in enumerate(said.words):
        drug = word.text in lists.drug_names or (len(word.text) > 6 and word.text.endswith(lists.drug_endings))
        opens = at == 0 and said.capital and _tells(word, lists) and not word.text.endswith(("ing", "ed", "ly", "s"))
        if (word.name or drug or opens) and not pairs[at].same and word.stem not in known and word.stem not in lists.plain:
            return "name"
    return ""


def source_texts(pairs: Sequence[_Pair], said: Reading) -> list[str]:
    """Stems of the sentence's words that have a counterpart."""
    return [word.stem for at, word in enumerate(said.words) if pairs[at].same]


def _negation_fault(
    said: Reading, source: Reading, pairs: Sequence[_Pair], homes: Sequence[tuple[int, ...]], told: Sequence[int], lists: WordLists
) -> str:
    telling = set(told)
    used = {number for home in homes for number in home[:1]}
    for clause in said.clauses:  # what the sentence denies, the quote denies
        for at in clause.denials:
            reached = [
                i
                for i in range(at + 1, clause.end)
                if pairs[i].same + pairs[i].opposite and (i in telling or said.words[i].text in ("have", "need"))
            ][:3]
            if _mostly_wrong([_agrees(said, i, source, pairs) for i in reached]):
                return "negation"
            if not reached and not any(other.denials for number, other in enumerate(source.clauses) if number in used):
                return "negation"
    back: dict[int, list[int]] = {}
    for i in told:
        for j in pairs[i].same + pairs[i].opposite:
            back.setdefault(j, []).append(i)
    for number, clause in enumerate(source.clauses):  # what the quote denies, the sentence denies
        for at in clause.denials if number in used else ():
            reached = [j for j in range(at + 1, clause.end) if j in back][:3]
            if _mostly_wrong([any(_agrees(said, i, source, pairs) for i in back[j]) for j in reached]):
                return "negation"
            if at == clause.end - 1 and not any(mine.denials for mine in said.clauses):
                return "negation"
    if _nearly_the_same_but_denied(said, source, pairs, told, lists):
        return "negation"
    for i, word in enumerate(said.words):
        if word.text not in lists.openers and pairs[i].opposite and not _agrees(said, i, source, pairs):
            return "opposite"
    return ""


def _nearly_the_same_but_denied(said: Reading, source: Reading, pairs: Sequence[_Pair], told: Sequence[int], lists: WordLists) -> bool:
    """The sentence says a whole sentence of the quote again, and one of the two has a denial more."""
    mine = sum(len(clause.denials) for clause in said.clauses)
    for number in range(len(source.sentences)):
        clauses = [clause for clause in source.clauses if clause.sentence == number]
        inside = {j for clause in clauses for j in range(clause.start, clause.end)}
        telling = [j for j in inside if _tells(source.words[j], lists)]
        held = {j for pair in pairs for j in pair.same if j in inside}
        all_here = all(any(j in inside for j in pairs[i].same) for i in told)
        if telling and all_here and len(held & set(telling)) >= 0.8 * len(telling):
            return (mine - sum(len(clause.denials) for clause in clauses)) % 2 == 1
    return False


def _mostly_wrong(agreed: Sequence[bool]) -> bool:
    """The word right after a denial is the one denied; where it has no clear counterpart, most of the next ones decide."""
    return bool(agreed) and not agreed[0] and 2 * sum(agreed) < len(agreed)


def _agrees(said: Reading, i: int, source: Reading, pairs: Sequence[_Pair]) -> bool:
    """Whether a counterpart is denied exactly when the word is (the other way round for opposites)."""
    word = said.words[i]
    return any((source.words[j].denied, source.words[j].freed) == (word.denied, word.freed) for j in pairs[i].same) or any(
        source.words[j].denied != word.denied for j in pairs[i].opposite
    )


def _reach_fault(said: Reading, source: Reading, homes: Sequence[tuple[int, ...]], lists: WordLists) -> str:
    """The sentence goes further than the quote: firmer, wider, a duty that was none, a promise."""
    texts = {word.text for word in source.words}
    stems = set(source.stems)
    for clause, home in zip(said.clauses, homes, strict=True):
        if not home:
            continue
        near = [source.clauses[number] for number in home]
        theirs = set().union(*(other.universal for other in near))
        theirs |= {"only"} & set().union(*(other.universal for other in source.clauses if other.sentence == near[0].sentence))
        if any(_limited_denial(source, other) and clause.denials and not _all_named(said, clause) for other in near[:1]):
            return "over_general"
        if clause.universal - theirs:
            return "over_general"
        if clause.strength > near[0].strength and not clause.condition and not _adverbial(said, clause, lists):
            return "over_general"
        if clause.duty > max(other.duty for other in near):
            return "modal"
    for word in said.words:
        if said.clauses[word.clause].condition:
            continue
        if word.text in lists.promises and word.text not in texts and word.stem not in stems and not word.denied:
            return "over_general"
    return ""


_ALL = frozenset(["every", "all", "everyone", "everybody", "always", "everything"])


def _limited_denial(source: Reading, clause: Clause) -> bool:
    """ "Not every", "not always": a denial that leaves room."""
    return any(source.words[at].text in _ALL for denial in clause.denials for at in range(denial + 1, min(denial + 4, clause.end)))


def _all_named(said: Reading, clause: Clause) -> bool:
    return any(word.text in _ALL for word in said.words[clause.start : clause.end])


def _adverbial(said: Reading, clause: Clause, lists: WordLists) -> bool:
    """A clause that only says when, where or why: how far the sentence goes is in its main clause."""
    return len(said.clauses) > 1 and said.words[clause.start].text in (
        lists.openers | {"because", "as", "though", "although", "which", "who", "or"}
    )


def _limit_fault(source: Reading, homes: Sequence[tuple[int, ...]], pairs: Sequence[_Pair], lists: WordLists) -> str:
    """A condition, a place or a narrowing word of the quote is left out."""
    covered = _covered(pairs)
    for home in homes:
        if not home:
            continue
        main = source.clauses[home[0]]
        for number, other in enumerate(source.clauses):
            opens = number == 0 or source.clauses[number - 1].sentence != other.sentence
            binds = home[0] > number if opens else home[0] == number - 1
            if other.sentence == main.sentence and other.condition and binds and not main.condition:
                inside = [j for j in range(other.start, other.end) if _tells(source.words[j], lists)]
                if inside and sum(j in covered for j in inside) < 0.34 * len(inside):
                    return "over_general"
        for at, _ in source.places:
            first = source.clauses[source.words[at].clause]
            leads = first.end == main.start and first.sentence == main.sentence and first.end - first.start < 5
            if (leads or source.words[at].clause == source.words[main.start].clause) and at not in covered:
                return "over_general"
        for at in range(main.start, main.end - 1):
            if at not in covered and _narrows(source, at, lists) and at + 1 in covered and _tells(source.words[at + 1], lists):
                return "over_general"
    return ""


def _narrows(source: Reading, at: int, lists: WordLists) -> bool:
    return lists.narrowing.at([source.words[at].text], 0)[0] == 1


def _covered(pairs: Sequence[_Pair]) -> set[int]:
    return {j for pair in pairs for j in pair.same + pair.opposite}


def _party_fault(said: Reading, source: Reading, pairs: Sequence[_Pair], lists: WordLists) -> str:
    wrong = right = 0
    for i, word in enumerate(said.words):
        if word.stem in lists.parties or not _tells(word, lists) or not pairs[i].same:
            continue
        mine = _doers(said, i, lists)
        theirs = [_doers(source, j, lists) for j in pairs[i].same]
        if not mine or not all(theirs):
            continue
        if any(mine & doers for doers in theirs):
            right += 1
        else:
            wrong += 1
    return "role" if wrong and wrong >= right else ""


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


def _order_fault(said: Reading, source: Reading, pairs: Sequence[_Pair], lists: WordLists) -> str:
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
                continue
            best = max((_crossing(mine, theirs, pairs, said, lists) for theirs in there), key=lambda found: found[0] + found[1])
            if best[1] > best[0] or (best[2] and name != "cause"):
                return name
    return "order" if not _passive(said) and not _passive(source) and _swapped(said, source, pairs, lists) else ""


def _swapped(said: Reading, source: Reading, pairs: Sequence[_Pair], lists: WordLists) -> bool:
    """Around one word (most often the verb), what stood before it stands after it and the other way round: doer and done change places."""
    for clause in said.clauses:
        placed = [
            (i, pairs[i].same[0])
            for i in range(clause.start, clause.end)
            if len(pairs[i].same) == 1 and (_tells(said.words[i], lists) or said.words[i].stem in lists.parties)
        ]
        for hinge, there in placed:
            home = source.words[there].clause
            others = [(i < hinge, j < there) for i, j in placed if i != hinge and source.words[j].clause == home]
            crossed = [now for now, then in others if now != then]
            if len(set(crossed)) == 2 and len(crossed) >= SWAPPED and len(crossed) >= len(others) - 1:
                return True
    return False


def _sides(reading: Reading, at: int, markers: dict[str, bool]) -> tuple[set[int], set[int]] | None:
    """The words on the two sides of a marker, what comes first (the cause, the earlier) in front; None when the word marks nothing here."""
    word = reading.words[at]
    if word.stem not in markers:
        return None
    opens = at == reading.clauses[word.clause].start
    if word.stem in ("as", "so", "since") and not opens:
        return None
    sentence = reading.clauses[word.clause].sentence
    whole = [c for c in reading.clauses if c.sentence == sentence]
    if opens and reading.clauses[word.clause] == whole[0]:  # "Because X, Y"
        if len(whole) < 2:
            return None
        before, after = set(range(whole[1].start, whole[-1].end)), set(range(at + 1, whole[0].end))
    else:
        before, after = set(range(whole[0].start, at)), set(range(at + 1, whole[-1].end))
    if not before or not after:
        return None
    return (before, after) if markers[word.stem] else (after, before)


def _crossing(
    mine: tuple[set[int], set[int]], theirs: tuple[set[int], set[int]], pairs: Sequence[_Pair], said: Reading, lists: WordLists
) -> tuple[int, int, bool]:
    """How many words stand on the same side in both, how many on the other, and whether some crossed each way."""
    straight = crossed = 0
    ways = set()
    for at, pair in enumerate(pairs):
        if not _tells(said.words[at], lists) or not pair.same or at not in mine[0] | mine[1]:
            continue
        first = any(j in theirs[0] for j in pair.same)
        second = any(j in theirs[1] for j in pair.same)
        if first != second:
            straight += first == (at in mine[0])
            if first != (at in mine[0]):
                crossed += 1
                ways.add(first)
    return straight, crossed, len(ways) == 2


def _inverted(said: Reading, source: Reading, pairs: Sequence[_Pair], told: Sequence[int]) -> float:
    """The share of word pairs of one clause that stand the other way round in the quote."""
    if _passive(said) != _passive(source):
        return 0.0
    total = turned = 0
    for clause in said.clauses:
        places = [(i, pairs[i].same[0]) for i in told if clause.start <= i < clause.end and len(pairs[i].same) == 1]
        for at, (_, j) in enumerate(places):
            for _, k in places[at + 1 :]:
                if source.words[j].clause == source.words[k].clause:
                    total += 1
                    turned += j > k
    return turned / total if total else 0.0


def _passive(reading: Reading) -> bool:
    """ "is planned by": a sentence that turns doer and done round."""
    texts = [word.text for word in reading.words]
    return any(text == "by" and _BEING & set(texts[max(0, at - 5) : at]) for at, text in enumerate(texts))


def _dropped(source: Reading, homes: Sequence[tuple[int, ...]], pairs: Sequence[_Pair], lists: WordLists) -> int:
    """How many limits ("for a short time", "with mild depression") of the clauses said again have no word in the sentence."""
    covered, count = _covered(pairs), 0
    for number in {home[0] for home in homes if home}:
        clause = source.clauses[number]
        at = clause.start
        while at < clause.end:
            if source.words[at].text not in lists.openers:
                at += 1
                continue
            inside = []
            at += 1
            while at < clause.end and source.words[at].text not in lists.openers:
                if _tells(source.words[at], lists):
                    inside.append(at)
                at += 1
            count += bool(inside) and not any(j in covered for j in inside)
    return count


def _scattered(pairs: Sequence[_Pair], told: Sequence[int], source: Reading) -> float:
    """The share of the sentence's words that the best single sentence of the quote lacks."""
    held = [{source.clauses[source.words[j].clause].sentence for j in pairs[i].same} for i in told]
    numbers = {number for places in held for number in places}
    best = max((sum(number in places for places in held) for number in numbers), default=0)
    return 1 - best / len(told) if told else 0.0


_APART = 6  # words between two neighbours of the sentence in the quote, from which they were not said of each other


def _unbound(said: Reading, source: Reading, pairs: Sequence[_Pair], told: Sequence[int]) -> float:
    """The share of neighbouring words of the sentence that the quote says of different things ("a warm room" from "warm light and
    a cool room")."""
    total = apart = 0
    for i, k in pairwise(told):
        if said.words[i].clause != said.words[k].clause or not pairs[i].same or not pairs[k].same:
            continue
        total += 1
        near = any(
            source.words[j].clause == source.words[m].clause and abs(j - m) <= max(k - i + 1, _APART if k - i > 1 else 2)
            for j in pairs[i].same
            for m in pairs[k].same
        )
        apart += not near
    return apart / total if total else 0.0
