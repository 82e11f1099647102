from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.citation_url import citation_url
from app.domain import Article, Span
from app.web.reading import Piece, cited_span, plain_date, review_of, sections
from tests.app.web.fakes import QUOTE, make_article

ARTICLE = make_article()


def pieces_of(article: Article, span: Span | None) -> list[Piece]:
    found = sections(article, span)
    return [piece for s in found for piece in [*s.heading, *(p for part in s.parts for run in part.runs for p in run)]]


@given(st.integers(0, len(ARTICLE.text)), st.integers(0, len(ARTICLE.text)))
def test_marking_loses_nothing_and_marks_exactly_the_span(a: int, b: int) -> None:
    span = cited_span(str(a), str(b), ARTICLE)
    assert (span is None) == (a >= b)
    pieces = pieces_of(ARTICLE, span)
    assert "".join(piece.text for piece in pieces) == ARTICLE.text.replace("\n\n", "")
    if span:
        marked = "".join(piece.text for piece in pieces if piece.marked)
        assert marked == ARTICLE.text[span.start : span.end].replace("\n", "")
        firsts = [piece.first for piece in pieces if piece.marked]
        assert firsts == [n == 0 for n in range(len(firsts))]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("x", "9"),
        ("-1", "9"),
        ("5", "5"),
        ("9", "5"),
        ("0", "99999999"),
        ("0", "9" * 40),
        ("٣", "9"),
        (None, "9"),
        ("0", None),
        ("", ""),
        ("1e1", "20"),
        (" 1", "5"),
        ("0", "²"),
    ],
)
def test_junk_offsets_are_ignored(start: str | None, end: str | None) -> None:
    assert cited_span(start, end, ARTICLE) is None


@given(st.text(max_size=12), st.text(max_size=12))
def test_offsets_from_an_address_never_fail(start: str, end: str) -> None:
    span = cited_span(start, end, ARTICLE)
    assert span is None or 0 <= span.start < span.end <= len(ARTICLE.text)


def test_sections_have_addresses_of_their_own() -> None:
    anchors = [section.anchor for section in sections(ARTICLE)]
    assert anchors == [
        "top",
        "what-happens-in-a-first-session",
        "what-should-i-bring-to-a-first-session",
        "what-happens-in-a-first-session-2",
    ]


def test_list_items_stand_in_one_list() -> None:
    assert [(part.kind, len(part.runs)) for part in sections(ARTICLE)[1].parts] == [("paragraph", 1), ("item", 2), ("callout", 1)]


@pytest.mark.parametrize(
    ("by", "on", "due", "state"),
    [
        (None, None, "2027-05-22", "unreviewed"),
        ("Dr A", None, None, "unreviewed"),
        ("Dr A", "2026-01-02", "2027-05-22", "reviewed"),
        ("Dr A", "2026-01-02", None, "reviewed"),
        ("Dr A", "2026-01-02", "2026-11-21", "overdue"),
        ("Dr A", "2026-01-02", "2026-11-22", "reviewed"),
    ],
)
def test_review_state(by: str | None, on: str | None, due: str | None, state: str) -> None:
    assert review_of(make_article(reviewed_by=by, reviewed_on=on, review_due=due), date(2026, 11, 22)).state == state


def test_dates_are_plain() -> None:
    assert plain_date("2026-11-02") == "2 November 2026"
    assert plain_date("soon") == "soon"
    assert plain_date(None) == ""


def test_a_citations_address_opens_its_words() -> None:
    start = ARTICLE.text.index(QUOTE)
    assert citation_url("first-session", start, start + len(QUOTE)) == f"/articles/first-session?s={start}&e={start + len(QUOTE)}#cited"
    assert citation_url("a/b?c#d", 0, 1) == "/articles/a%2Fb%3Fc%23d?s=0&e=1#cited"
