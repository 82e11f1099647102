"""Whether a sentence is its quote with words left out: what the two share must stand in the quote's order, or in one of the few orders
that say the same, and whatever links two words ("by", "with", "who") must link them in the quote.

Falsehoods that keep every word and exchange the parts ("a doctor asks, a nurse checks") are told by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from app.compose.verify_pairs import Pair, tells_much
from app.compose.verify_types import Reading
from app.compose.verify_words import WordLists, listed

_BE = listed("be is are was were been being am")
_KINDS = {
    word: name
    for name, line in (
        ("be", "be is are was were been being am"),
        ("in", "in on at during within inside throughout through across"),
        ("if", "if when whenever"),
        ("because", "because since as"),
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
# Words without a meaning of their own that still must have a counterpart, in their place.
_FIRM = listed(
    "not no never nor none neither without by than before after until unless if when because since rather instead only except while "
    "who which whose you yourself we he she most some many few all every each any several both other others another "
    "always often usually sometimes rarely more less"
)
_OPENERS = listed("who which whose that because if when unless although though while since where whether how what why after before until")
_BARS = _OPENERS | listed("than without rather instead not no never only by except")
_FREE = listed("often usually sometimes always")  # their place in the clause says nothing; how far they reach is compared elsewhere
_TURNS = listed("if when because since although though unless while after before until once as")
_SETS = listed("in on at during for with after before within without throughout across by from under")
_DOES = listed("can may might could will would should must to you they we and i he she it")
_MOVABLE = 6  # words of a place or time that may move from the end of a sentence to its beginning
_LONGEST_PART = 5  # words of one part of a list
_JOINS = listed("of at in for by")


@dataclass(frozen=True, slots=True)
class _Order:
    """Places of the quote's words in an order that says the same. Within ``tight`` places nothing may be left out."""

    places: list[int]
    tight: frozenset[int] = frozenset()


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
        self.lost = any(not self.places[i] and said.words[i].text in _FIRM for i in wanted)
        self.skipped = self._compounds([i for i in wanted if self.places[i]])
        self.path = [i for i in wanted if self.places[i] and i not in self.skipped and said.words[i].text not in _FREE]

    def follows(self) -> bool:
        return bool(self.path) and not self.lost and any(self._along(order) for order in self._orders())

    def _compounds(self, path: Sequence[int]) -> set[int]:
        """Words of the sentence that say "a session of CBT" for "a CBT session": the first of the two and its "of"."""
        skipped: set[int] = set()
        for i, k in pairwise(path):
            joined = k - i in (2, 3) and self.said.words[i + 1].text in _JOINS and i not in skipped and i + 1 not in self.places
            if joined and any(j + 1 in self.places[i] for j in self.places[k]):
                skipped |= {i, i + 1}
        return skipped

    def _along(self, order: _Order) -> bool:
        rank = {position: place for place, position in enumerate(order.places)}
        steps = _chain([(i, sorted(rank[j] for j in self.places[i] if j in rank)) for i in self.path])
        return (
            steps is not None
            and self._begins(order.places, steps[0])
            and all(self._linked(order, one, other) for one, other in pairwise(steps))
        )

    def _begins(self, places: Sequence[int], first: _Step) -> bool:
        """Nothing that counts is left out before the first word, but an opening part up to a comma, "that" or a clause's end."""
        words = self.source.words
        start = first.at
        while start and not (
            words[places[start]].comma
            or words[places[start - 1]].text == "that"
            or words[places[start]].clause != words[places[start - 1]].clause
            or places[start] != places[start - 1] + 1
        ):
            start -= 1
        skipped = places[start : first.at]
        if any(_counts(self.source, j, self.lists) for j in skipped):
            return False
        return self._links_of_said(0, first.i) == _links(self.source, skipped)

    def _linked(self, order: _Order, one: _Step, other: _Step) -> bool:
        """Whether two neighbours of the sentence are linked as in the quote, or by what stands before the second there."""
        words, clauses = self.source.words, self.source.clauses
        mine = self._links_of_said(one.i + 1, other.i)
        between = order.places[one.at + 1 : other.at]
        left, right = order.places[one.at], order.places[other.at]
        new_clause = self.said.words[one.i].clause != self.said.words[other.i].clause
        sentence = clauses[words[right].clause].sentence
        counted = [place for place, j in enumerate(between) if _counts(self.source, j, self.lists)]
        if clauses[words[left].clause].sentence != sentence:
            return new_clause and not any(clauses[words[between[place]].clause].sentence == sentence for place in counted)
        if not counted:
            theirs = _links(self.source, between)
            return mine == theirs or (new_clause and mine <= theirs)
        if order.tight & {between[place] for place in counted} or mine != _links(self.source, between[counted[-1] + 1 :]):
            return False
        barred = max((place for place, j in enumerate(between[: counted[-1] + 1]) if words[j].text in _BARS), default=None)
        if barred is not None and not any(words[j].comma for j in [*between[barred + 1 :], right]):
            return False  # what follows belongs to what "who", "than" or "without" opens
        home = words[right].clause  # a clause that is gone on with, without its own doer
        return home == words[left].clause or not any(words[between[place]].clause == home for place in counted)

    def _links_of_said(self, start: int, end: int) -> set[str]:
        return _links(self.said, [i for i in range(start, end) if i not in self.skipped])

    def _orders(self) -> Iterator[_Order]:
        """The quote's words as they stand, then each of its sentences in the orders that say the same."""
        yield _Order(list(range(len(self.source.words))))
        for number in range(len(self.source.sentences)):
            whole = [j for clause in self.source.clauses if clause.sentence == number for j in range(clause.start, clause.end)]
            if not set(whole) & {j for i in self.path for j in self.places[i]}:
                continue
            for places in (whole, *_turned(self.source, whole)):
                yield _Order(places)
                yield from self._relisted(places)

    def _relisted(self, places: list[int]) -> Iterator[_Order]:
        """The parts of each list in the order in which the sentence has them."""
        words = self.source.words
        said_at = {j: i for i in reversed(self.path) for j in self.places[i]}
        for cuts in _lists(self.source, places):
            joined_by = words[places[cuts[-1]]].text
            for before, after in product(range(1, _LONGEST_PART + 1), repeat=2):
                start, end = cuts[0] - before, min(cuts[-1] + after + 1, len(places))
                if start < 0 or any(words[places[p]].comma for p in [*range(start + 1, cuts[0]), *range(cuts[-1] + 1, end)]):
                    continue
                if not self._whole_list(places, start, end):
                    continue
                if joined_by == "and" and start and words[places[start - 1]].text in _DOES:
                    continue  # deeds in a row: their order may be that of time
                parts = [places[one:other] for one, other in pairwise([start, *cuts, end])]
                if any(words[j].text in _BARS | _BE for part in parts for j in part):
                    continue
                kept = [part for part in parts if any(j in said_at for j in part)]
                ranked = sorted(kept, key=lambda part: min(said_at[j] for j in part if j in said_at))
                if ranked != kept:
                    inside = [j for part in ranked for j in part]
                    yield _Order([*places[:start], *inside, *places[end:]], frozenset(inside))

    def _whole_list(self, places: Sequence[int], start: int, end: int) -> bool:
        """Whether the list can begin and end here: "threats or control of your money" says "of your money" of the last part alone."""
        words = self.source.words
        begins = start == 0 or not _counts(self.source, places[start - 1], self.lists)
        return begins and (end == len(places) or words[places[end]].comma or words[places[end]].text in _BE | _DOES)


def order_kept(said: Reading, source: Reading, pairs: Sequence[Pair], lists: WordLists) -> bool:
    """Whether the sentence keeps the quote's order and links."""
    return _Follower(said, source, pairs, lists).follows()


def _counts(reading: Reading, at: int, lists: WordLists) -> bool:
    word = reading.words[at]
    return (
        word.text != "your"
        and (tells_much(word, lists) or word.stem in lists.parties or word.text in _FIRM or word.text[0].isdigit())
        and not _of_rather(reading, at)
    )


def _of_rather(reading: Reading, at: int) -> bool:
    """The "than" of "rather than"; the first word says it all."""
    return reading.words[at].text == "than" and at > 0 and reading.words[at - 1].text == "rather"


def _kind(text: str) -> str:
    return _KINDS.get(text, text)


def _counterparts(said: Reading, at: int, source: Reading, pairs: Sequence[Pair]) -> tuple[int, ...]:
    word = said.words[at]
    if word.text in _FIRM or not pairs[at].same:
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


def _turned(source: Reading, whole: list[int]) -> Iterator[list[int]]:
    """A condition, a reason, a time or a place moved from one end of the sentence to the other; the sides of "is the"; two statements
    joined by "and"."""
    words = source.words
    commas = [place for place, j in enumerate(whole) if place and words[j].comma]
    opening = words[whole[0]].text
    for comma in commas[:3]:
        head, rest = whole[:comma], whole[comma:]
        if opening in _TURNS:
            yield [*rest, *head]
        elif opening in _SETS and comma == commas[0]:
            for place in range(1, len(rest) + 1):
                yield [*rest[:place], *head, *rest[place:]]
        if words[rest[0]].text in ("and", "but", "so") and len(rest) > 3 and opening not in _TURNS:
            yield [*rest, *head]
    for place in range(1, len(whole)):
        word = words[whole[place]].text
        tail = whole[place:]
        if words[whole[place - 1]].text not in _SETS | _BE:
            if word in _TURNS - _SETS:
                ends = [len(whole), *[stop for stop in commas if stop > place + 1][:1]]
                yield from ([*whole[place:stop], *whole[:place], *whole[stop:]] for stop in ends)
            elif word in _SETS and len(tail) <= _MOVABLE and not any(words[j].text in _BE | _BARS for j in tail[1:]):
                yield [*tail, *whole[:place]]
        if word in ("is", "are") and words[whole[min(place + 1, len(whole) - 1)]].text in ("the", "called"):
            stop = next((k for k in commas if k > place), len(whole))
            yield [*whole[place + 1 : stop], whole[place], *whole[:place]]


def _lists(source: Reading, places: list[int]) -> Iterator[list[int]]:
    """Where the second and later parts of each list begin."""
    words = source.words
    run: list[int] = []
    for cut in range(1, len(places)):
        joins = words[places[cut]].text in ("and", "or")
        if not joins and (not words[places[cut]].comma or words[places[cut - 1]].text in ("and", "or")):
            continue
        if run and cut - run[-1] > _LONGEST_PART + 1:
            run = []
        run.append(cut)
        if joins:
            yield run
            run = []
