"""A text as the verifier reads it: words, clauses, what is denied, numbers with their units, names. No grammar, only signs."""

from __future__ import annotations

import re
from dataclasses import replace

from app.compose.verify_numbers import SMALL, SPANS_OF_TIME, is_share, numbers
from app.compose.verify_types import Clause, Reading, Token, Word
from app.compose.verify_words import WordLists, listed, spelled_out, stem
from app.retrieve.words import words
from app.text import sentences

_RAW = re.compile(r"[^\W_]+(?:[.,]\d+)*|[,;:()—–%$£€-]", re.UNICODE)
_QUOTATION = re.compile('["“”]')
_SIGNS = {"%": "percent", "$": "dollar", "£": "pound", "€": "euro"}
_SUBORDINATE = frozenset(["if", "when", "unless", "until", "while", "although", "though", "because", "whereas", "since", "once", "except"])
_JOINING = frozenset(["and", "but", "so", "or", "yet", "then", "which", "who", "not", "as", *_SUBORDINATE])
_ALONE = frozenset(["without", "rather", "instead"])
_MODALS = frozenset(["can", "may", "might", "could"])
_WHOLE_VERBS = _MODALS | {"should", "must", "will", "would", "is", "are", "was", "were", "do", "does"}
_SUBJECTS = frozenset(["you", "they", "we", "he", "she"])
_BEFORE_SUBJECTS = frozenset(
    ["that", "what", "how", "where", "why", "whether", "than", "before", "after", "until", "for", "with", "of", "to"]
)
_AFTER_VERBS = listed("a an the no your their its about it them you more less two three four five")
_STARTS_CLAUSE = listed(
    "it they you we he she there many some most few all may might can could will would should must do does is are this these others"
)


def read(text: str, lists: WordLists) -> Reading:
    """Read a sentence or a quote. Linear in its length; never raises."""
    tokens: list[Token] = []
    spans = sentences(text)
    for number, span in enumerate(spans):
        tokens += _tokens(text[span.start : span.end], number)
    _cut_clauses(tokens)
    kept = [token for token in tokens if not token.mark]
    marks = _marks(tokens)
    renumbered = {clause: number for number, clause in enumerate(dict.fromkeys(token.clause for token in kept))}
    for token in kept:  # a clause of marks alone is none
        token.clause = renumbered[token.clause]
    stems = [token.stem for token in kept]
    texts = [token.text for token in kept]
    groups: list[set[str]] = [set() for _ in kept]
    for start, end, meanings in lists.synonyms.everywhere(stems):
        for at in range(start, end):
            groups[at] |= meanings
    denied, freed, denials = _denied(kept, texts, lists)
    return Reading(
        tuple(Word(t.text, t.stem, t.clause, denied[i], freed[i], t.name, marks[i]) for i, t in enumerate(kept)),
        _clauses(kept, texts, denied, denials, lists),
        tuple(numbers(kept, lists)),
        tuple(stems),
        tuple(frozenset(group) for group in groups),
        text.strip()[:1].isupper(),
        tuple(text[span.start : span.end] for span in spans),
        tuple(" ".join(t.text for t in kept if t.sentence == number and t.text not in _ARTICLES) for number in range(len(spans))),
    )


_ARTICLES = frozenset(["a", "an", "the", "that"])


def _tokens(text: str, sentence: int) -> list[Token]:
    """Words and marks; capitals are looked at before case is dropped."""
    capitals = _capitals(text)
    out: list[Token] = []
    plainly = spelled_out(text)
    for found in _RAW.finditer(plainly):
        piece = found[0]
        if piece in _SIGNS:
            out.append(Token(_SIGNS[piece], _SIGNS[piece], False, False, sentence))
        elif not piece[0].isalnum():
            out.append(Token(piece, "", True, False, sentence))
        elif piece[0].isdigit():
            out.append(Token(piece, piece, False, False, sentence))
        else:
            plain = "".join(words(piece)) or piece
            out.append(Token(plain, stem(plain), False, plain in capitals, sentence))
        out[-1].quoted = len(_QUOTATION.findall(plainly, 0, found.start()))
    return out


def _capitals(text: str) -> frozenset[str]:
    """Words written with a capital where ordinary words are not: inside the sentence, or with a capital inside."""
    found = set()
    for place, match in enumerate(re.finditer(r"[^\W\d_][^\W_]*", text)):
        word = match[0]
        inner = any(char.isupper() for char in word[1:])
        opens = place == 0 or text[: match.start()].rstrip()[-1:] in ("“", '"', ":", "‘", "•", "*")
        if inner or (word[0].isupper() and not opens and word not in ("I", "A")):
            found.add("".join(words(word)) or word.casefold())
    return frozenset(found)


def _marks(tokens: list[Token]) -> list[str]:
    """The marks before each word of the same sentence."""
    found, open_marks, sentence = [], "", -1
    for token in tokens:
        open_marks, sentence = (open_marks if token.sentence == sentence else ""), token.sentence
        if token.mark:
            open_marks += token.text
        else:
            found.append(open_marks + ('"' if token.quoted % 2 else ""))
            open_marks = ""
    return found


def _cut_clauses(tokens: list[Token]) -> None:
    clause, length = 0, 0
    for at, token in enumerate(tokens):
        follows = tokens[at + 1].text if at + 1 < len(tokens) else ""
        before = tokens[at - 1] if at else None
        new = before is not None and before.sentence != token.sentence
        if before is not None and length >= 2 and not new:
            if before.mark and before.text in ",;:—–":
                new = before.text != "," or token.text in _JOINING or token.text in _STARTS_CLAUSE or _opened(tokens, at, clause)
                new = new or token.text == "with" or _second_verb(tokens, at, clause)
            elif (
                (token.text in _SUBORDINATE and before.text != "a" and not _counts_once(tokens, at))
                or token.text == "but"
                or (token.text in ("rather", "instead") and follows in ("than", "of"))
            ):
                new = token.text not in ("rather", "instead")
            elif token.text in ("who", "which"):
                new = True
            elif token.text in ("and", "or", "so"):
                new = follows in _STARTS_CLAUSE or (token.text == "and" and _second_verb(tokens, at + 1, clause))
            elif token.text in _SUBJECTS and follows in _MODALS:
                new = bool(before.stem) and before.text not in _JOINING and before.text not in _BEFORE_SUBJECTS  # "things you can see"
        if new:
            clause, length = clause + 1, 0
        token.clause = clause
        token.parted = before is not None and before.mark
        length += not token.mark


def _counts_once(tokens: list[Token], at: int) -> bool:
    """ "At once" and "once a week" open no clause."""
    return _at_once([token.text for token in tokens], at)


def _second_verb(tokens: list[Token], at: int, clause: int) -> bool:
    """A verb in "-s" that no "can" before it governs: "can be done anywhere, takes two minutes and needs no equipment"."""
    verb, follows = tokens[at].text if at < len(tokens) else "", tokens[at + 1].text if at + 1 < len(tokens) else ""
    governed = any(token.text in _MODALS for token in tokens[:at] if token.clause == clause and not token.mark)
    return governed and len(verb) > 3 and verb.endswith("s") and not verb.endswith("ss") and follows in _AFTER_VERBS


def _opened(tokens: list[Token], at: int, clause: int) -> bool:
    """The clause before the comma began with "if", "when" …: what follows is the main clause."""
    first = next(token for token in tokens if token.clause == clause and token.sentence == tokens[at].sentence)
    if (
        first.text in ("or", "and")
        and clause
        and any(token.clause == clause - 1 and token.sentence == first.sentence for token in tokens[:at])
    ):
        return _opened(tokens, at, clause - 1)
    length = sum(not token.mark for token in tokens[:at] if token.clause == clause and token.sentence == first.sentence)
    return first.text in _SUBORDINATE or first.text in ("before", "after", "as") or (first.text in ("for", "in", "with") and length > 5)


def _denied(kept: list[Token], texts: list[str], lists: WordLists) -> tuple[list[bool], list[bool], list[int]]:
    """For each word whether an odd number of denials reaches it and whether one of them only frees from a duty; where the denials stand."""
    reach, freed = [0] * len(kept), [False] * len(kept)
    denials = []
    at = 0
    while at < len(kept):
        free, _ = lists.no_duty.at(texts, at)
        size = free or lists.negators.at(texts, at)[0]
        if size:
            denials.append(at + size - 1)
            alone = kept[at].text in _ALONE  # "not … without a reason": what is lacking is lacking, whatever is denied before
            for later in range(at + size, len(kept)):
                if kept[later].clause != kept[at].clause or (kept[at].quoted % 2 and kept[later].quoted != kept[at].quoted):
                    break
                if alone and kept[later].text in _WHOLE_VERBS:
                    break  # "walks without a map | should not start"
                reach[later] = 1 if alone else reach[later] + 1
                freed[later] = freed[later] or bool(free)
        at += max(size, 1)
    return [count % 2 == 1 for count in reach], freed, denials


def _clauses(kept: list[Token], texts: list[str], denied: list[bool], denials: list[int], lists: WordLists) -> tuple[Clause, ...]:
    found = []
    start = 0
    for end in range(1, len(kept) + 1):
        if end < len(kept) and kept[end].clause == kept[start].clause:
            continue
        strength, universal = _strength(kept, texts, start, end, denied, lists)
        duty = max(
            (
                int(rung)
                for at in range(start, end)
                for rung in lists.duty.at(texts[:end], at)[1]
                if not _freed(texts, start, at, lists) and not _matters_to(kept, texts, at, lists)
            ),
            default=0,
        )
        condition = any(lists.conditions.at(texts, at)[0] and not _at_once(texts, at) for at in range(start, min(start + 2, end)))
        found.append(
            Clause(
                kept[start].sentence,
                start,
                end,
                condition,
                strength,
                universal,
                duty,
                tuple(at for at in denials if start <= at < end),
                kept[start].parted,
                False,
            )
        )
        start = end
    return _joined_to_bare(found, kept, lists)


def _joined_to_bare(found: list[Clause], kept: list[Token], lists: WordLists) -> tuple[Clause, ...]:
    """ "Many people | who self-harm do not …": the first part has no verb, and both go as far as the less far of them."""
    for number in range(1, len(found)):
        bare, rest = found[number - 1], found[number]
        told = sum(token.stem not in lists.plain for token in kept[bare.start : bare.end])
        if kept[rest.start].text == "who" and not rest.parted and told <= 2 and bare.sentence == rest.sentence:
            strength = min(bare.strength, rest.strength)
            found[number - 1], found[number] = replace(bare, strength=strength), replace(rest, strength=strength, joined=True)
    return tuple(found)


def _at_once(texts: list[str], at: int) -> bool:
    often = texts[at + 1 : at + 2] in (["a"], ["every"], ["per"]) and at + 2 < len(texts) and stem(texts[at + 2]) in SPANS_OF_TIME
    return texts[at] == "once" and (texts[at - 1 : at] == ["at"] or often)


def _freed(texts: list[str], start: int, at: int, lists: WordLists) -> bool:
    """A duty inside "do not have to" is none."""
    return any(lists.no_duty.at(texts, before)[0] > at - before for before in range(max(start, at - 4), at + 1))


def _matters_to(kept: list[Token], texts: list[str], at: int, lists: WordLists) -> bool:
    """ "Important to you" asks for nothing."""
    follows = at + lists.duty.at(texts, at)[0]
    return (
        texts[at] == "important" and follows < len(kept) and (kept[follows].stem in lists.parties or texts[follows] in ("them", "us", "me"))
    )


def _strength(
    kept: list[Token], texts: list[str], start: int, end: int, denied: list[bool], lists: WordLists
) -> tuple[int, frozenset[str]]:
    hedges, universal = [5], set()
    at = start
    if is_share(kept, start, end):
        hedges.append(2)
    while at < end:
        size, rungs = lists.strength.at(texts[:end], at)
        rung = min(map(int, rungs)) if rungs else 0
        word = kept[at].text
        if rung == 6:
            follows = kept[at + 1].text if at + 1 < end else ""
            harmless = (word == "will" and follows == "not") or (
                word in ("any", "anything", "anyone", "all", "every", "only") and denied[at]
            )
            harmless = harmless or (
                word in ("every", "all") and (follows in lists.units or stem(follows) in lists.units or follows in SMALL)
            )
            if not harmless:
                universal.add("always" if word in ("every", "each", "all", "everyone", "everybody", "always") else word)
        elif rung and not (word == "can" and follows_not(kept, at, end)):
            hedges.append(rung)
        at += max(size, 1)
    return min(hedges), frozenset(universal)


def follows_not(kept: list[Token], at: int, end: int) -> bool:
    """Whether "not" comes next."""
    return at + 1 < end and (kept[at + 1].text == "not" or [token.text for token in kept[at + 1 : at + 3]] == ["no", "longer"])
