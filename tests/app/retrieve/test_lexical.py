from __future__ import annotations

from pathlib import Path

import pytest

from app.retrieve.lexical import LexicalDocument, LexicalIndex, build_lexical


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    build_lexical(
        tmp_path / "lexical",
        [
            LexicalDocument(0, "What is CBT?", "How does CBT work?", "CBT looks at thoughts, feelings and habits.", "cognitive therapy"),
            LexicalDocument(1, "Sleep", "Which habits help sleep?", "A dark room and a fixed hour help many people sleep.", "insomnia"),
            LexicalDocument(2, "Cost", "What does a session cost?", "Many clinics have a sliding scale.", "fees, price"),
        ],
    )
    return LexicalIndex.open(tmp_path / "lexical")


def test_best_match_first(index: LexicalIndex) -> None:
    assert index.search("sleeping habits", 3)[0][0] == 1
    assert [row for row, _ in index.search("sliding scales", 3)] == [2]


def test_aliases_and_titles_are_found_and_count_less_than_text(index: LexicalIndex) -> None:
    assert index.search("insomnia", 3)[0][0] == 1
    assert index.search("price", 3)[0][0] == 2
    by_title, by_text = index.search("insomnia", 1)[0][1], index.search("sliding", 1)[0][1]
    assert by_title < by_text


def test_scores_fall_and_are_above_zero(index: LexicalIndex) -> None:
    scores = [score for _, score in index.search("therapy habits session sleep", 3)]
    assert scores == sorted(scores, reverse=True)
    assert all(score > 0 for score in scores)


def test_nothing_for_nothing(index: LexicalIndex) -> None:
    assert index.search("what is the", 3) == []
    assert index.search("quantum", 3) == []
    assert index.search("sleep", 0) == []


def test_how_rare_a_stem_is(index: LexicalIndex) -> None:
    assert index.rarity("habit") == 2
    assert index.rarity("zebra") == 0
    assert index.size == 3


def test_the_vocabulary_counts_words_as_they_are_written(index: LexicalIndex) -> None:
    assert index.vocabulary["habits"] == 2
    assert index.vocabulary["insomnia"] == 1


@pytest.mark.parametrize("text", ['"', "a AND", "text:sleep", "(", "sleep~2^", "\x00", "🙂", "' OR 1=1 --"])
def test_query_syntax_is_only_words(index: LexicalIndex, text: str) -> None:
    index.search(text, 3)
