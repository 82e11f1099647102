"""Scoring and finding, on our own library: the real model, the real Chroma, the real keyword index."""

from __future__ import annotations

import numpy as np
import pytest

from app.retrieve.find import Finder
from app.retrieve.mix import ARTICLE_WEIGHT, Candidates, Mixer, top
from app.session import Opened
from app.wiring import Rapport


@pytest.fixture(scope="module")
def opened(library: Rapport) -> Opened:
    with library._session.use() as session:
        return session


def test_scores_are_what_the_formula_says(opened: Opened, library: Rapport) -> None:
    index, query = opened.index, "what does therapy cost"
    vector = library.embedder.queries([query])[0]  # type: ignore[union-attr]
    found = Mixer(index).candidates(query, vector, 20)
    vectors = np.asarray(index.vectors)
    cosines = vectors @ vector
    centre, spread = float(cosines.mean()), float(cosines.std())
    bm25 = dict(index.lexical.search(query, 20))
    for row, article, score in zip(found.rows, found.article, found.score, strict=True):
        dense = (1 - ARTICLE_WEIGHT) * cosines[row] + ARTICLE_WEIGHT * float(index.heads[article] @ vector)
        expected = (dense - centre) / spread + 1.5 * bm25.get(int(row), 0.0) / max(bm25.values())
        assert score == pytest.approx(expected, abs=0.01)


def test_candidates_are_the_nearest_by_meaning_and_by_words(opened: Opened, library: Rapport) -> None:
    query = "sliding scale"
    vector = library.embedder.queries([query])[0]  # type: ignore[union-attr]
    rows = set(Mixer(opened.index).candidates(query, vector, 10).rows.tolist())
    exact = set(np.argsort(-(np.asarray(opened.index.vectors) @ vector))[:10].tolist())
    assert len(rows & exact) >= 9
    assert {row for row, _ in opened.index.lexical.search(query, 10)} <= rows


def test_one_article_does_not_fill_the_results() -> None:
    candidates = Candidates(
        rows=np.arange(6), article=np.array([0, 0, 0, 0, 1, 2]), score=np.array([9, 8, 7, 6, 5, 4], np.float32),
        cosine=np.zeros(6, np.float32), lexical=np.zeros(6, np.float32),
    )  # fmt: skip
    assert top(candidates, 4, per_article=2).tolist() == [0, 1, 4, 5]


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("what happens in the first session?", "first-session"),
        ("sliding scale", "low-cost-therapy"),
        ("whats the diffrence between a psycologist and a psychiatrist", "kinds-of-professionals"),
        ("My English is not so good, the therapist he will tell my boss what I say?", "confidentiality"),
        (
            "So last year my neighbour, a lovely woman with three dogs, told me about a kind of therapy with eye movements. What is EMDR?",
            "emdr",
        ),
    ],
)
def test_people_ask_in_many_ways(library: Rapport, question: str, article: str) -> None:
    assert article in {hit.passage.article for hit in library.search(question, 5)}


def test_hits_fall_in_score_and_keep_to_the_cap(opened: Opened, library: Rapport) -> None:
    found = Finder(opened.index, per_article=2, depth=100, lexical_share=1.5).rank("therapy", library.embedder.queries(["therapy"])[0], 8)  # type: ignore[union-attr]
    scores = [hit.score for hit in found]
    assert scores == sorted(scores, reverse=True)
    articles = [hit.passage.article for hit in found]
    assert max(articles.count(slug) for slug in articles) <= 2


def test_signs_tell_an_answer_from_none(library: Rapport) -> None:
    covered, outside = library.signs(["what happens in the first session?", "how do I change a flat tyre"])
    assert covered.passage > outside.passage
    assert covered.asked > covered.outside
    assert outside.outside > outside.asked
    assert covered.covered > outside.covered
    assert covered.article > outside.article
    assert covered.length == pytest.approx(np.log(7))


def test_signs_tell_a_name_of_a_topic(library: Rapport) -> None:
    article = library.article(library.articles()[0].slug)
    assert article is not None
    name, more = library.signs([article.aliases[0], f"{article.aliases[0]} for my car"])
    assert (name.named, more.named) == (1, 0)
