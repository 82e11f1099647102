"""The few orders of a quote's words that say the same: what is moved stays with the statement that it was said of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.compose.verify_types import Reading
from app.compose.verify_words import listed

BE = listed("be is are was were been being am")
# Words without a meaning of their own that still must have a counterpart, in their place.
FIRM = listed(
    "not no never nor none neither without by than before after until unless if when because since rather instead only except while "
    "who which whose you yourself we he she most some many few all every each any several both other others another "
    "always often usually sometimes rarely more less"
)
_OPENERS = listed("who which whose that because if when unless although though while since where whether how what why after before until")
SETS = listed("in on at during for with after before within without throughout across by from under")
TURNS = listed("if when because since although though unless while after before until once as")
BARS = _OPENERS | listed("than without rather instead not no never only by except")
_BEFORE_NOUNS = listed("a an the your their")
HELPERS = listed("can may might could will would should must do does have has")
_MOVABLE = 6  # words of a place or time that may move from the end of a sentence to its beginning
_REASONS = listed("because since although though")
LONGEST_PART = 5  # words of one part of a list
AND = listed("and but so yet or nor while whereas though although")  # what a second statement opens with


@dataclass(frozen=True, slots=True)
class Order:
    """Places of the quote's words in an order that says the same; at ``seam`` the second of two exchanged statements begins."""

    places: list[int]
    seam: int = 0


def turned(source: Reading, whole: list[int]) -> Iterator[Order]:
    """A condition, a reason, a time or a place moved from one end of its statement to the other; the sides of "is the"; two statements
    joined by "and". What is moved stays with the statement that it was said of."""
    words = source.words
    commas = [place for place, j in enumerate(whole) if place and words[j].comma]
    opening = words[whole[0]].text
    joins = [place for place in range(1, len(whole)) if _opens(source, whole, place) and words[whole[place]].text in AND]
    for comma in commas[:3]:
        head = whole[:comma]
        stop = next((place for place in joins if place > comma), len(whole))
        rest = whole[comma:stop]  # what follows a second "and" may be unconditional at the end of the sentence, and is left out there
        if comma in joins:
            if words[whole[comma]].text in ("and", "but") and comma == joins[0] and len(whole) - comma > 3 and opening not in TURNS | SETS:
                yield Order([*whole[comma:], *head], seam=len(whole) - comma)
        elif words[whole[comma]].text == "so" and words[whole[min(comma + 1, len(whole) - 1)]].text == "that" and not joins:
            yield Order([*whole[comma:], *head])
        elif opening in TURNS:
            yield Order([*rest, *head])
        elif opening in SETS and comma == commas[0]:
            yield from (Order([*rest[:place], *head, *rest[place:]]) for place in range(1, len(rest) + 1))
    for place in range(1, len(whole)):
        word = words[whole[place]].text
        tail = whole[place:]
        first = _said_of(source, whole, place) if words[whole[place - 1]].text not in SETS | BE else None
        if first is not None and word in TURNS - SETS:
            ends = [len(whole), *[stop for stop in commas if stop > place + 1][:1]]
            yield from (Order([*whole[place:stop], *whole[first:place], *whole[stop:]]) for stop in ends)
        elif first is not None and word in SETS and len(tail) <= _MOVABLE and not any(words[j].text in BE | BARS for j in tail[1:]):
            yield Order([*tail, *whole[first:place]])
        if word in ("is", "are") and words[whole[min(place + 1, len(whole) - 1)]].text in ("the", "called"):
            stop = next((k for k in commas if k > place), len(whole))
            yield Order([*whole[place + 1 : stop], whole[place], *whole[:place]])


def _opens(source: Reading, whole: Sequence[int], place: int) -> bool:
    return source.words[whole[place]].clause != source.words[whole[place - 1]].clause


def _said_of(source: Reading, whole: Sequence[int], place: int) -> int | None:
    """Where the statement begins of which the part from ``place`` is said; None where it is not sure."""
    words = source.words
    opens = [0, *[before for before in range(1, place) if _opens(source, whole, before)]]
    if words[whole[place]].comma:  # ", unless …" is said of the whole statement, whatever stands inside it
        opens = [before for before in opens if not before or words[whole[before]].text in AND]
    last = opens[-1]
    if last and words[whole[last]].text not in AND:
        return None
    first = last + 1 if last else 0
    if words[whole[place]].comma and words[whole[place]].text in _REASONS:
        return first
    verb = next((k for k in range(first, place) if words[whole[k]].text in BE | HELPERS), first)
    joined = [k for k in range(verb, place) if words[whole[k]].text in AND | {"then"}]
    if not joined:
        return first
    if words[whole[joined[0] + 1]].text in _BEFORE_NOUNS and place - joined[0] == 3:  # "the room or the house"
        return first
    return None  # "starts early and shows at work": what stands at the end may be said of the second alone


def list_cuts(source: Reading, places: list[int]) -> Iterator[list[int]]:
    """Where the second and later parts of each list begin."""
    words = source.words
    run: list[int] = []
    for cut in range(1, len(places)):
        joins = words[places[cut]].text in ("and", "or")
        if not joins and (not words[places[cut]].comma or words[places[cut - 1]].text in ("and", "or")):
            continue
        if run and cut - run[-1] > LONGEST_PART + 1:
            run = []
        run.append(cut)
        if joins:
            yield run
            if len(run) > 1:
                yield run[-1:]  # the comma may be no list's: "today, from a doctor or a nurse"
            run = []
