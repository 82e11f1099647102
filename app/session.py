"""What one request borrows: the open build and everything made from it once per build (finder, speller, topics, weights)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.compose.answer import Answerer
from app.errors import IndexUnavailable
from app.retrieve.answerable import load_answerable
from app.retrieve.find import Finder
from app.retrieve.followup import Topics
from app.retrieve.holder import IndexHolder
from app.retrieve.index import Index
from app.retrieve.mix import LEXICAL_SHARE
from app.retrieve.spelling import Speller
from app.settings import Settings


@dataclass(frozen=True)
class Opened:
    """An open build, ready to be asked. ``shown`` remembers which quotes the guard allows: it is asked once for each."""

    index: Index
    finder: Finder
    speller: Speller
    topics: Topics
    answerer: Answerer
    shown: dict[tuple[str, int, int], bool]

    def nearest_article(self, vector: NDArray[np.float32]) -> str:
        """The slug of the article nearest to a question."""
        return self.index.articles()[int((self.index.heads @ vector).argmax())].slug


class Session:
    """Lends ``Opened`` builds; what is made from a build is kept as long as that build is the current one."""

    def __init__(self, settings: Settings, holder: IndexHolder, known: Callable[[str], bool]) -> None:
        self._settings = settings
        self._holder = holder
        self._known = known
        self._made: tuple[str, Opened] | None = None

    @contextmanager
    def use(self) -> Iterator[Opened]:
        """Borrow the current build. Raises ``IndexUnavailable``."""
        with self._holder.use() as index:
            made = self._made
            if made is None or made[1].index is not index:
                made = (index.name, self._make(index))
                self._made = made
            yield made[1]

    @contextmanager
    def index_or_none(self) -> Iterator[Opened | None]:
        """Borrow the current build, or None when there is none to lend."""
        try:
            lender = self.use()
            opened = lender.__enter__()
        except IndexUnavailable:
            yield None
            return
        try:
            yield opened
        finally:
            lender.__exit__(None, None, None)

    def problem(self) -> IndexUnavailable:
        """Why there is nothing to lend."""
        return self._holder.problem or IndexUnavailable("The index isn't open yet.", code="index_opening")

    def _make(self, index: Index) -> Opened:
        wanted = self._settings.retrieve
        share = LEXICAL_SHARE if wanted.lexical_share is None else wanted.lexical_share
        cards = index.articles()
        articles = (index.article(card.slug) for card in cards)
        names = {name for article in articles if article is not None for name in (article.title, *article.aliases)}
        topics = Topics(names)
        finder = Finder(index, per_article=wanted.per_article, depth=wanted.candidates, lexical_share=share, names=topics)
        own_questions = int((index.questions.headings == 0).sum())
        answerable = load_answerable(index.manifest.model, own_questions, wanted.cutoff)
        citable = None if self._settings.cite_overdue else _in_date(index)
        return Opened(
            index=index,
            finder=finder,
            speller=Speller(index.lexical.vocabulary, self._known),
            topics=topics,
            answerer=Answerer(finder, answerable, self._settings.clinic, citable),
            shown={},
        )


def _in_date(index: Index) -> frozenset[str]:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return frozenset(card.slug for card in index.articles() if card.review_due is None or card.review_due >= today)
