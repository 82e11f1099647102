"""What differs between a sentence and its quote: faults, each of which is enough to drop the sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from app.compose.verify_order import order_kept
from app.compose.verify_pairs import Pair, counterparts, home_of, nearest, tells_much
from app.compose.verify_types import Clause, Reading
from app.compose.verify_words import WordLists, stem


def fault(said: Reading, source: Reading, lists: WordLists) -> str:
    """The first thing found wrong, as a short code; "" when nothing is."""
    pairs = [counterparts(said, at, source, lists) for at in range(len(said.words))]
    pairs = [_unless_taken(at, pairs, said, source) for at in range(len(pairs))]
    laddered = _laddered(said, lists)
    told = [at for at, word in enumerate(said.words) if tells_much(word, lists) and at not in laddered]
    homes = [home_of(clause, pairs, source, told) for clause in said.clauses]
    near = nearest(said, source, pairs, homes)
    return (
        _number_fault(said, source)
        or _name_fault(said, pairs, lists)
        or _negation_fault(said, source, near, homes, told, lists)
        or _reach_fault(said, source, homes, lists)
        or ("" if told else "empty")
        or ("" if all(pairs[at].same for at in told) else "words")
        or ("" if order_kept(said, source, pairs, lists) else "order")
    )


def _unless_taken(at: int, pairs: Sequence[Pair], said: Reading, source: Reading) -> Pair:
    """A pair without counterparts where others of the sentence's words say just these: "charge the fee" names the fee once."""
    mine, stem_of = pairs[at], said.words[at].stem
    if not mine.same or said.words[at].name or any(source.words[j].stem == stem_of for j in mine.same):
        return mine
    taken = {
        j for k, pair in enumerate(pairs) if said.words[k].stem != stem_of for j in pair.same if source.words[j].stem == said.words[k].stem
    }
    return Pair((), mine.opposite) if set(mine.same) <= taken else mine


def _laddered(said: Reading, lists: WordLists) -> set[int]:
    """Places of words that the ladders, the denials and the conditions compare: they need no counterpart of their own."""
    texts = [word.text for word in said.words]
    books = (lists.empty, lists.strength, lists.duty, lists.no_duty, lists.negators, lists.conditions)
    return {place for at in range(len(texts)) for book in books for place in range(at, at + book.at(texts, at)[0])}


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


def _name_fault(said: Reading, pairs: Sequence[Pair], lists: WordLists) -> str:
    known = set(source_texts(pairs, said))
    for at, word in enumerate(said.words):
        drug = word.text in lists.drug_names or (len(word.text) > 6 and word.text.endswith(lists.drug_endings))
        opens = at == 0 and said.capital and tells_much(word, lists) and not word.text.endswith(("ing", "ed", "ly", "s"))
        if (word.name or drug or opens) and not pairs[at].same and word.stem not in known and word.stem not in lists.plain:
            return "name"
    return ""


def source_texts(pairs: Sequence[Pair], said: Reading) -> list[str]:
    """Stems of the sentence's words that have a counterpart."""
    return [word.stem for at, word in enumerate(said.words) if pairs[at].same]


def _negation_fault(
    said: Reading, source: Reading, pairs: Sequence[Pair], homes: Sequence[tuple[int, ...]], told: Sequence[int], lists: WordLists
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
    beside = {source.clauses[number].sentence for number in used}
    for number, clause in enumerate(source.clauses):  # what the quote denies, the sentence denies
        contrast = clause.sentence in beside and _contrasts(source, clause)
        for at in clause.denials if number in used or contrast else ():
            reached = [j for j in range(at + 1, clause.end) if j in back][:3]
            if _mostly_wrong([any(_agrees(said, i, source, pairs) for i in back[j]) for j in reached]):
                return "negation"
            if at == clause.end - 1 and not any(mine.denials for mine in said.clauses):
                return "negation"
    if _nearly_the_same_but_denied(said, source, pairs, told, lists):
        return "negation"
    taken = {j for pair in pairs for j in pair.same}
    for i, word in enumerate(said.words):
        if word.text not in lists.openers and set(pairs[i].opposite) - taken and not _agrees(said, i, source, pairs):
            return "opposite"
    return ""


def _contrasts(source: Reading, clause: Clause) -> bool:
    """ "… and not about being beyond help"."""
    opening = [word.text for word in source.words[clause.start : clause.start + 2]]
    return opening[0] == "not" or opening in (["and", "not"], ["but", "not"])


def _nearly_the_same_but_denied(said: Reading, source: Reading, pairs: Sequence[Pair], told: Sequence[int], lists: WordLists) -> bool:
    """The sentence says a whole sentence of the quote again, and one of the two has a denial more."""
    mine = sum(len(clause.denials) for clause in said.clauses)
    for number in range(len(source.sentences)):
        clauses = [clause for clause in source.clauses if clause.sentence == number]
        inside = {j for clause in clauses for j in range(clause.start, clause.end)}
        telling = [j for j in inside if tells_much(source.words[j], lists)]
        held = {j for pair in pairs for j in pair.same if j in inside}
        all_here = all(any(j in inside for j in pairs[i].same) for i in told)
        if telling and all_here and len(held & set(telling)) >= 0.8 * len(telling):
            return (mine - sum(len(clause.denials) for clause in clauses)) % 2 == 1
    return False


def _mostly_wrong(agreed: Sequence[bool]) -> bool:
    """The word right after a denial is the one denied; where it has no clear counterpart, most of the next ones decide."""
    return bool(agreed) and not agreed[0] and 2 * sum(agreed) < len(agreed)


def _agrees(said: Reading, i: int, source: Reading, pairs: Sequence[Pair]) -> bool:
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
        theirs |= {"only"} if "alone" in {source.words[j].text for other in near for j in range(other.start, other.end)} else set()
        theirs |= {"only"} & set().union(*(other.universal for other in source.clauses if other.sentence == near[0].sentence))
        if any(_limited_denial(source, other) and clause.denials and not _all_named(said, clause) for other in near[:1]):
            return "over_general"
        if clause.universal - theirs:
            return "over_general"
        if (
            clause.strength > near[0].strength
            and not _hedged_alike(said, source, near[0], lists)
            and not clause.condition
            and not _adverbial(said, clause, lists)
        ):
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


def _hedged_alike(said: Reading, source: Reading, home: Clause, lists: WordLists) -> bool:
    """Whether the sentence has each word by which the quote's clause is held back, in whatever clause of its own."""
    mine = {word.text for at, word in enumerate(said.words) if said.words[at + 1 : at + 2] == () or said.words[at + 1].text != "not"}
    theirs = [source.words[at].text for at in range(home.start, home.end)]
    held = {text for text in theirs if min(map(int, lists.strength.at([text], 0)[1] or {"9"})) < 5}
    return bool(held) and held <= mine


def _adverbial(said: Reading, clause: Clause, lists: WordLists) -> bool:
    """A clause that only says when, where, which or why: how far the sentence goes is in its main clause."""
    if said.words[clause.start].text == "who" and clause == said.clauses[-1] and clause.joined:
        return False
    return len(said.clauses) > 1 and said.words[clause.start].text in (
        lists.openers | {"because", "as", "though", "although", "which", "who", "or", "where"}
    )
