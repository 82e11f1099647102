"""From a question that may be answered to the blocks of the answer: search, judge, quote; or decline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from app.compose.quotes import Quoter, Run, write
from app.compose.texts import Texts, contact_block
from app.domain import Block, Citation, Hit, Passage, Status
from app.retrieve.answerable import Answerable
from app.retrieve.find import Finder, Found
from app.retrieve.words import terms
from app.settings import Clinic

Vector = NDArray[np.float32]

READ = 8  # passages looked at for one question
POINTS = 8  # after the lead, for one question
PART_TERMS = 2  # a part that points elsewhere needs as many telling words to be searched for alone: "Is that allowed?" has one
_POINTS_ELSEWHERE = re.compile(r"\b(?:it|its|that|this|these|those|they|them|their|one|he|she|him|her|so)\b", re.IGNORECASE)
POINTS_EACH = 3  # after each lead, for a question of several parts
SUGGESTIONS = 3
SAME_QUESTION = 0.955  # cosine above which a heading asks what was just asked
NEAR_QUESTION = 0.80  # below, a heading is too far away to offer


@dataclass(frozen=True, slots=True)
class Asked:
    """A question ready to be searched for: its text and unit vector, whole and in parts (one part: itself)."""

    text: str
    vector: Vector
    parts: tuple[tuple[str, Vector], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was composed. ``probability`` is how likely the best part is answered; ``passages`` are what was found for what is answered."""

    status: Status
    blocks: tuple[Block, ...]
    citations: tuple[Citation, ...]
    suggestions: tuple[str, ...]
    probability: float
    passages: tuple[Passage, ...] = ()


class Answerer:
    """Answers from one open build, in quotes. ``citable`` names the articles that may be cited; None: all."""

    def __init__(self, finder: Finder, answerable: Answerable, clinic: Clinic, citable: frozenset[str] | None = None) -> None:
        self._finder = finder
        self._index = finder.index
        self._quoter = Quoter(finder.index)
        self.answerable = answerable
        self._clinic = clinic
        self._citable = citable

    def answer(self, asked: Asked, texts: Texts) -> Answer:
        """Quotes that answer ``asked``, or a decline with the clinic's contact."""
        whole = self._find(asked.text, asked.vector)
        likely = self.answerable.probability(whole.signs) if whole.hits else 0.0
        answered: list[tuple[str, Vector, Found]] = []
        missed = 0
        apart = all(_stands_alone(text) for text, _ in asked.parts) or likely < self.answerable.answer_from
        if len(asked.parts) > 1 and apart:
            for text, vector in asked.parts:
                found = self._find(text, vector)
                chance = self.answerable.probability(found.signs) if found.hits else 0.0
                if chance >= self.answerable.answer_from:
                    answered.append((text, vector, found))
                    likely = max(likely, chance)
                else:
                    missed += 1
        if not answered and likely >= self.answerable.answer_from:
            answered, missed = [(asked.text, asked.vector, whole)], 0
        if not answered:
            return self._decline(asked.vector, likely, texts)
        return self._quote(asked, answered, missed > 0, likely, texts)

    def _find(self, text: str, vector: Vector) -> Found:
        found = self._finder.find(text, vector, READ)
        if self._citable is None:
            return found
        return Found(tuple(hit for hit in found.hits if hit.passage.article in self._citable), found.signs)

    def _quote(self, asked: Asked, answered: Sequence[tuple[str, Vector, Found]], partial: bool, likely: float, texts: Texts) -> Answer:
        blocks: list[Block] = []
        citations: list[Citation] = []
        shown: list[Run] = []
        each = POINTS if len(answered) == 1 else POINTS_EACH
        for text, vector, found in answered:
            lead, rest = self._quoter.choose(text, vector, found.hits, each)
            runs = [
                run
                for run in (lead, *rest)
                if not any(run.row == other.row and run.first <= other.last and other.first <= run.last for other in shown)
            ]
            if not runs:
                continue
            shown += runs
            slugs = {run.passage.article for run in runs}
            articles = {slug: article for slug in slugs if (article := self._index.article(slug)) is not None}
            more, cited = write(runs, articles, len(citations) + 1)
            blocks += more
            citations += cited
        if partial:
            blocks.append(Block("notice", texts.answer.partial))
        suggestions = self._suggestions(asked.vector, [hit for _, _, found in answered for hit in found.hits], shown)
        return Answer("partial" if partial else "answered", tuple(blocks), tuple(citations), suggestions, likely, _in_turn(answered))

    def _decline(self, vector: Vector, likely: float, texts: Texts) -> Answer:
        contact = contact_block(self._clinic, texts)
        words = texts.answer
        sentence = (words.contact_some if contact else words.contact_none).format(clinic=self._clinic.name)
        on_topic = likely >= self.answerable.topic_from
        text = (words.no_answer if on_topic else words.off_topic).format(clinic=self._clinic.name, contact=sentence)
        blocks = [Block("paragraph", text), *([contact] if contact else [])]
        suggestions = self._nearest_questions(vector, frozenset()) if on_topic else ()
        return Answer("no_answer" if on_topic else "off_topic", tuple(blocks), (), suggestions, likely)

    def _suggestions(self, vector: Vector, found: Sequence[Hit], shown: Sequence[Run]) -> tuple[str, ...]:
        """Headings next to what was cited: other sections of the cited articles, nearest to the question first."""
        rows = {self._index.article_row_of[run.row] for run in shown} | {self._index.article_row_of[hit.row] for hit in found[:3]}
        return self._nearest_questions(vector, frozenset(run.passage.section for run in shown), [int(row) for row in rows])

    def _nearest_questions(self, vector: Vector, shown: frozenset[str], articles: Sequence[int] | None = None) -> tuple[str, ...]:
        questions = self._index.questions
        chosen: list[str] = []
        if not len(questions.vectors):
            return ()
        usable = questions.headings == 1
        if articles is not None:
            usable &= np.isin(questions.articles, list(articles))
        near = np.where(usable, questions.vectors @ vector, -1.0)
        for number in np.argsort(-near)[: 4 * SUGGESTIONS]:
            if near[number] < NEAR_QUESTION:
                break
            if near[number] > SAME_QUESTION:
                continue
            heading = self._index.passage(int(questions.starts[number])).section
            if heading.endswith("?") and heading not in shown and heading not in chosen:
                chosen.append(heading)
        return tuple(chosen[:SUGGESTIONS])


def _stands_alone(part: str) -> bool:
    """Whether a part of a question can be searched for by itself: "what is EMDR" can, "is that allowed" can't."""
    return len(set(terms(part))) >= PART_TERMS or not _POINTS_ELSEWHERE.search(part)


def _in_turn(answered: Sequence[tuple[str, Vector, Found]]) -> tuple[Passage, ...]:
    """The passages found for each part, best first, one part after the other in turn; none twice."""
    ranks = zip_longest(*(found.hits for _, _, found in answered))
    hits = {hit.row: hit.passage for rank in ranks for hit in rank if hit is not None}
    return tuple(hits.values())
