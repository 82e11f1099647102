from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import Article, Passage, Source, Span
from app.errors import IndexDamaged
from app.retrieve import content as module
from app.retrieve.content import Content, write_content

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
articles = st.builds(
    Article,
    slug=words,
    title=words,
    text=words,
    blocks=st.just(()),
    summary=words,
    topics=st.lists(words, max_size=3).map(tuple),
    sources=st.lists(st.builds(Source, words, words, st.none() | st.integers(1900, 2030)), max_size=2).map(tuple),
    reviewed_on=st.none() | st.just("2026-01-01"),
)


def make_passages(article: Article, count: int) -> list[Passage]:
    spans = (Span(0, 1), Span(1, 2))
    return [Passage(f"{article.slug}-{i}", article.slug, article.title, "§", i, i + 2, f"text {i}", spans) for i in range(count)]


@settings(max_examples=30, deadline=None)
@given(st.lists(articles, min_size=1, max_size=4, unique_by=lambda article: article.slug))
def test_gives_back_what_was_written(tmp_path_factory: pytest.TempPathFactory, given_articles: list[Article]) -> None:
    path = tmp_path_factory.mktemp("content") / "content.sqlite"
    passages = [passage for article in given_articles for passage in make_passages(article, 2)]
    write_content(path, given_articles, passages)
    content = Content(path)
    assert content.passage_count == len(passages)
    assert content.ids() == [passage.id for passage in passages]
    assert content.passages(range(len(passages))) == passages
    assert [content.article(article.slug) for article in given_articles] == given_articles
    assert [card.slug for card in content.cards()] == [article.slug for article in given_articles]
    assert [card.topics for card in content.cards()] == [article.topics for article in given_articles]
    content.close()


@pytest.fixture
def content(tmp_path: Path) -> Content:
    article = Article("a", "A", "text", ())
    write_content(tmp_path / "content.sqlite", [article], make_passages(article, 40))
    return Content(tmp_path / "content.sqlite")


def test_passages_come_in_the_order_asked_and_repeat(content: Content) -> None:
    assert [passage.start for passage in content.passages((7, 3, 7))] == [7, 3, 7]
    assert content.passages(()) == []


def test_an_unknown_row_or_article_is_not_made_up(content: Content) -> None:
    with pytest.raises(KeyError):
        content.passages((1, 40))
    assert content.article("b") is None


def test_memory_is_bounded(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PASSAGES_KEPT", 5)
    for row in range(40):
        assert content.passages((row, 0))[0].start == row
    assert len(content._passages) <= 7


def test_reading_leaves_no_trace(content: Content, tmp_path: Path) -> None:
    before = (tmp_path / "content.sqlite").read_bytes()
    content.passages((0, 1))
    content.close()
    assert [path.name for path in tmp_path.iterdir()] == ["content.sqlite"]
    assert (tmp_path / "content.sqlite").read_bytes() == before


@pytest.mark.parametrize("data", [b"", b"not a database, but long enough to be read as a header of one" * 40])
def test_what_is_no_content_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "content.sqlite"
    path.write_bytes(data)
    with pytest.raises(IndexDamaged):
        Content(path)


def test_a_missing_file_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged):
        Content(tmp_path / "content.sqlite")
    assert list(tmp_path.iterdir()) == []
