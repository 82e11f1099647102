"""Whether a sentence is its quote with words left out: what the two share must stand in the quote's order, or in one of the few orders
that say the same, and whatever links two words ("by", "with", "who") must link them in the quote.

Falsehoods that keep every word and exchange the parts ("a doctor asks, a nurse checks") are told by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

from app.compose.verify_cuts import Cuts
from app.compose.verify_pairs import Pair, tells_much
from app.compose.verify_turns import AND, BARS, BE, FIRM, LONGEST_PART, SETS, TURNS, Order, list_cuts, turned
from app.compose.verify_types import Reading, Word
from app.compose.verify_words import WordLists, listed

_KINDS = {
    word: name
    for name, line in (
        ("be", "be is are was were been being am"),
        ("in", "in on at during within inside throughout through across"),
        ("if", "if when whenever"),
        ("because", "because since as"),
        ("though", "though although"),
        ("not", "not no never nor none neither cannot rather instead"),
        ("who", "who which whose"),
        ("each", "each every"),
        ("other", "other others another"),
    )
    for word in line.split()
}
_FREE = listed("often usually sometimes")  # their place in the clause says nothing; how far they reach is compared elsewhere
_DOES = listed("can may might could will would should must to you they we and i he she it")
_HEDGES = listed(
    "can may might could some many most often usually sometimes rarely tend tends few several partly mainly mostly almost only"
)
_ADDED = AND | listed("a an the your their its that it they of to or")  # what a sentence may have and its quote not
_JOINS = listed("of at in for by")


@dataclass(frozen=True, slots=True)
class _Step:
    """A word of the sentence, and where its counterpart stands in an order."""

    i: int
    at: int


class _Follower:
    """Compares one sentence with one quote."""

    def __init__(self, said: Reading, source: Reading, pairs: Sequence[Pair], lists: WordLists) -> None:
        self.said, self.source, self.pairs, self.lists = said, source, pairs, lists
        wanted = [i for i in range(len(said.words)) if _counts(said, i, lists)]
        self.places = {i: _counterparts(said, i, source, pairs) for i in wanted}
        self.lost = any(not self.places[i] and said.words[i].text in FIRM for i in wanted)
        self.skipped = self._compounds([i for i in wanted if self.places[i]])
        self.path = [i for i in wanted if self.places[i] and i not in self.skipped and said.words[i].text not in _FREE]
        self.governed = said.words[0].text in TURNS | SETS  # what the sentence opens with would be said of a second statement too
        self.kept_free = {i: self.places[i][0] for i in wanted if said.words[i].text in _FREE and len(self.places[i]) == 1}
        self.cuts = Cuts(source, lists)

    def follows(self) -> bool:
        return bool(self.path) and not self.lost and any(self._along(order) for order in self._orders())

    def _compounds(self, path: Sequence[int]) -> set[int]:
        """Words of the sentence that say "a session of CBT" for "a CBT session": the first of the two and its "of"."""
        skipped: set[int] = set()
        for i, k in pairwise(path):
            joined = k - i in (2, 3) and self.said.words[i + 1].text in _JOINS and i not in skipped and i + 1 not in self.places
            if joined and any(j + 1 in self.places[i] and not self.source.words[j + 1].comma for j in self.places[k]):
                skipped |= {i, i + 1}
        return skipped

    def _along(self, order: Order) -> bool:
        rank = {position: place for place, position in enumerate(order.places)}
        steps = _chain([(i, sorted(rank[j] for j in self.places[i] if j in rank)) for i in self.path])
        if steps is None or not all(self._joined(order, one, other) for one, other in pairwise(steps)):
            return False
        return any(self._leaves_out_only_what_may_go(order, steps, late) for late in (False, True))

    def _leaves_out_only_what_may_go(self, order: Order, steps: Sequence[_Step], late: bool) -> bool:
        """Whether the sentence adds nothing to the words of this order, and what it lacks of the quote may go. Of equal little words
        between two others the ``late`` or the early ones are taken."""
        kept = {j for step in steps for j in self._phrase(step.i, order.places[step.at])}
        added = set()
        for one, other in pairwise([None, *steps, None]):
            left, right = (order.places[step.at] if step else None for step in (one, other))
            near = {self._sentence(j) for j in (left, right) if j is not None}
            homes = {self.source.words[j].clause for j in (left, right) if j is not None}
            mine = []
            for i in range(one.i + 1 if one else 0, other.i if other else len(self.said.words)):
                free = self.kept_free.get(i)
                if free is not None and self.source.words[free].clause in homes:
                    kept.add(free)
                elif i in self.skipped:
                    kept |= {j for j in self.places.get(i, ()) if j - 1 in kept or j - 1 == right}
                else:
                    mine.append(i)
            between = order.places[one.at + 1 if one else 0 : other.at if other else len(order.places)]
            theirs = [j for j in between if self._sentence(j) in near]
            matched = self._common(mine, theirs, late)
            kept |= set(matched.values())
            added |= {self.said.words[i].text for i in mine if i not in matched}
        if not added <= _ADDED:
            return False
        lacking = {j for j, word in enumerate(self.source.words) if word.text == "or" and j not in kept and {j - 1, j + 1} & kept}
        if ("or" in added and not lacking) or ("and" in added and lacking):
            return False  # one kind of list made of the other
        if "or" in added:
            kept |= {j for j in lacking if {j - 1, j + 1} <= kept}  # it stands elsewhere in the list
        return self.cuts.allow(kept)

    def _phrase(self, i: int, at: int) -> set[int]:
        """The words of the quote at a place that one word of the sentence stands for: "come back" of "return"."""
        found = {at}
        for step in (-1, 1):
            j = at + step
            while j in self.pairs[i].same and self.source.words[j].stem != self.source.words[at].stem:
                found.add(j)
                j += step
        return found

    def _common(self, mine: Sequence[int], theirs: Sequence[int], late: bool) -> dict[int, int]:
        """The little words that both have in the same order."""
        found: dict[int, int] = {}
        free = list(theirs)
        for i in reversed(mine) if late else mine:
            hits = [place for place, j in enumerate(free) if j in self.pairs[i].same or _same(self.said.words[i], self.source.words[j])]
            if hits:
                place = hits[-1 if late else 0]
                found[i] = free[place]
                free = free[:place] if late else free[place + 1 :]
        return found

    def _sentence(self, at: int) -> int:
        return self.source.clauses[self.source.words[at].clause].sentence

    def _joined(self, order: Order, one: _Step, other: _Step) -> bool:
        """Two statements of the quote that the sentence makes one are joined there, too, and nothing before both governs the second."""
        words = self.source.words
        left, right = order.places[one.at], order.places[other.at]
        if one.at < order.seam <= other.at and not self._says_and(one.i, other.i, opening=True):
            return False  # the first of two exchanged statements would run into the second
        if self._sentence(left) == self._sentence(right):
            return True
        new_clause = self.said.words[one.i].clause != self.said.words[other.i].clause
        return self._says_and(one.i, other.i) and not self.governed and new_clause and words[right].text not in TURNS | SETS

    def _says_and(self, one: int, other: int, *, opening: bool = False) -> bool:
        """Whether the sentence joins two statements between these words, or with its opening word ("although …, …")."""
        return any(self.said.words[i].text in AND for i in (*range(one + 1, other + 1), *([0] if opening else [])))

    def _orders(self) -> Iterator[Order]:
        """The quote's words as they stand, then each of its sentences in the orders that say the same."""
        yield Order(list(range(len(self.source.words))))
        for number in range(len(self.source.sentences)):
            whole = [j for clause in self.source.clauses if clause.sentence == number for j in range(clause.start, clause.end)]
            if not set(whole) & {j for i in self.path for j in self.places[i]}:
                continue
            for order in (Order(whole), *turned(self.source, whole)):
                yield order
                yield from self._relisted(order)

    def _relisted(self, order: Order) -> Iterator[Order]:
        """The parts of each list in the order in which the sentence has them."""
        words, places = self.source.words, order.places
        said_at = {j: i for i in reversed(self.path) for j in self.places[i]}
        for cuts in list_cuts(self.source, places):
            joined_by = words[places[cuts[-1]]].text
            opening = words[places[0]].text in TURNS | SETS and not any(words[j].comma for j in places[1 : cuts[0]])
            if (len(cuts) == 1 or opening) and words[places[cuts[0]]].comma:
                continue  # "A, and B" may be two statements, and the first comma behind "with A" no list's
            for before, after in product(range(1, LONGEST_PART + 1), repeat=2):
                start, end = cuts[0] - before, min(cuts[-1] + after + 1, len(places))
                if start < 0 or any(words[places[p]].comma for p in [*range(start + 1, cuts[0]), *range(cuts[-1] + 1, end)]):
                    continue
                if not self._whole_list(places, start, end):
                    continue
                if joined_by == "and" and start and words[places[start - 1]].text in _DOES:
                    continue  # deeds in a row: their order may be that of time
                parts = [places[one:other] for one, other in pairwise([start, *cuts, end])]
                if any(words[j].text in BARS | BE for part in parts for j in part):
                    continue
                kept = [part for part in parts if any(j in said_at for j in part)]
                ranked = sorted(kept, key=lambda part: min(said_at[j] for j in part if j in said_at))
                if ranked != kept:
                    inside = [j for part in ranked for j in part]
                    yield replace(order, places=[*places[:start], *inside, *places[end:]])

    def _whole_list(self, places: Sequence[int], start: int, end: int) -> bool:
        """Whether the list can begin and end here: "threats or control of your money" says "of your money" of the last part alone."""
        words = self.source.words
        begins = start == 0 or self._parted(places, start) or not _counts(self.source, places[start - 1], self.lists)
        begins = begins or words[places[start - 1]].text == "both"
        return begins and (end == len(places) or self._parted(places, end) or words[places[end]].text in BE | _DOES)

    def _parted(self, places: Sequence[int], at: int) -> bool:
        """Whether a comma or the seam of a moved part stands before this place."""
        return self.source.words[places[at]].comma or places[at] != places[at - 1] + 1


def order_kept(said: Reading, source: Reading, pairs: Sequence[Pair], lists: WordLists) -> bool:
    """Whether the sentence keeps the quote's order and links."""
    return _Follower(said, source, pairs, lists).follows()


def _counts(reading: Reading, at: int, lists: WordLists) -> bool:
    word = reading.words[at]
    return (
        word.text != "your"
        and (tells_much(word, lists) or word.stem in lists.parties or word.text in FIRM or word.text[0].isdigit())
        and not _of_rather(reading, at)
    )


def _of_rather(reading: Reading, at: int) -> bool:
    """The "than" of "rather than"; the first word says it all."""
    return reading.words[at].text == "than" and at > 0 and reading.words[at - 1].text == "rather"


def _kind(text: str) -> str:
    return _KINDS.get(text, text)


def _counterparts(said: Reading, at: int, source: Reading, pairs: Sequence[Pair]) -> tuple[int, ...]:
    word = said.words[at]
    if word.text in FIRM or not pairs[at].same:
        return tuple(j for j, other in enumerate(source.words) if _kind(other.text) == _kind(word.text))
    return pairs[at].same


def _same(one: Word, other: Word) -> bool:
    return _kind(one.text) == _kind(other.text) or one.stem == other.stem


def _chain(options: Sequence[tuple[int, list[int]]]) -> list[_Step] | None:
    """One place for each word, never going back, as close together as can be; None where there is none."""
    best: list[dict[int, tuple[int, int]]] = []
    for at, (_, ranks) in enumerate(options):
        row: dict[int, tuple[int, int]] = {}
        for rank in ranks:
            reach = (
                [(cost + (rank - before or 2), before) for before, (cost, _) in best[-1].items() if before <= rank] if at else [(rank, 0)]
            )
            if reach:
                row[rank] = min(reach)
        if not row:
            return None
        best.append(row)
    rank = min(best[-1], key=lambda place: best[-1][place][0])
    steps = []
    for at in range(len(options) - 1, -1, -1):
        steps.append(_Step(options[at][0], rank))
        rank = best[at][rank][1]
    return steps[::-1]
