"""Builds the service from its settings: the one place where the parts meet."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from app.compose.answer import READ
from app.compose.approved import load_approved
from app.compose.rewrite import Rewriter
from app.compose.verify import Verifier
from app.compose.written import Chat, Writer
from app.domain import Article, Conversation, Event, Hit, Reply, Verdict
from app.errors import IndexUnavailable, ModelError
from app.gaps import GapCounter
from app.guard.classifier import FOLDER as GUARD_WEIGHTS
from app.guard.classifier import load_classifier
from app.guard.figures import load_figures
from app.guard.replies import load_book
from app.guard.screen import Guard, load_guard
from app.models.chat import open_chat
from app.models.embed import OnnxEmbedder, open_embedder, reader_name
from app.models.multilingual import Multilingual, open_multilingual
from app.pipeline import Pipeline
from app.retrieve.content import ArticleCard
from app.retrieve.find import Signs
from app.retrieve.holder import IndexHolder
from app.retrieve.index import Index, open_current
from app.session import Session
from app.settings import Settings

OPENING = "The index is being opened."


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether questions can be answered, from which build, and what is not as it should be."""

    ready: bool
    reason: str
    build: str = ""
    articles: int = 0
    passages: int = 0
    model: str = ""
    degraded: tuple[str, ...] = ()


class Rapport:
    """The product without HTTP. ``build`` makes it; ``close()`` when done."""

    def __init__(self, settings: Settings) -> None:
        # numpy's pool waits by spinning: beside a busy neighbour a dot product of 0.1 ms was measured at 10 ms with two threads.
        threadpool_limits(1, user_api="blas")
        self.settings = settings
        self._answers = settings.corpus_dir / "answers.csv"
        self._embedder: OnnxEmbedder | None = None
        self._model_problem = ""
        self._multilingual: Multilingual | None = None
        self._multilingual_problem = ""
        self._book = load_book()
        self._figures = load_figures()
        reader = reader_name(settings.embedding_model, settings.models_dir, GUARD_WEIGHTS)
        self._classifier = load_classifier(reader, read=self._read)
        self._guard = load_guard(self._classifier)
        load_approved(self._answers, None)  # a malformed row ends the start, not the first question
        self._holder = IndexHolder(settings.index_dir, self._open_index)
        self._session = Session(settings, self._holder, self._knows)
        count = GapCounter(settings.gaps_file).record if settings.gaps_file else None
        self._pipeline = Pipeline(settings, self._guard, self._book, self._session, None, on_declined=count)
        self._chat = open_chat(settings)  # None, and nothing imported, unless a language model is set
        self._opening: threading.Thread | None = None

    # --- asking -------------------------------------------------------------------------------------------------------

    def respond(self, conversation: Conversation) -> AsyncIterator[Event]:
        """The reply as events; never raises, ends with ``done``."""
        return self._pipeline.respond(conversation)

    def answer(self, conversation: Conversation) -> Reply:
        """The whole reply; never raises."""
        return self._pipeline.answer(conversation)

    def guard_screen(self, conversation: Conversation) -> Verdict:
        """The explicit rules alone: about a millisecond, no model, no index."""
        return self._guard.screen_rules(conversation)

    @property
    def guard(self) -> Guard:
        return self._guard

    @property
    def embed(self) -> Callable[[Sequence[str]], NDArray[np.float32]] | None:
        """Texts to the rows that the guard reads, or None without a model."""
        return None if self._embedder is None else self._embedder.readings

    @property
    def embedder(self) -> OnnxEmbedder | None:
        """The embedding model, once it is open."""
        return self._embedder

    def search(self, query: str, k: int) -> list[Hit]:
        """The ``k`` best passages, whatever they are worth. Raises ``IndexUnavailable``."""
        with self._session.use() as opened:
            if self._embedder is None:
                raise IndexUnavailable(self._model_problem or OPENING, code="model_unavailable")
            corrected = opened.speller.correct(query)
            return opened.finder.rank(corrected, self._embedder.queries([corrected])[0], k)

    def signs(self, questions: Sequence[str]) -> list[Signs]:
        """What is seen of each question's search: for calibration. Raises ``IndexUnavailable``."""
        with self._session.use() as opened:
            corrected = [opened.speller.correct(question) for question in questions]
            assert self._embedder is not None  # noqa: S101 - an open index has an open model
            vectors = self._embedder.queries(corrected)
            return [opened.finder.find(text, vector, READ).signs for text, vector in zip(corrected, vectors, strict=True)]

    # --- reading ------------------------------------------------------------------------------------------------------

    def article(self, slug: str) -> Article | None:
        """The article called ``slug``. Raises ``IndexUnavailable``."""
        with self._holder.use() as index:
            return index.article(slug)

    def articles(self) -> Sequence[ArticleCard]:
        """All articles, as a list shows them. Raises ``IndexUnavailable``."""
        with self._holder.use() as index:
            return index.articles()

    def safety(self) -> Mapping[str, Any]:
        """The published protocol, the lines of each region, and the guard's measured figures."""
        return {**self._book.protocol(), "measured": self._figures}

    def readiness(self) -> Readiness:
        """Cheap: looks at what is open."""
        if self._model_problem:
            return Readiness(False, self._model_problem)
        try:
            with self._holder.use() as index:
                if self._embedder is None:
                    return Readiness(False, OPENING)
                manifest = index.manifest
                chat = self._chat.problem if self._chat is not None else ""
                words = (self._classifier.describe().get("why", ""), self._multilingual_problem)
                doubts = (index.problem, str(self._holder.problem or ""), *words, chat)
                problems = tuple(text for text in doubts if text)
                return Readiness(True, "", index.name, len(manifest.articles), manifest.passages, manifest.model, problems)
        except IndexUnavailable as error:
            return Readiness(False, str(error))

    # --- opening ------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Open model and index now. Raises ``ModelError`` or ``IndexUnavailable``; the guard answers crises all the same."""
        self.open_model()
        self._holder.open()

    def open_beside(self) -> None:
        """Open model and index in a thread of their own; ``readiness`` says when it is done, or why not."""
        self._opening = threading.Thread(target=self._open_quietly, name="opening", daemon=True)
        self._opening.start()

    def close(self) -> None:
        """Let go of the index; safe to repeat."""
        if self._opening is not None:
            self._opening.join(timeout=30)
        self._holder.close()

    def _open_quietly(self) -> None:
        try:
            self.open()
        except (ModelError, IndexUnavailable):
            return  # readiness has the reason

    def open_model(self) -> None:
        """Open the guard's multilingual encoder, and the embedding model. Raises ``ModelError`` for the latter."""
        try:
            multilingual = open_multilingual(self.settings.models_dir)
            multilingual.queries(["ready"])
            self._multilingual = multilingual
        except ModelError as error:
            self._multilingual_problem = f"Other languages than English are understood less well: {error}"
        try:
            embedder = open_embedder(self.settings.embedding_model, self.settings.models_dir, self.settings.threads, GUARD_WEIGHTS)
        except ModelError as error:
            self._model_problem = str(error)
            raise
        embedder.readings(["ready"])  # the first pass is the slow one
        self._embedder = embedder
        self._pipeline.embedder = embedder
        self._pipeline.approved = load_approved(self._answers, embedder)
        if self._chat is not None:
            self._write_with(self._chat)
        self._model_problem = ""

    def _read(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """What the guard reads of other languages than English, once the multilingual encoder is open."""
        return None if self._multilingual is None else self._multilingual.queries(texts)

    def _write_with(self, chat: Chat) -> None:
        """Let a language model write, under the verifier and the guard."""
        self._pipeline.writer = Writer(chat, Verifier(), self._guard.check_out, self.settings.written.passages)
        if self.settings.written.rewrite:
            self._pipeline.rewriter = Rewriter(chat, lambda text: self._guard.screen_rules(Conversation(text)).blocks)

    def _open_index(self) -> Index:
        if self._embedder is None:
            raise IndexUnavailable(self._model_problem or OPENING, code="model_unavailable")
        return open_current(self.settings.index_dir, self._embedder.fingerprint, chroma_url=self.settings.chroma_url)

    def _knows(self, word: str) -> bool:
        return self._embedder is not None and self._embedder.knows(word)


def build(settings: Settings, *, wait: bool = False) -> Rapport:
    """The service. Model and index are opened beside, unless ``wait``; then ``ModelError`` and ``IndexUnavailable`` are raised."""
    rapport = Rapport(settings)
    if wait:
        rapport.open()
    else:
        rapport.open_beside()
    return rapport
