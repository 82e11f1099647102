"""What was said of what: comparisons, exceptions, relative clauses, and a word put in another's place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.compose.verify_pairs import Pair, covered_by, tells_much
from app.compose.verify_places import passive
from app.compose.verify_types import Clause, Reading
from app.compose.verify_words import WordLists, listed

_DEGREES = {
    "more": frozenset(["more", "most", "extra", "further"]),
    "less": frozenset(["less", "fewer", "least", "lower", "lose", "loses", "reduce", "reduces"]),
    "better": frozenset(["better", "best", "more", "improve", "improves", "improved"]),
    "worse": frozenset(["worse", "worst"]),
}
_DEGREE_OF = {
    "more": "more",
    "extra": "more",
    "less": "less",
    "fewer": "less",
    "better": "better",
    "best": "better",
    "worse": "worse",
    "worst": "worse",
}
_RELATIVES = frozenset(["who", "that", "whose", "which"])
_VERBS = listed("is are was were has have had do does did can may might will would should must cannot get gets give gives need needs")
_ONLY_PARTLY = frozenset(["alone", "only", "usual", "usually", "necessarily", "enough", "itself", "fully", "entirely", "completely"])
_MAYBE = frozenset(["may", "might", "could", "perhaps", "possibly"])
_MEASURES = frozenset(["more", "less", "fewer", "longer", "later", "older", "younger", "earlier", "sooner", "further", "higher", "lower"])
_AMOUNTS = listed("a an one two three four five six seven eight nine ten twelve twenty few several half")
_WITHIN = frozenset(["with", "without", "after", "before", "during", "of", "from"])


def frame_fault(
    said: Reading, source: Reading, pairs: Sequence[Pair], homes: Sequence[tuple[int, ...]], told: Sequence[int], lists: WordLists
) -> str:
    """The first of the faults of this file, or ""."""
    return (
        ("compared" if _compared(said, source, pairs, homes, told) else "")
        or ("over_general" if _unbound_relative(source, homes, pairs, lists) else "")
        or ("over_general" if _partly_denied(said, source, homes, pairs) else "")
        or ("hedge" if _made_a_maybe(said, source) else "")
        or ("over_general" if _part_of_them(said, source, pairs, told) else "")
        or ("over_general" if _head_dropped(said, source, pairs, told, lists) else "")
        or ("role" if _doer_made_of_object(said, source, pairs, told, lists) else "")
        or ("bound" if _put_in_place(said, source, homes, pairs, told, lists) else "")
    )


def _compared(said: Reading, source: Reading, pairs: Sequence[Pair], homes: Sequence[tuple[int, ...]], told: Sequence[int]) -> bool:
    """A comparison that the quote doesn't make, one that loses what it compares with, or a degree that the quote hasn't."""
    theirs = [j for j, word in enumerate(source.words) if _than(source, j)]
    mine = [i for i in range(len(said.words)) if _than(said, i)]
    if mine and not theirs:
        return True
    texts = {word.text for word in source.words}
    for at, word in enumerate(said.words):
        degree = None if _eases(said, at) else _DEGREE_OF.get(word.text)
        if degree and not texts & _DEGREES[degree]:
            return True
    if mine or not theirs:
        return False
    telling = set(told)
    for clause, home in zip(said.clauses, homes, strict=True):
        for at in theirs:
            if not home or source.words[at].clause != home[0]:
                continue
            end = source.clauses[home[0]].end
            inside = [i for i in range(clause.start, clause.end) if i in telling and pairs[i].same]
            beyond = [i for i in inside if all(at < j < end for j in pairs[i].same)]
            before = [i for i in inside if any(j < at for j in pairs[i].same)]
            if beyond and before:
                return True
    return False


def _eases(reading: Reading, at: int) -> bool:
    """ "More easily": of how, not of how much."""
    return reading.words[at].text == "more" and at + 1 < len(reading.words) and reading.words[at + 1].text.endswith("ly")


def _than(reading: Reading, at: int) -> bool:
    """A "than" that compares two things; "rather than" denies, and "longer than a week" measures."""
    before = reading.words[at - 1].text if at else ""
    follows = reading.words[at + 1].text if at + 1 < len(reading.words) else ""
    measures = before in _MEASURES and (follows in _AMOUNTS or follows[:1].isdigit())
    return reading.words[at].text == "than" and before not in ("rather", "other") and not measures


def _unbound_relative(source: Reading, homes: Sequence[tuple[int, ...]], pairs: Sequence[Pair], lists: WordLists) -> bool:
    """A noun is said again without the clause that says which ("clinics that get federal money")."""
    covered = covered_by(pairs)
    said_again = {home[0] for home in homes if home}
    for at in range(1, len(source.words) - 1):
        word, before, follows = source.words[at], source.words[at - 1], source.words[at + 1]
        if word.text not in _RELATIVES or (word.text in ("that", "which") and follows.text not in _VERBS):
            continue
        if (
            at - 1 not in covered
            or not tells_much(before, lists)
            or before.clause not in said_again
            or (source.clauses[word.clause].parted and word.clause != before.clause)
        ):
            continue
        end = next(
            (j for j in range(at + 2, source.clauses[word.clause].end) if source.words[j].text in _VERBS), source.clauses[word.clause].end
        )
        inside = [j for j in range(at + 1, end) if tells_much(source.words[j], lists)][:3]
        if inside and not any(j in covered for j in inside):
            return True
    return False


def _partly_denied(said: Reading, source: Reading, homes: Sequence[tuple[int, ...]], pairs: Sequence[Pair]) -> bool:
    """ "Not used alone" becomes "not used"."""
    covered = covered_by(pairs)
    for clause, home in zip(said.clauses, homes, strict=True):
        if not clause.denials or not home:
            continue
        theirs = source.clauses[home[0]]
        for denial in theirs.denials:
            # "Alone" may stand before what is denied, too: "tablets alone are not the answer".
            partly = (j for j in range(theirs.start, theirs.end) if j > denial or source.words[j].text == "alone")
            if any(source.words[j].text in _ONLY_PARTLY and j not in covered for j in partly) and not any(
                word.text in _ONLY_PARTLY for word in said.words[clause.start : clause.end]
            ):
                return True
    return False


def _made_a_maybe(said: Reading, source: Reading) -> bool:
    """ "Needs an ambulance" becomes "may need an ambulance": less than was said can do harm, too."""
    return bool({word.text for word in said.words} & _MAYBE) and not {word.text for word in source.words} & (_MAYBE | {"can"})


def _part_of_them(said: Reading, source: Reading, pairs: Sequence[Pair], told: Sequence[int]) -> bool:
    """What the quote says of "most of them" is said of all."""
    for number, theirs in enumerate(source.clauses):
        texts = [word.text for word in source.words[theirs.start : theirs.end]]
        if "of" not in texts or texts[texts.index("of") + 1 : texts.index("of") + 2] not in (["them"], ["these"], ["those"]):
            continue
        for clause in said.clauses:
            inside = [i for i in told if clause.start <= i < clause.end and pairs[i].same]
            if min(part.strength for part in said.clauses) > theirs.strength and any(
                all(source.words[j].clause == number for j in pairs[i].same) for i in inside
            ):
                return True
    return False


def _head_dropped(said: Reading, source: Reading, pairs: Sequence[Pair], told: Sequence[int], lists: WordLists) -> bool:
    """What stands beside the thing spoken of ("confusion with fever") is made the thing itself."""
    covered = covered_by(pairs)
    for clause in said.clauses:
        first = next((i for i in told if clause.start <= i < clause.end), None)
        if (
            first is None
            or len(pairs[first].same) != 1
            or any(said.words[i].text in lists.openers | {"of"} for i in range(clause.start, first))
        ):
            continue
        at = pairs[first].same[0]
        before = next(
            (
                j
                for j in range(at - 1, source.clauses[source.words[at].clause].start, -1)
                if source.words[j].text not in ("a", "an", "the", "your", "their", "his", "her", "its")
            ),
            None,
        )
        if before is None or source.words[before].text not in _WITHIN:
            continue
        head = before - 1
        if tells_much(source.words[head], lists) and head not in covered and source.words[head].clause == source.words[at].clause:
            return True
    return False


def _put_in_place(
    said: Reading, source: Reading, homes: Sequence[tuple[int, ...]], pairs: Sequence[Pair], told: Sequence[int], lists: WordLists
) -> bool:
    """A word of another clause of the quote stands where the clause that is said again has its own."""
    covered = covered_by(pairs)
    for clause, home in zip(said.clauses, homes, strict=True):
        if not home or clause.condition:
            continue
        theirs = source.clauses[home[0]]
        inside = [i for i in told if clause.start <= i < clause.end]
        for place, i in enumerate(inside):
            taken = {j for k, pair in enumerate(pairs) if k != i for j in pair.same}
            if not pairs[i].same or set(pairs[i].same) & taken or any(theirs.start <= j < theirs.end for j in pairs[i].same):
                continue
            left = _place(inside[:place][::-1], pairs, theirs)
            right = _place(inside[place + 1 :], pairs, theirs)
            if right is None and left is None:
                continue
            start = theirs.start if left is None else left + 1
            end = theirs.end if right is None else right
            near = any(source.clauses[source.words[j].clause].sentence == theirs.sentence for j in pairs[i].same)
            if near and any(_stands(source, j, lists) and j not in covered for j in range(start, end)):
                return True
    return False


def _stands(source: Reading, at: int, lists: WordLists) -> bool:
    """Whether a word names something: no amount, no degree, nothing that a little word sets aside ("for depression")."""
    word, before = source.words[at], source.words[at - 1].text if at else ""
    if before in lists.openers:
        return False
    return tells_much(word, lists) and word.text not in _AMOUNTS and not lists.strength.at([word.text], 0)[0]


def _place(others: Iterable[int], pairs: Sequence[Pair], theirs: Clause) -> int | None:
    for i in others:
        for j in pairs[i].same:
            if theirs.start <= j < theirs.end:
                return j
    return None


def _doer_made_of_object(said: Reading, source: Reading, pairs: Sequence[Pair], told: Sequence[int], lists: WordLists) -> bool:
    """Who or what stands right before a verb in the sentence stands right after it in the quote, where another stands before."""
    if passive(said) or passive(source):
        return False
    telling = set(told)
    for hinge, word in enumerate(said.words):
        places = [j for j, other in enumerate(source.words) if other.stem == word.stem]
        if word.stem in lists.parties or len(places) != 1 or not (hinge in telling or word.text in _LIGHT_VERBS):
            continue
        start, there = said.clauses[word.clause].start, places[0]
        doer = next((i for i in range(hinge - 1, max(start, hinge - 4) - 1, -1) if _names(said, i, lists)), None)
        if doer is None or (_LINKS | lists.openers) & {other.text for other in said.words[doer + 1 : hinge]}:
            continue
        theirs = source.clauses[source.words[there].clause]
        objects = []
        for j in range(there + 1, min(theirs.end, there + 5)):
            if source.words[j].text in (_LINKS - _ARTICLES) | lists.openers:
                break
            objects += [j] if _names(source, j, lists) else []
        others = [j for j in range(theirs.start, there) if _names(source, j, lists)]
        opens = source.words[theirs.start].text in ("or", "and")
        if set(objects) & set(pairs[doer].same) and not set(others) & set(pairs[doer].same) and (others or opens):
            return True
    return False


_LIGHT_VERBS = frozenset(["say", "says", "give", "gives", "make", "makes", "tell", "tells", "let", "lets", "get", "gets"])
_ARTICLES = frozenset(["a", "an", "the"])
_LINKS = frozenset(["be", "is", "are", "was", "were", "been", "being", "or", "and", "of", "to", "a", "an", "the"])


def _names(reading: Reading, at: int, lists: WordLists) -> bool:
    """Whether a word names someone or something."""
    return reading.words[at].stem in lists.parties or _stands(reading, at, lists)
