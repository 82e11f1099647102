"""Which parts of a quote a sentence may leave out: those that are known not to limit what the rest says. Whatever else is missing
("at a time", "in adults", "full", "unless …") drops the sentence, since nobody can list all that limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from app.compose.verify_pairs import tells_much
from app.compose.verify_turns import BE, HELPERS, LONGEST_PART, SETS, TURNS, list_cuts
from app.compose.verify_types import Reading
from app.compose.verify_words import WordLists, listed

# These add and don't limit, wherever they stand.
_EMPTY = listed("a an the your their its his her own also too very really however indeed")
_ALONE = listed("that to")  # these may go where nothing beside them goes
_AGAIN = listed("it they you we he she")
_PHRASES = (("in", "fact"), ("of", "course"), ("as", "well"), ("for", "example"), ("for", "instance"))
_JOINS = listed("and but so yet while whereas though although")  # alone: the sentence joins its statements with another of them
_EXAMPLES = listed("such including like")
_NAMED = listed("called known named")
_ASIDES = listed("which even however whether often sometimes")
_LIMITING = listed(
    "but only unless until except excepting excluding exception exceptions limit limits limited although though however otherwise "
    "unlike provided depend depends depending"
)
_OPENS_CLAUSE = TURNS | listed("who whose which where that whether provided so but")
# Lists with one of these in their sentence are said of the parts together, or of no other.
_TOGETHER = listed(
    "only both between either neither nor whether together each every combined combination combine mix mixed blend balance consist "
    "consists same differ different difference share unless until except without than half plus rather instead alone all"
)
_FREE_CHOICE = listed("can may might could")
_CONDITIONS = listed("if when whenever")
_HOLDS_BOTH = _CONDITIONS | listed("who that which whose once while as")  # of "who A and B" no part alone is meant
_HOLDS_NEXT = listed("with without after before")
_HEDGES = listed("can may might could some many most often usually sometimes rarely tend tends few several partly mainly mostly almost")
_DENIALS = listed("not no never nor none neither without cannot nobody nothing rarely hardly")
_FOCUS = listed("only just partly mainly mostly simply not often usually sometimes perhaps and or")
_NOT_FOR_EACH = listed("unless until without because although though since by from")  # "in A or B, …" holds for each of the two
_NUMBERS = listed("two three four five six seven eight nine ten")
_DETERMINERS = listed("a an the your their its his her")
_PREPOSITIONS = SETS | listed("of to than about against into between over through toward towards among around up out off")
_ADJECTIVES = ("al", "ic", "ive", "ous", "ful", "less", "ary", "ed", "able", "ible", "ant", "ent", "ing")


class Cuts:
    """The parts of one quote that may be left out."""

    def __init__(self, source: Reading, lists: WordLists) -> None:
        self._source, self._lists = source, lists
        self._known: dict[int, _Sentence] = {}

    def allow(self, kept: set[int]) -> bool:
        """Whether every part that is missing where only the words ``kept`` are said again may go. A whole sentence always may."""
        touched = {self._source.clauses[self._source.words[j].clause].sentence for j in kept}
        return all(self._sentence(number).allows(kept) for number in touched)

    def _sentence(self, number: int) -> _Sentence:
        if number not in self._known:
            self._known[number] = _Sentence(self._source, number, self._lists)
        return self._known[number]


class _Sentence:
    """One sentence of a quote, from ``start`` to before ``stop``."""

    def __init__(self, source: Reading, number: int, lists: WordLists) -> None:
        clauses = [clause for clause in source.clauses if clause.sentence == number]
        self.start, self.stop = clauses[0].start, clauses[-1].end
        self.source, self.words, self.lists = source, source.words, lists
        self.texts = [word.text for word in source.words]
        self.commas = [j for j in range(self.start + 1, self.stop) if self.words[j].comma]
        self.opens = self.texts[self.start] in TURNS | SETS
        self.spoken = '"' in source.sentences[number] or "“" in source.sentences[number]
        opened = self.commas[:1] if self.opens else []  # this comma parts the opening from the rest
        runs = ([self.start + cut for cut in cuts] for cuts in list_cuts(source, list(range(self.start, self.stop))))
        self.runs = [kept for cuts in runs if (kept := [cut for cut in cuts if cut not in opened])]
        self.parts = set(self._parts())
        self.first_parts = set(self._first_parts())  # where something must be left right behind

    def allows(self, kept: set[int]) -> bool:
        """Whether each run of words that are not kept is made of parts that may go."""
        edges = [self.start - 1, *(j for j in range(self.start, self.stop) if j in kept), self.stop]
        return all(self._may_go(one + 1, other) for one, other in pairwise(edges) if other > one + 1)

    def _may_go(self, start: int, end: int) -> bool:
        text = self.texts[start]
        if end - start == 1 and (text in _ALONE or (text in _JOINS and (text == "and" or self.words[start].comma))):
            return True
        reached = {start}
        for at in range(start, end):
            if at in reached:
                reached |= {other for one, other in self.parts if one == at}
                reached |= {end} if (at, end) in self.first_parts else set()
        return end in reached

    def _parts(self) -> Iterator[tuple[int, int]]:
        for at in range(self.start, self.stop):
            yield from self._little(at)
            yield from self._aside(at)
        for cuts in self.runs:
            if self._parts_may_go(cuts):
                yield from self._later_items(cuts)

    def _first_parts(self) -> Iterator[tuple[int, int]]:
        for cuts in self.runs:
            if self._parts_may_go(cuts):
                yield from self._first_items(cuts, max(self.start, cuts[0] - LONGEST_PART))
        for at in self.commas:
            if self._is_example(at):
                for cuts in self._of_examples(at):
                    yield from self._first_items(cuts, self._after_opening(at))

    def _little(self, at: int) -> Iterator[tuple[int, int]]:
        word = self.words[at]
        before = self.texts[at - 1] if at > self.start else ""
        if word.text in _EMPTY and not (word.denied and word.text in ("too", "very", "really")):
            yield at, at + 1
        if word.text == "all" and before in BE | HELPERS and not word.denied:
            yield at, at + 1  # "are all common"
        if (word.text in _AGAIN and before in _JOINS) or (at == self.start and word.text in _JOINS | {"yes"}):
            yield at, at + 1
        if tuple(self.texts[at : at + 2]) in _PHRASES and at + 2 <= self.stop and self.texts[at + 2 : at + 3] != ["as"]:
            yield at, at + 2

    def _aside(self, at: int) -> Iterator[tuple[int, int]]:
        """What is told beside the statement: a parenthesis, a reason, an example, a second statement."""
        word, ends = self.words[at], [*(j for j in self.commas if j > at), self.stop]
        if "(" in word.marks:
            yield at, next((j for j in ends if j < self.stop and ")" in self.words[j].marks), self.stop)
        ends = [end for end in ends if not _LIMITING & set(self.texts[at + 1 : end])]
        last = [end for end in ends if end == self.stop]
        if word.text == "because" and (word.comma or self._plain_before(at)):
            yield from ((at, end) for end in last)
        if not word.comma or at == self.start:
            return
        if self._is_example(at) or word.text in _ASIDES:
            stops = next((end for end in ends if end < self.stop and self._goes_on(end)), self.stop)
            yield from ((at, end) for end in ends if end == stops)
        if self._is_example(at):
            for cuts in self._of_examples(at):
                yield from self._later_items(cuts)
        if word.text in ("so", "whereas"):
            yield from ((at, end) for end in last)
        if (word.text == "and" or ";" in word.marks) and self._second_statement(at):
            yield from ((at, end) for end in ends if end == self.stop or self.texts[end] in ("and", "but", "so"))

    def _is_example(self, at: int) -> bool:
        return self.texts[at] in _EXAMPLES or tuple(self.texts[at : at + 2]) in (("for", "example"), ("for", "instance"))

    def _after_opening(self, at: int) -> int:
        return at + (2 if self.texts[at] in ("such", "for") else 1)

    def _of_examples(self, at: int) -> Iterator[list[int]]:
        """The lists of an example, of which none is all that is meant."""
        first = self._after_opening(at)
        for cuts in self.runs:
            inside = [cut for cut in cuts if cut > first]
            if inside and inside[0] - first <= LONGEST_PART:
                yield inside

    def _goes_on(self, end: int) -> bool:
        """Whether the sentence goes on behind an aside that ends here, and not the aside's own list."""
        near = self.texts[end : min(end + LONGEST_PART, self.stop)]
        return near[0] in BE | HELPERS or not {"and", "or"} & set(near)

    def _plain_before(self, at: int) -> bool:
        """Whether a reason without a comma is told of the whole statement before it, which neither denies nor sets a condition."""
        before = set(self.texts[self.start : at])
        return at > self.start and self.texts[at - 1] not in _FOCUS and not before & (_DENIALS | _OPENS_CLAUSE)

    def _second_statement(self, at: int) -> bool:
        """Whether what a comma and "and" begin is no second condition, no part of a list, and nothing that is said of both follows it."""
        before = self.source.clauses[self.words[at - 1].clause].start
        if self.texts[before] in _OPENS_CLAUSE and before != self.start:
            return False
        if self._in_longer_list(at) or set(self.texts[at + 1 : at + 2]) & _DENIALS or '"' in self.words[at].marks:
            return False
        return not any(j > at and self.texts[j] in TURNS | SETS | {"or", "with"} for j in self.commas)

    def _in_longer_list(self, at: int) -> bool:
        return any(at in cuts and len(cuts) > 1 for cuts in self.runs)

    def _parts_may_go(self, cuts: list[int]) -> bool:
        """Whether a list is no list of conditions or denials, is not said of its parts together, and is sure to be one."""
        whole = self.texts[self.start : self.stop]
        if self.spoken or any(
            text in _TOGETHER and not (text == "all" and before in BE | HELPERS) for before, text in pairwise(["", *whole])
        ):
            return False
        area = range(cuts[0] - 1, min(cuts[-1] + 2, self.stop))
        if any(self.words[j].denied or self.texts[j] in _DENIALS for j in area):
            return False
        if any(
            self.texts[cut] in _OPENS_CLAUSE | BE | HELPERS | _ASIDES | _NAMED or self._is_example(cut) or self.words[cut].marks.strip(",")
            for cut in cuts
        ):
            return False
        if any(self.texts[cut] in _PREPOSITIONS for cut in cuts) and not self._all_places(cuts):
            return False
        clause = self.source.clauses[self.words[cuts[0] - 1].clause]
        before = set(self.texts[clause.start : cuts[0]])
        if self.texts[cuts[-1]] == "or":
            around = before | set(self.texts[clause.start : clause.end]) | set(self.texts[cuts[-1] : self.stop])
            opening = self.opens and self.commas[:1] > cuts[-1:] and self.texts[self.start] not in _NOT_FOR_EACH
            return bool(around & _FREE_CHOICE or before & _CONDITIONS or opening)
        until = self.texts[self.start : cuts[0]]
        counted = bool(_NUMBERS & set(until))
        named = bool(before & BE) and "the" in until[: next(k for k, text in enumerate(until) if text in BE)]
        nearest = next((self.texts[j] for j in range(cuts[0] - 1, clause.start - 1, -1) if self.texts[j] in _PREPOSITIONS), "")
        return not (before & _HOLDS_BOTH or nearest in _HOLDS_NEXT or counted or named)

    def _all_places(self, cuts: list[int]) -> bool:
        """Whether each part of a list opens with a little word ("by phone, in a letter or at home"), and none with "with"."""
        opening = [self.texts[cut + (self.texts[cut] in ("and", "or"))] for cut in cuts[:-1]] + self.texts[cuts[-1] + 1 : cuts[-1] + 2]
        first = set(self.texts[max(self.start, cuts[0] - 4) : cuts[0]])
        return set(opening) <= _PREPOSITIONS - _HOLDS_NEXT and bool(first & _PREPOSITIONS)

    def _later_items(self, cuts: list[int]) -> Iterator[tuple[int, int]]:
        """The second and later parts of a list."""
        join = cuts[-1]
        single = cuts[0] == join and self.words[join].comma  # "A, and B": what is B may be the beginning of a statement
        for k, one in enumerate(cuts):
            yield from ((one, other) for other in cuts[k + 1 :] if self._whole_items(one, other))
        for end in range(join + 2, min(join + LONGEST_PART + 3, self.stop + 1)):
            if self._last_ends(join, end) and not (single and end < self.stop and not self.words[end].comma):
                yield from ((one, end) for one in cuts if one == join or self._whole_items(one, join))

    def _first_items(self, cuts: list[int], first: int) -> Iterator[tuple[int, int]]:
        """The first part of a list, alone or with later ones, up to one that stays; of one word, since "severe pain and fever" says
        "severe" of both."""
        if cuts[0] == cuts[-1] and self.words[cuts[0]].comma:
            return  # "A, and B" are more likely two statements
        if cuts[0] == cuts[-1] and self._in_longer_list(cuts[0]):
            return
        for start in range(first, cuts[0]):
            if self._first_begins(start, cuts[0]) and len(set(self.texts[start : cuts[0]]) - _DETERMINERS) < 2:
                yield from ((start, cut + (cut == cuts[-1])) for cut in cuts if self._whole_items(start, cut))

    def _whole_items(self, start: int, end: int) -> bool:
        """Whether these are parts of a list of which no word is said of the next, too: "severe pain and fear"."""
        inside = range(start, end)
        if {"and", "or"} & set(self.texts[start:end]) or set(self.texts[start:end]) & (_HEDGES | HELPERS | BE | _DENIALS):
            return False
        telling = [j for j in inside if self._tells(j)]
        if len(telling) < 2 or self.texts[start] in _DETERMINERS:
            return bool(telling)
        return not (self.texts[start].endswith(_ADJECTIVES) or self.lists.narrowing.at([self.texts[start]], 0)[0])

    def _tells(self, at: int) -> bool:
        word = self.words[at]
        return tells_much(word, self.lists) or word.stem in self.lists.parties or bool(self.lists.narrowing.at([word.text], 0)[0])

    def _first_begins(self, start: int, cut: int) -> bool:
        if any(self.words[j].comma for j in range(start + 1, cut)):
            return False
        inside = set(self.texts[start:cut])
        if inside & (_PREPOSITIONS | _OPENS_CLAUSE | _NUMBERS) or any(text[0].isdigit() for text in inside):
            return False
        if self.texts[start - 1] in ("and", "or") or (self.texts[start - 1] in _DETERMINERS and self.words[cut].comma):
            return False  # "a slow, watched walk"
        before = self.words[start - 1]
        plain = not tells_much(before, self.lists) or before.stem in self.lists.parties
        return start <= self.start + 1 or self.words[start].comma or plain

    def _last_ends(self, join: int, end: int) -> bool:
        """Whether the last part of a list ends here for sure, and has nothing at its end that may be said of the others."""
        inside = set(self.texts[join + 1 : end])
        told = [j for j in range(join + 1, end) if self._tells(j)]
        if not told or any(self.words[j].comma for j in range(join + 1, end)) or inside & _LIMITING:
            return False
        if end < self.stop:
            if inside & (_HEDGES | HELPERS | BE | {"and", "or"}) or not (self.words[end].comma or self.texts[end] in BE | HELPERS):
                return False
            if self.texts[end] in _OPENS_CLAUSE | _ASIDES or self._is_example(end):
                return False  # what follows is told of the last part
        if self.words[join].comma:
            return True
        shared = len(told) > 1 and not inside & _DETERMINERS and not self._ends_alone(join)  # "hearing or sight problems"
        return not shared and not set(self.texts[join + 2 : end]) & (_PREPOSITIONS | _OPENS_CLAUSE)

    def _ends_alone(self, join: int) -> bool:
        """Whether the part before is more than one word, which could lean on the last word of the next."""
        return join - 2 >= self.start and self._tells(join - 2) and not self.words[join - 1].comma
