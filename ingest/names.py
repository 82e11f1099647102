"""A person's name that is on a page to be found, not to be read: dropped into sentences, glued to paragraphs' ends, hung on the title.

A name counts as promotional by how it is placed, never by who it is: glued after a paragraph's last sentence, alone on a line with a title
or a role, "therapists like N", "… with N" in the title. One such place proves nothing ("psychologists like Carl Rogers"); see
``_is_promotional``. It is then taken away wherever a grammatical sentence stays; where none would, it stays, unless the sentence only
advertises.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.text import plain, sentences

_CAPITALISED = r"[^\W\d_a-zß-öø-ÿ][^\W\d_]*(?:['’-][^\W\d_]+)*"
_NAME = rf"{_CAPITALISED}(?: [A-Z]\.)?(?: {_CAPITALISED}){{1,2}}"
_LIKE = r"(?:such as|like|including|namely)(?: (?:such as|like|including|namely))*"
_GLUE = r"(?<=[.!?”\"’)…])(?<!\bDr\.)(?<!\bM[rsx]\.)(?<!\bMrs\.)(?<!\bProf\.)[ ]+(?:[-–—|•][ ]*)?"  # after a sentence, not after a title
_LEAST_BEFORE_GLUE = 30  # characters of paragraph before a glued name


@dataclass(frozen=True, slots=True)
class _Patterns:
    titles: str
    tail: str
    roles: str
    advertises: re.Pattern[str]
    glued: re.Pattern[str]
    alone: re.Pattern[str]
    dropped_in: re.Pattern[str]
    in_title: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    words = tomllib.loads(Path(__file__).with_name("names.toml").read_text("utf-8"))

    def any_of(name: str) -> str:
        return "|".join(sorted((re.escape(word) for word in words[name]), key=len, reverse=True))

    titles = rf"(?:(?i:{any_of('titles')})\s+)?"
    after = rf"(?:(?i:{any_of('credentials')}|{any_of('roles')})(?![\w]))"
    tail = rf"(?:,? ?\((?:[^()]{{1,40}})\)|,? (?:the |a |your )?{after})*"
    return _Patterns(
        titles=titles,
        tail=tail,
        roles=any_of("roles"),
        advertises=re.compile(rf"(?<!\w)(?:{any_of('advertises')})(?!\w)", re.I),
        glued=re.compile(rf"{_GLUE}{titles}(?P<name>{_NAME}){tail}[.!]?$"),
        alone=re.compile(rf"(?P<title>{titles})(?P<name>{_NAME})(?P<tail>{tail})[.!]?"),
        dropped_in=re.compile(rf"(?i:\b(?:{any_of('roles')}))(?:,)? {_LIKE} {titles}(?P<name>{_NAME})"),
        in_title=re.compile(
            rf"(?:(?i:\b(?:with|by|from|featuring)\b)|[-–—|:,]) {titles}(?P<name>{_NAME}){tail}$"
            rf"|^{titles}(?P<first>{_NAME})(?:['’]s\b|{tail} ?[:|–—-])"
        ),
    )


def promotional_names(title: str, texts: Sequence[str]) -> list[str]:
    """The names that are on the page for promotion, longest first."""
    shapes = _patterns()
    placed: dict[str, Counter[str]] = {}

    def note(kind: str, name: str | None) -> None:
        if name:
            placed.setdefault(name, Counter())[kind] += 1

    for text in texts:
        glued = shapes.glued.search(text) if len(text) > _LEAST_BEFORE_GLUE else None
        note("glued", glued["name"] if glued else None)
        alone = shapes.alone.fullmatch(text)
        note("alone", alone["name"] if alone and (alone["title"] or alone["tail"]) else None)
        for found in shapes.dropped_in.finditer(text):
            note("dropped", found["name"])
    hung = shapes.in_title.search(title)
    note("title", (hung["name"] or hung["first"]) if hung else None)
    everything = "\n".join([title, *texts])
    return sorted(
        (name for name, counts in placed.items() if _is_promotional(name, counts, everything)), key=lambda name: (-len(name), name)
    )


def _is_promotional(name: str, places: Counter[str], everything: str) -> bool:
    outside = places["glued"] + places["alone"]
    if outside >= 2 or (outside and (places["dropped"] or places["title"])) or (places["title"] and places["dropped"]):
        return True
    uses = len(re.findall(rf"\b{re.escape(name.rsplit(maxsplit=1)[-1])}\b", everything))
    return places["dropped"] >= 3 and uses == places["dropped"]  # named as an example again and again, and never once for what they did


def without_names(text: str, names: Iterable[str], *, is_title: bool = False) -> str:
    """The text, one line, without the promotional names where it stays a text; perhaps empty."""
    for name in names:
        if name.rsplit(maxsplit=1)[-1] in text:
            text = _without(text, name, is_title=is_title)
    return text


def _without(text: str, name: str, *, is_title: bool) -> str:
    shapes = _patterns()
    who = _who(name)
    if not re.search(who, text):
        return text
    if re.fullmatch(rf"{who}[.!]?", text):
        return ""
    text = re.sub(rf"{_GLUE}{who}[.!]?$", "", text)
    if is_title:
        text = re.sub(rf"^{who}(?:['’]s|\s*[:|–—-])\s*", "", text)
        text = re.sub(rf"(?:\s+(?i:with|by|from|featuring|feat\.?)|\s*[-–—|:,])\s*{who}(?=\s*(?:$|[:|–—-]))", "", text)
    role = rf"(?P<role>(?i:\b(?:{shapes.roles})))"
    text = re.sub(rf"(?P<like>{_LIKE}) {who}(?:,? and |, | or )(?=[^\W\d_a-z])", r"\g<like> ", text)
    text = re.sub(rf"(?P<others>{_LIKE} [^.!?]{{1,80}}?),? (?:and|or) {who}", r"\g<others>", text)
    text = re.sub(rf"{role},? {_LIKE} {who}(?:,(?= \w))?", r"\g<role>", text)
    text = re.sub(rf"{who},? and other (\w)", lambda found: _as_cased(text, found.start(), found[1]), text)
    text = re.sub(
        rf",? (?i:with|under|through|thanks to|from) the (?:\w+ )?(?:help|guidance|support|care|expertise|leadership) of {who}", "", text
    )
    text = re.sub(rf"\b(?P<role>(?:the|our|your|a|an) (?:\w+ )?(?i:{shapes.roles})),? {who},?(?= [a-z])", r"\g<role>", text)
    text = re.sub(rf"(?<=\w), {who},(?= [a-z])", "", text)
    text = re.sub(rf",? (?i:with|by|from) {who}(?=[.!?]|$)", "", text)
    text = "".join(_sentence_without(text, start, end, who) for start, end in _stretches(text))
    return _tidy(text, is_title=is_title)


def _who(name: str) -> str:
    """A pattern for the name in its forms: with a title, with letters or a role behind, or the last name with a title."""
    shapes = _patterns()
    needed = shapes.titles.removesuffix("?")
    return rf"(?:\b{shapes.titles}{re.escape(name)}\b|\b{needed}{re.escape(name.rsplit(maxsplit=1)[-1])}\b){shapes.tail}"


def _sentence_without(text: str, start: int, end: int, who: str) -> str:
    sentence = text[start:end]
    if not re.search(who, sentence):
        return sentence
    says = "(?:explains|notes|says|puts it|points out|writes|reminds us|suggests|emphasi[sz]es)"
    opening = re.match(rf"(?:(?i:according to) {who}|(?i:as) {who} {says}), ", sentence)
    if opening:
        rest = sentence[opening.end() :]
        return rest[:1].upper() + rest[1:]
    advertises = re.match(rf"(?:{who}|(?i:{_patterns().roles}) {who})", sentence) or _patterns().advertises.search(sentence)
    return "" if advertises else sentence


def _stretches(text: str) -> list[tuple[int, int]]:
    """The sentences with the white space after each."""
    starts = [span.start for span in sentences(text)]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def _as_cased(text: str, at: int, letter: str) -> str:
    opens = at == 0 or text[:at].rstrip().endswith((".", "!", "?"))
    return letter.upper() if opens else letter


def _tidy(text: str, *, is_title: bool) -> str:
    text = re.sub(r"\s+([,.;:!?])", r"\1", plain(text))
    text = re.sub(r",([.;:!?])", r"\1", text)
    return text.strip(" -–—|:,") if is_title or not re.search(r"\w", text) else text
