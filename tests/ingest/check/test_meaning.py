"""What the real embedding model finds, on planted twins and on texts that differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.embed import Embedder, open_embedder
from app.settings import Settings
from ingest.check.draft import Draft
from ingest.check.limits import limits
from ingest.check.meaning import HEADINGS, NUMBERS, PARAGRAPHS, QUESTIONS, check, pairs_above, same_subject
from tests.ingest.check.conftest import FRONT, MakeDraft

OPENING = "\nAn opening line of words.\n\n"
REST = "sessions, over about two to five months, and a phobia can take less time.\n"
FIRST = f"## How long does CBT take?\n\nA course of CBT is often 6 to 20 weekly {REST}"
TWIN = f"## How long does CBT usually take?\n\nCBT is often 30 to 40 weekly {REST}"
ELSE = "## Can I bring a dog to the clinic?\n\nGuide dogs are welcome, and other animals can wait in the yard with a bowl of fresh water.\n"


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    settings = Settings()
    return open_embedder("gte-small", settings.models_dir, 1)


def kinds(drafts: list[Draft], embedder: Embedder) -> set[tuple[str, str]]:
    return {(finding.article, finding.check) for finding in check(drafts, embedder, limits().alike["gte-small"])}


def test_twins_are_found_and_others_are_not(draft: MakeDraft, embedder: Embedder) -> None:
    first = replace(draft(FRONT + OPENING + FIRST), slug="first", name="first")
    twin = replace(draft(FRONT + OPENING + TWIN), slug="twin", name="twin")
    other = replace(draft(FRONT + OPENING + ELSE), slug="other", name="other")
    found = kinds([first, twin, other], embedder)
    assert {("twin", HEADINGS), ("twin", NUMBERS), ("twin", PARAGRAPHS)} <= found
    assert not {pair for pair in found if pair[0] == "other" and pair[1] != QUESTIONS}


def test_a_question_that_another_article_answers_is_an_info(draft: MakeDraft, embedder: Embedder) -> None:
    asks = FRONT.replace("  - can i do wool therapy at home\n", "  - can i bring my dog to the clinic\n")
    first = replace(draft(asks + OPENING + FIRST), slug="first", name="first")
    other = replace(draft(FRONT + OPENING + ELSE), slug="other", name="other")
    assert ("first", QUESTIONS) in kinds([first, other], embedder)


def test_the_same_numbers_do_not_differ(draft: MakeDraft, embedder: Embedder) -> None:
    first = replace(draft(FRONT + OPENING + FIRST), slug="first", name="first")
    agrees = replace(draft(FRONT + OPENING + TWIN.replace("30 to 40", "8 to 12")), slug="twin", name="twin")
    assert ("twin", NUMBERS) not in kinds([first, agrees], embedder)


def test_an_empty_library_has_no_findings(embedder: Embedder) -> None:
    assert list(check([], embedder, limits().alike["gte-small"])) == []


def test_same_subject() -> None:
    assert same_subject("How long does CBT take?", "How long does CBT usually take?")
    assert not same_subject("How long does CBT take?", "How long does DBT take?")
    assert not same_subject("How?", "Why?")


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=12), st.integers(0, 1000))
def test_pairs_agree_with_the_plain_loop(groups: list[str], seed: int) -> None:
    vectors = np.random.default_rng(seed).standard_normal((len(groups), 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    plain = [
        (one, other)
        for one in range(len(groups))
        for other in range(one + 1, len(groups))
        if groups[one] != groups[other] and float(vectors[one] @ vectors[other]) >= 0.5
    ]
    found = list(pairs_above(groups, vectors, 0.5))
    assert [(one, other) for one, other, _ in found] == plain or all(abs(cosine - 0.5) < 1e-5 for *_, cosine in found)
