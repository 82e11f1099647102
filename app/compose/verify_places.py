"""Where the sentence's words stand in the quote: turned round, far from one another, or without the limits that go with them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from app.compose.verify_pairs import Pair, covered_by, tells_much
from app.compose.verify_types import Reading
from app.compose.verify_words import WordLists

BEING = frozenset(["be", "is", "are", "was", "were", "been", "being"])
_APART = 6  # words between two neighbours of the sentence in the quote, from which they were not said of each other


def turned_round(said: Reading, source: Reading, pairs: Sequence[Pair], told: Sequence[int]) -> float:
    """The share of word pairs of one clause that stand the other way round in the quote."""
    if passive(said) != passive(source):
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


def passive(reading: Reading) -> bool:
    """ "is planned by": a sentence that turns doer and done round."""
    texts = [word.text for word in reading.words]
    return any(text == "by" and BEING & set(texts[max(0, at - 5) : at]) for at, text in enumerate(texts))


def limits_dropped(source: Reading, homes: Sequence[tuple[int, ...]], pairs: Sequence[Pair], lists: WordLists) -> int:
    """How many limits ("for a short time", "with mild depression") of the clauses said again have no word in the sentence."""
    covered, count = covered_by(pairs), 0
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
                if tells_much(source.words[at], lists):
                    inside.append(at)
                at += 1
            count += bool(inside) and not any(j in covered for j in inside)
    return count


def scatter(pairs: Sequence[Pair], told: Sequence[int], source: Reading) -> float:
    """The share of the sentence's words that the best single sentence of the quote lacks."""
    held = [{source.clauses[source.words[j].clause].sentence for j in pairs[i].same} for i in told]
    numbers = {number for places in held for number in places}
    best = max((sum(number in places for places in held) for number in numbers), default=0)
    return 1 - best / len(told) if told else 0.0


def torn_apart(said: Reading, source: Reading, pairs: Sequence[Pair], told: Sequence[int]) -> float:
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
