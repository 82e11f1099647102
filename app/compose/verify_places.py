"""Sentences that turn doer and done round, and limits that are left out."""

from __future__ import annotations

from collections.abc import Sequence

from app.compose.verify_pairs import Pair, covered_by, tells_much
from app.compose.verify_types import Reading
from app.compose.verify_words import WordLists

BEING = frozenset(["be", "is", "are", "was", "were", "been", "being"])


def passive(reading: Reading) -> bool:
    """ "is planned by": a sentence that turns doer and done round."""
    texts = [word.text for word in reading.words]
    return any(text == "by" and BEING & set(texts[max(0, at - 5) : at]) for at, text in enumerate(texts))


def limit_dropped(source: Reading, homes: Sequence[tuple[int, ...]], pairs: Sequence[Pair], lists: WordLists) -> bool:
    """Whether a limit ("for a short time", "with mild depression") of a clause said again has no word in the sentence."""
    covered = covered_by(pairs)
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
            if inside and not any(j in covered for j in inside):
                return True
    return False
