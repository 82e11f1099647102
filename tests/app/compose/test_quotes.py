"""What is quoted, on our own library: verbatim, cited, in order, not twice."""

from __future__ import annotations

from itertools import pairwise

import pytest

from app.compose.answer import READ, Asked
from app.compose.quotes import TWIN, Quoter, write
from app.compose.texts import contact_block, load_texts
from app.domain import Block
from app.session import Opened
from app.settings import Clinic
from app.wiring import Rapport

QUESTIONS = [
    "what happens in the first session?",
    "how much does therapy cost without insurance",
    "will my therapist tell anyone what I say",
    "what is the difference between cbt and dbt",
    "how do I support a friend who is depressed",
    "grounding",
]


@pytest.fixture(scope="module")
def opened(library: Rapport) -> Opened:
    with library._session.use() as session:
        return session


@pytest.mark.parametrize("question", QUESTIONS)
def test_runs_are_exact_distinct_and_few(opened: Opened, library: Rapport, question: str) -> None:
    vector = library.embedder.queries([question])[0]  # type: ignore[union-attr]
    lead, rest = Quoter(opened.index).choose(question, vector, opened.finder.find(question, vector, READ).hits, points=4)
    runs = [lead, *rest]
    assert len(rest) <= 4
    assert len({run.passage.article for run in runs}) <= 3
    places = sorted((run.row, run.first, run.last) for run in runs)
    assert all(a[0] != b[0] or a[2] < b[1] for a, b in pairwise(places)), "no sentence twice"
    vectors = [opened.index.sentence_vectors(run.row)[run.first : run.last + 1] for run in runs]
    assert all(float((a @ b.T).max()) <= TWIN for i, a in enumerate(vectors) for b in vectors[:i]), "nothing said again"
    articles = {slug: opened.index.article(slug) for slug in {run.passage.article for run in runs}}
    blocks, citations = write(runs, articles, 1)  # type: ignore[arg-type]
    assert [citation.n for citation in citations] == list(range(1, len(citations) + 1))
    for citation in citations:
        article = articles[citation.article]
        assert article is not None
        assert citation.quote == article.text[citation.start : citation.end]
    shown = [block.text for block in blocks if block.type == "paragraph"] + [item.text for block in blocks for item in block.items]
    assert shown == [" ".join(citation.quote.split()) for citation in citations]


def test_a_heading_that_asks_the_question_is_answered_by_its_first_sentences(opened: Opened, library: Rapport) -> None:
    question = "What happens in a first therapy session, step by step?"
    vector = library.embedder.queries([question])[0]  # type: ignore[union-attr]
    lead, _ = Quoter(opened.index).choose(question, vector, opened.finder.find(question, vector, READ).hits, points=4)
    assert lead.passage.section == question
    assert (lead.first, lead.last) == (0, 1)


def test_a_question_in_two_parts_is_answered_in_two_or_says_it_is_not(opened: Opened, library: Rapport) -> None:
    def ask(first: str, second: str) -> tuple[str, list[Block], set[str]]:
        whole = f"{first} and {second}"
        vectors = library.embedder.queries([whole, first, second])  # type: ignore[union-attr]
        answer = opened.answerer.answer(Asked(whole, vectors[0], ((first, vectors[1]), (second, vectors[2]))), load_texts("en"))
        return answer.status, list(answer.blocks), {citation.article for citation in answer.citations}

    status, blocks, articles = ask("what is EMDR", "what does a therapy session cost")
    assert status == "answered"
    assert {"emdr", "cost-and-insurance"} <= articles
    assert [block.type for block in blocks].count("paragraph") == 2
    status, blocks, articles = ask("what is EMDR", "who won the football on sunday")
    assert status == "partial"
    assert "emdr" in articles
    assert blocks[-1].type == "notice"


def test_a_decline_names_the_clinic_and_how_to_reach_it() -> None:
    block = contact_block(Clinic(name="Riverside", phone="+1 (555) 010-0", email="hello@clinic.example", hours="9 to 5"), load_texts("en"))
    assert block is not None
    assert [link.href for link in block.links] == ["tel:+15550100", "mailto:hello@clinic.example"]
    assert "9 to 5" in block.text
    assert contact_block(Clinic(), load_texts("en")) is None
