from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from markupsafe import escape

from app.citation_url import citation_url
from app.errors import SettingsError
from app.web.library import load_topics, shelves
from app.web.pages import snippet
from tests.app.web.conftest import Start, make_rapport
from tests.app.web.fakes import QUOTE, make_article

ARTICLE = make_article()
START = ARTICLE.text.index(QUOTE)


def test_the_cited_words_are_marked_without_a_script(client: TestClient) -> None:
    html = client.get(citation_url("first-session", START, START + len(QUOTE))).text
    assert html.count("<mark") == 1
    assert f'<mark id="cited">{QUOTE}</mark>' in html
    assert "go back to the chat" in html


def test_an_article_shows_its_parts(client: TestClient) -> None:
    html = client.get("/articles/first-session").text
    assert "<mark" not in html
    assert '<a href="#what-happens-in-a-first-session-2">' in html
    assert '<h3 id="what-should-i-bring-to-a-first-session">' in html
    assert "Not yet reviewed by a clinician. Written 22 November 2026." in html
    assert '<a href="https://example.org/psychotherapy" rel="noopener noreferrer external">Understanding psychotherapy</a>, 2012' in html
    assert "javascript:" not in html
    assert "&amp; explain &lt;why&gt;" in html
    assert 'role="note"' in html


def test_an_article_says_who_reviewed_it_and_when_that_is_overdue(start: Start) -> None:
    rapport = make_rapport()
    rapport.library = (
        make_article("a", reviewed_by="Dr Ada Okoro", reviewed_on="2026-03-01", review_due="2099-01-01"),
        make_article("b", reviewed_by="Dr Ada Okoro", reviewed_on="2020-03-01", review_due="2021-01-01"),
    )
    client = start(rapport)
    assert "Reviewed by Dr Ada Okoro on 1 March 2026." in client.get("/articles/a").text
    assert "is overdue" in client.get("/articles/b").text


XSS = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "javascript:alert(1)", "' autofocus onfocus=alert(1) x='"]


@pytest.mark.parametrize("text", XSS)
def test_text_stays_text(start: Start, text: str) -> None:
    rapport = make_rapport(clinic={"name": text})
    rapport.library = (make_article("a", title=text, summary=text, topics=(text,), reviewed_by=text, reviewed_on=text),)
    client = start(rapport)
    for path in ("/articles/a", "/articles", f"/articles?q={text}", "/", "/chat", "/safety"):
        html = client.get(path).text
        assert "<img" not in html
        assert "<script>" not in html
    assert f'<h1 id="top">{escape(text)}</h1>' in client.get("/articles/a").text


def test_the_library_stands_in_the_order_of_the_topics(start: Start, tmp_path: Path) -> None:
    (tmp_path / "topics.toml").write_text(
        '[[group]]\nid = "starting"\ntitle = "Starting therapy"\narticles = ["cost", "first-session"]\n', "utf-8"
    )
    html = start(corpus_dir=tmp_path).get("/articles").text
    assert html.index("Starting therapy") < html.index('href="/articles/cost"') < html.index('href="/articles/first-session"')


def test_the_library_leads_to_its_topics_and_says_where_one_is(start: Start) -> None:
    rapport = make_rapport()
    rapport.library = (make_article("a"), make_article("b"), make_article("c", topics=("other",)))
    client = start(rapport)
    html = client.get("/articles").text
    assert '<li><a href="#topic-1">Starting therapy</a>&nbsp;<span class="fine">2</span></li>' in html
    assert '<h2 id="topic-2">Other</h2>' in html
    assert 'class="topics"' not in client.get("/articles?q=first").text
    assert '<a href="/articles" aria-current="page">' in html
    assert '<a href="/chat" aria-current="page">' in client.get("/chat").text
    assert "aria-current" not in client.get("/").text


def test_topics_without_a_title_get_their_name_and_others_come_last() -> None:
    entries = [
        make_article("b", topics=("while-in",), title="B"),
        make_article("a", topics=("while-in",), title="a"),
        make_article("c", topics=()),
    ]
    found = shelves(entries, ())
    assert [(shelf.id, shelf.title, [entry.slug for entry in shelf.entries]) for shelf in found] == [
        ("while-in", "While in", ["a", "b"]),
        ("other", "More", ["c"]),
    ]


def test_our_own_topics_can_be_read_and_wrong_ones_are_named(tmp_path: Path) -> None:
    assert load_topics(Path("corpus"))[0].title == "Starting therapy"
    assert load_topics(tmp_path) == ()
    (tmp_path / "topics.toml").write_text("group = 3", "utf-8")
    with pytest.raises(SettingsError, match=r"topics\.toml"):
        load_topics(tmp_path)


def test_searching_the_library_needs_no_script(client: TestClient) -> None:
    html = client.get("/articles", params={"q": "first <b>"}).text
    assert "What we found" in html
    assert QUOTE in html
    assert 'value="first &lt;b&gt;"' in html
    assert "Nothing found" in client.get("/articles", params={"q": "zebra"}).text
    assert client.get("/articles", params={"q": "zebra"}).headers["cache-control"] == "no-store"


def test_without_an_index_pages_say_so(start: Start) -> None:
    rapport = make_rapport()
    rapport.state.ready, rapport.state.reason = False, "no build is open"
    client = start(rapport)
    for path in ("/articles", "/articles/first-session", "/articles?q=a"):
        reply = client.get(path, headers={"Accept": "text/html"})
        assert reply.status_code == 503
        assert "no build is open" in reply.text
    assert client.get("/").status_code == client.get("/chat").status_code == 200


def test_a_snippet_ends_at_a_word() -> None:
    assert snippet("short  and\n\nsweet") == "short and sweet"
    cut = snippet("word " * 100)
    assert cut.endswith("word …")
    assert len(cut) <= 283
