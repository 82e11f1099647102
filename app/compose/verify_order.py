"""Whether a sentence is its quote with words left out: what the two share must stand in the quote's order, or in one of the few orders
that say the same, and whatever links two words ("by", "with", "who") must link them in the quote.

Falsehoods that keep every word and exchange the parts ("a doctor asks, a nurse checks") are told by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

from app.compose.verify_pairs import Pair, tells_much
from app.compose.verify_turns import AND, BARS, BE, FIRM, HELPERS, LONGEST_PART, SETS, TURNS, Order, list_cuts, turned
from app.compose.verify_types import Reading
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
_LINKS = listed(
    "be is are was were been being am in on at during within inside throughout through across of by for with without from than before "
    "after until under over between against into toward towards instead rather unless except who which whose not no never nor because if "
    "when"
)
_FREE = listed("often usually sometimes always")  # their place in the clause says nothing; how far they reach is compared elsewhere
_DOES = listed("can may might could will would should must to you they we and i he she it")
_HEDGES = listed(
    "can may might could some many most often usually sometimes rarely tend tends few several partly mainly mostly almost only"
)
_AGAIN = listed("it they")  # who does it is said again
_ARTICLES = listed("a an the your")
_JOINS = listed("of at in for by")


@dataclass(frozen=True, slots=True)
class _Step:
    """A word of the sentence, and where its counterpart stands in an order."""

    i: int
    at: int


class _Follower:
    """Compares one sentence with one quote."""

    def __init__(self, said: Reading, source: Reading, pairs: Sequence[Pair], lists: WordLists) -> None:
        self.said, self.source, self.lists = said, source, lists
        wanted = [i for i in range(len(said.words)) if _counts(said, i, lists)]
        self.places = {i: _counterparts(said, i, source, pairs) for i in wanted}
        self.lost = any(not self.places[i] and said.words[i].text in FIRM for i in wanted)
        self.skipped = self._compounds([i for i in wanted if self.places[i]])
        self.path = [i for i in wanted if self.places[i] and i not in self.skipped and said.words[i].text not in _FREE]
        self.governed = said.words[0].text in TURNS | SETS  # what the sentence opens with would be said of a second statement too
        self.kept_free = {self.places[i][0] for i in wanted if said.words[i].text in _FREE and len(self.places[i]) == 1}

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
        return (
            steps is not None
            and order.must <= {order.places[step.at] for step in steps}
            and self._begins(order, steps[0])
            and self._ends(order.places, steps[-1])
            and all(self._linked(order, one, other) for one, other in pairwise(steps))
        )

    def _begins(self, order: Order, first: _Step) -> bool:
        """Nothing that counts is left out before the first word, but an opening part up to a comma, "that" or a clause's end: no
        condition, place or time, and not the beginning of a part that was moved to the front."""
        words, places = self.source.words, order.places
        start = first.at
        if order.moved and (first.at >= order.moved or _kind(self.said.words[0].text) != _kind(words[places[0]].text)):
            return False
        if order.seam:
            start = 0
        while start and not (
            words[places[start]].comma
            or words[places[start - 1]].text == "that"
            or words[places[start]].clause != words[places[start - 1]].clause
            or places[start] != places[start - 1] + 1
        ):
            start -= 1
        skipped = places[start : first.at]
        if any(self._left_out(j) for j in skipped) or (start and self._scoped(places, start)):
            return False
        return self._links_of_said(0, first.i) == _links(self.source, skipped)

    def _ends(self, places: Sequence[int], last: _Step) -> bool:
        """The little words after the last word that counts ("in the way") stand right after it in the quote too."""
        following = []
        for j in places[last.at + 1 :]:
            if _counts(self.source, j, self.lists):
                break
            following.append(j)
        return self._links_of_said(last.i + 1, len(self.said.words)) <= _links(self.source, following)

    def _linked(self, order: Order, one: _Step, other: _Step) -> bool:
        """Whether two neighbours of the sentence are linked as in the quote, or by what stands before the second there."""
        words, clauses = self.source.words, self.source.clauses
        mine = self._links_of_said(one.i + 1, other.i)
        between = order.places[one.at + 1 : other.at]
        left, right = order.places[one.at], order.places[other.at]
        if one.at < order.seam <= other.at and not self._says_and(one.i, other.i, opening=True):
            return False  # the first of two exchanged statements would run into the second
        new_clause = self.said.words[one.i].clause != self.said.words[other.i].clause
        sentence = clauses[words[right].clause].sentence
        counted = [place for place, j in enumerate(between) if self._left_out(j)]
        if clauses[words[left].clause].sentence != sentence:
            joined = self._says_and(one.i, other.i) and not self.governed and words[right].text not in TURNS | SETS
            return joined and new_clause and not any(clauses[words[between[place]].clause].sentence == sentence for place in counted)
        home = words[right].clause
        if words[clauses[home].start].text in TURNS | SETS and words[left].clause < home - 1:
            return False  # said of the statement that was left out
        if self._hedge_lost(one, other, between, right):
            return False
        if not counted:
            theirs = _links(self.source, between)
            return mine == theirs or (new_clause and mine <= theirs)
        if order.tight & {between[place] for place in counted} or mine != _links(self.source, between[counted[-1] + 1 :]):
            return False
        barred = max((place for place, j in enumerate(between[: counted[-1] + 1]) if words[j].text in BARS), default=None)
        if barred is not None and not any(words[j].comma for j in [*between[barred + 1 :], right]):
            return False  # what follows belongs to what "who", "than" or "without" opens
        if home == words[left].clause:
            return True
        parted = self._says_and(one.i, other.i) or any(self.said.words[i].comma for i in range(one.i + 1, other.i + 1))
        if mine & SETS and not parted:
            return False  # a place or time of one statement run on from another
        helpers = {self.said.words[i].text for i in range(one.i, other.i + 1)} & HELPERS
        passed = AND | _LINKS | _ARTICLES | _AGAIN | helpers
        return not any(words[j].clause == home and words[j].text not in passed for j in between)

    def _hedge_lost(self, one: _Step, other: _Step, between: Sequence[int], right: int) -> bool:
        """A "can" or "some" that is said of one of the two words is left out."""
        words = self.source.words
        if any(self.said.words[i].text in _HEDGES for i in range(one.i, other.i + 1)):
            return False
        others = [place for place, j in enumerate(between) if words[j].text not in _HEDGES and self._left_out(j)]
        held = between[others[-1] + 1 :] if others else between
        if others and words[between[0]].clause == words[right].clause:
            held = [*held, *(j for j in between[: others[0]] if words[j].text in HELPERS)]
        return any(words[j].text in _HEDGES and j not in self.kept_free for j in held)

    def _says_and(self, one: int, other: int, *, opening: bool = False) -> bool:
        """Whether the sentence joins two statements between these words, or with its opening word ("although …, …")."""
        return any(self.said.words[i].text in AND for i in (*range(one + 1, other + 1), *([0] if opening else [])))

    def _scoped(self, places: Sequence[int], start: int) -> bool:
        """Whether what is left out before ``start`` says when, where or for whom the rest holds."""
        words, clauses = self.source.words, self.source.clauses
        first = next(
            p for p in range(start + 1) if clauses[words[places[p]].clause].sentence == clauses[words[places[start]].clause].sentence
        )
        return first < start and words[places[first]].text in TURNS | SETS

    def _left_out(self, at: int) -> bool:
        """Whether leaving out this word of the quote may matter: not where the sentence has it elsewhere ("often is"), nor the "all" of
        "are all common"."""
        words = self.source.words
        if at in self.kept_free or (words[at].text == "all" and at and words[at - 1].text in BE and not words[at].denied):
            return False
        return _counts(self.source, at, self.lists)

    def _links_of_said(self, start: int, end: int) -> set[str]:
        return _links(self.said, [i for i in range(start, end) if i not in self.skipped])

    def _orders(self) -> Iterator[Order]:
        """The quote's words as they stand, then each of its sentences in the orders that say the same."""
        yield Order(list(range(len(self.source.words))))
        for number in range(len(self.source.sentences)):
            whole = [j for clause in self.source.clauses if clause.sentence == number for j in range(clause.start, clause.end)]
            if not set(whole) & {j for i in self.path for j in self.places[i]}:
                continue
            for order in (Order(whole), *turned(self.source, whole, self.lists)):
                yield order
                yield from self._relisted(order)

    def _relisted(self, order: Order) -> Iterator[Order]:
        """The parts of each list in the order in which the sentence has them."""
        words, places = self.source.words, order.places
        said_at = {j: i for i in reversed(self.path) for j in self.places[i]}
        for cuts in list_cuts(self.source, places):
            joined_by = words[places[cuts[-1]]].text
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
                    yield replace(order, places=[*places[:start], *inside, *places[end:]], tight=frozenset(inside))

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


def _links(reading: Reading, places: Sequence[int]) -> set[str]:
    words = reading.words
    return {
        _kind(words[j].text)
        for j in places
        if words[j].text in _LINKS
        and not _of_rather(reading, j)
        and not (words[j].text == "of" and j and words[j - 1].text == "instead")
        and not (words[j].text == "for" and j + 1 < len(words) and words[j + 1].text in ("example", "instance", "free"))
    }


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
