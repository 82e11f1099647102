"""Quotes mode: verbatim sentences, chosen well and kept in order. No language model.

A short lead answers first; the rest follows as points. Each sentence is a stretch of an article's own text, so that its quote is exact by
construction. Choosing costs dot products: the sentences' vectors were made at ingest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.citation_url import citation_url
from app.compose.sentences import Notebook, Notes
from app.domain import Article, Block, Citation, Hit, Item, Passage
from app.retrieve.index import Index
from app.retrieve.words import terms

Vector = NDArray[np.float32]

LEAD_CHARS = 420  # a lead of two sentences, unless they are long
LEAD_BONUS = 0.06  # for the first sentence of a section, which is written to answer its heading
SECOND_BONUS = 0.06
WORDS_BONUS = 0.05  # for a sentence that holds all of the question's words
PASSAGE_BONUS = 0.012  # for each point of the mixed score above the last passage read
LEAST_VALUE = 0.20  # below the best sentence, a sentence is no longer worth showing
INTRO_PENALTY = 0.05  # for an article's opening, which says what the article is about rather than answering
SECTION_FIRST = 2  # points taken first from the section that the lead comes from: it goes on with the answer
SECTION_LEAST = 0.30  # as LEAST_VALUE, for that section
TWIN = 0.93  # cosine above which two sentences say the same
MOST_ARTICLES = 3
MOST_CHARS = 1_050  # of one question's lead and points together: more is skimmed rather than read


@dataclass(frozen=True, slots=True)
class Run:
    """Sentences ``first`` to ``last`` (inclusive) of a passage, quoted in one piece."""

    row: int
    passage: Passage
    first: int
    last: int
    value: float

    @property
    def start(self) -> int:
        return self.passage.sentences[self.first].start

    @property
    def end(self) -> int:
        return self.passage.sentences[self.last].end


@dataclass(frozen=True, slots=True)
class _Scored:
    hit: Hit
    notes: Notes
    vectors: NDArray[np.float32]
    values: NDArray[np.float32]


class Quoter:
    """Picks what to quote from the passages of one build that were found for a question."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._notebook = Notebook(index)

    def choose(self, query: str, vector: Vector, found: Sequence[Hit], points: int) -> tuple[Run, list[Run]]:
        """The lead and up to ``points`` further runs, best first. ``found`` must not be empty."""
        wanted = frozenset(terms(query))
        scored = [self._score(wanted, vector, hit, found[-1].score) for hit in found]
        best = max(float(passage.values.max(initial=0)) for passage in scored)
        lead = self._lead(self._leader(scored))
        chosen = [lead]
        taken = [self._vectors(lead)]
        chars = lead.end - lead.start
        ranked = self._ranked(scored)
        same = [pair for pair in ranked if _same_section(pair[0], lead)]
        for run, own in [*same[:SECTION_FIRST], *ranked]:
            if len(chosen) > points:
                break
            if run.value < best - (SECTION_LEAST if _same_section(run, lead) else LEAST_VALUE):
                continue
            if chars + run.end - run.start > MOST_CHARS:
                continue
            if self._overlaps(run, chosen) or self._says_again(own, taken):
                continue
            articles = {other.passage.article for other in chosen}
            if run.passage.article not in articles and len(articles) >= MOST_ARTICLES:
                continue
            chosen.append(run)
            taken.append(own)
            chars += run.end - run.start
        return lead, chosen[1:]

    def _score(self, wanted: frozenset[str], vector: Vector, hit: Hit, last_score: float) -> _Scored:
        vectors = self._index.sentence_vectors(hit.row)
        notes = self._notebook.of(hit.row, hit.passage)
        share = np.array([len(wanted & note.terms) for note in notes.sentences], np.float32) / max(len(wanted), 1)
        values = vectors @ vector + WORDS_BONUS * share + PASSAGE_BONUS * (hit.score - last_score)
        if notes.opens_section and hit.passage.section.endswith("?"):
            values[:1] += LEAD_BONUS
            values[1:2] += SECOND_BONUS
        if not hit.passage.section:
            values -= INTRO_PENALTY
        values[[not note.quotable for note in notes.sentences]] = -1
        return _Scored(hit, notes, vectors, values.astype(np.float32))

    @staticmethod
    def _leader(scored: Sequence[_Scored]) -> _Scored:
        """The passage to lead with: the best found, unless it only opens its article and the next comes close."""
        first = scored[0]
        if first.hit.passage.section or len(scored) == 1:
            return first
        return max(scored[:3], key=lambda passage: float(passage.values.max(initial=-1)))

    def _lead(self, best: _Scored) -> Run:
        """The two sentences that answer a heading, where the best passage has one; else its best sentence with the better neighbour."""
        passage, values = best.hit.passage, best.values
        count = len(passage.sentences)
        place = int(values.argmax())
        if best.notes.opens_section and passage.section.endswith("?") and values[0] > values[place] - LEAST_VALUE:
            place = 0
        first = last = place
        first = _back_to_a_start(best.notes, first)
        if first == last:
            after = float(values[last + 1]) if last + 1 < count else -1.0
            before = float(values[first - 1]) if first and place else -1.0
            if after > max(before, 0.0):
                last += 1
            elif before > 0:
                first = _back_to_a_start(best.notes, first - 1)
        if passage.sentences[last].end - passage.sentences[first].start > LEAD_CHARS and first != last:
            first = last = place
            first = _back_to_a_start(best.notes, first)
        return Run(best.hit.row, passage, first, last, float(values[place]))

    def _ranked(self, scored: Sequence[_Scored]) -> list[tuple[Run, NDArray[np.float32]]]:
        runs = []
        for passage in scored:
            for place in range(len(passage.values)):
                if passage.values[place] <= 0:
                    continue
                first = _back_to_a_start(passage.notes, place)
                run = Run(passage.hit.row, passage.hit.passage, first, place, float(passage.values[place]))
                runs.append((run, passage.vectors[first : place + 1]))
        return sorted(runs, key=lambda pair: -pair[0].value)

    def _vectors(self, run: Run) -> NDArray[np.float32]:
        return self._index.sentence_vectors(run.row)[run.first : run.last + 1]

    @staticmethod
    def _overlaps(run: Run, chosen: Sequence[Run]) -> bool:
        return any(run.row == other.row and run.first <= other.last and other.first <= run.last for other in chosen)

    @staticmethod
    def _says_again(own: NDArray[np.float32], taken: Sequence[NDArray[np.float32]]) -> bool:
        return any(float((own @ other.T).max()) > TWIN for other in taken)


def write(runs: Sequence[Run], articles: dict[str, Article], first_number: int) -> tuple[list[Block], list[Citation]]:
    """A lead paragraph and points, with their citations numbered from ``first_number``. Points come in page order within an article."""
    citations: list[Citation] = []

    def cite(run: Run) -> tuple[str, int]:
        article = articles[run.passage.article]
        quote = article.text[run.start : run.end]
        number = first_number + len(citations)
        citations.append(
            Citation(
                n=number,
                article=article.slug,
                title=article.title,
                section=run.passage.section,
                quote=quote,
                start=run.start,
                end=run.end,
                url=citation_url(article.slug, run.start, run.end),
                reviewed_on=article.reviewed_on,
                reviewed_by=article.reviewed_by,
            )
        )
        return quote, number

    lead, *rest = runs
    text, number = cite(lead)
    blocks = [Block("paragraph", one_line(text), citations=(number,))]
    order = list(dict.fromkeys(run.passage.article for run in runs))
    items = []
    for run in sorted(rest, key=lambda run: (order.index(run.passage.article), run.start)):
        text, number = cite(run)
        items.append(Item(one_line(text), citations=(number,)))
    if items:
        numbers = tuple(number for item in items for number in item.citations)
        blocks.append(Block("points", "\n".join(f"• {item.text}" for item in items), citations=numbers, items=tuple(items)))
    return blocks, citations


def one_line(text: str) -> str:
    """A quote as it is shown: the article's line breaks become spaces, nothing else changes."""
    return " ".join(text.split())


def _same_section(run: Run, other: Run) -> bool:
    return run.passage.article == other.passage.article and run.passage.section == other.passage.section


def _back_to_a_start(notes: Notes, place: int) -> int:
    """The nearest sentence at or before ``place`` that can begin a quote; at most two back."""
    for start in range(place, max(place - 3, -1), -1):
        if not notes.sentences[start].dangles:
            return start
    return place
