"""Web pages of several makes, written for these tests."""

from __future__ import annotations

import pytest

from app.errors import SourceError
from ingest.document import RawDocument
from ingest.extract.html import read_html

PARAGRAPH = (
    "Trust in therapy grows slowly, and a good therapist gives it time. Clients often test the water with something small at first. "
)
BODY = f"<p>{PARAGRAPH}</p><h2>How long does it take?</h2><p>Some people need weeks and others need months, and both are common.</p>"
EMERGENCY = "In an emergency call 911 or go to the nearest emergency department."


def read(html: str) -> RawDocument:
    return read_html(html.encode())


def shown(document: RawDocument) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in document.blocks]


def text(document: RawDocument) -> str:
    return "\n".join(block.text for block in document.blocks)


def test_main_is_kept_whole_and_the_rest_goes() -> None:
    page = read(
        "<html><head><title>Trust | Calm Rooms</title></head><body><header><nav>Home About</nav></header>"
        f"<main><h1>Growing trust</h1>{BODY}</main><aside>Our newsletter</aside><footer>Calm Rooms, Main Street</footer></body></html>"
    )
    assert page.title == "Growing trust"
    assert shown(page) == [
        ("paragraph", PARAGRAPH.strip()),
        ("heading", "How long does it take?"),
        ("paragraph", "Some people need weeks and others need months, and both are common."),
    ]


@pytest.mark.parametrize(
    "callout",
    [
        f"<aside>{EMERGENCY}</aside>",
        f'<div role="alert">{EMERGENCY}</div>',
        f'<div class="warning-box"><p>{EMERGENCY}</p></div>',
        f'<section class="callout callout--red">{EMERGENCY}</section>',
        f'<p class="emergency">{EMERGENCY}</p>',
        f"<blockquote>{EMERGENCY}</blockquote>",
        f'<div class="nhsuk-warning-callout"><h3>Urgent</h3><p>{EMERGENCY}</p></div>',
        f'<div class="sidebar"><p>{EMERGENCY}</p></div>',
        f"<nav><p>{EMERGENCY}</p></nav>",
        f'<div class="alert" style="color:#fff">{EMERGENCY}</div>',
        f'<div class="cookie-share-widget"><span>{EMERGENCY}</span></div>',
    ],
)
@pytest.mark.parametrize("place", ["inside", "before", "after", "no main"])
def test_an_emergency_call_out_is_never_lost(callout: str, place: str) -> None:
    pages = {
        "inside": f"<main><h1>T</h1>{BODY}{callout}{BODY}</main>",
        "before": f"{callout}<main><h1>T</h1>{BODY}</main>",
        "after": f"<main><h1>T</h1>{BODY}</main><footer>{callout}</footer>",
        "no main": f"<div><h1>T</h1>{BODY}{callout}{BODY}</div>",
    }
    page = read(f"<html><body>{pages[place]}</body></html>")
    assert EMERGENCY in text(page)
    assert text(page).count(EMERGENCY) == 1
    if place != "inside":
        return
    assert ("callout", EMERGENCY) in shown(page) or ("paragraph", EMERGENCY) in shown(page)


def test_without_main_furniture_is_told_by_tag_class_and_links() -> None:
    page = read(
        "<html><head><title>Growing trust - Petra's blog</title></head><body>"
        "<div id='header'><h1 class='title'></h1></div><div class='topnav'><a href='/a'>Home</a> <a href='/b'>About</a></div>"
        f"<div class='post'><h3>Growing trust</h3><div class='post-body'>{BODY}First line.<br><br>Second line<br>goes on.</div></div>"
        "<div class='share-buttons'>Share Tweet Pin</div>"
        "<ul><li><a href='/1'>Ways to smile</a></li><li><a href='/2'>A walk a day</a></li><li><a href='/3'>Sleep and worry</a></li></ul>"
        "<div class='cookie-banner'>We use cookies.</div><div class='comments'><p>Great post, thanks a lot!</p></div></body></html>"
    )
    assert page.title == "Growing trust"
    for furniture in ("Home", "Share", "smile", "cookies", "Great post", "About"):
        assert furniture not in text(page)
    assert ("paragraph", "Second line goes on.") in shown(page)


def test_of_several_articles_the_largest_is_read() -> None:
    page = read(f"<html><body><article><h1>Growing trust</h1>{BODY}</article><article><p>A short teaser.</p></article></body></html>")
    assert "teaser" not in text(page)
    assert page.title == "Growing trust"


def test_the_hierarchy_of_headings_is_kept() -> None:
    page = read(f"<main><h1>T</h1><h2>A</h2><h3>B</h3><p>{PARAGRAPH}</p><h2>C</h2><p>{PARAGRAPH}</p></main>")
    assert [(block.text, block.level) for block in page.blocks if block.kind == "heading"] == [("A", 2), ("B", 3), ("C", 2)]


def test_tables_and_definitions_become_items_and_details_stay() -> None:
    page = read(
        f"<main><h1>T</h1>{BODY}<table><tr><th>Therapy</th><th>Length</th></tr><tr><td>CBT</td><td>12 weeks</td></tr></table>"
        "<table><tr><th>Cost</th><td>80</td></tr></table><dl><dt>CBT</dt><dd>A talking therapy.</dd></dl>"
        "<details><summary>Is it private?</summary><p>Yes, with limits.</p></details><ul><li>One <ul><li>Two</li></ul></li></ul></main>"
    )
    assert ("item", "Therapy: CBT; Length: 12 weeks") in shown(page)
    assert ("item", "Cost: 80") in shown(page)
    assert ("item", "CBT: A talking therapy.") in shown(page)
    assert ("heading", "Is it private?") in shown(page)
    assert shown(page)[-3:] == [("paragraph", "Yes, with limits."), ("item", "One"), ("item", "Two")]


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display: none">SECRET</p>',
        "<p hidden>SECRET</p>",
        '<p aria-hidden="true">SECRET</p>',
        '<p style="font-size:0px">SECRET</p>',
        '<span style="color:white;background-color:#fff">SECRET</span>',
        '<p style="position:absolute;left:-9999px">SECRET</p>',
        "<!-- SECRET -->",
        '<img alt="SECRET" src="a.png">',
        '<div class="x9">SECRET</div>',
        '<p style="opacity:0">SECRET</p>',
        '<p class="sr-only">SECRET</p>',
        "<template>SECRET</template><p aria-label='SECRET'>Seen</p>",
    ],
)
def test_what_a_reader_does_not_see_is_kept_apart(hidden: str) -> None:
    page = read(f"<html><head><style>.x9 {{ visibility:hidden }}</style></head><body><main><h1>T</h1>{BODY}{hidden}</main></body></html>")
    assert "SECRET" not in text(page)
    assert any("SECRET" in entry for entry in page.hidden)


def test_what_looks_hidden_and_is_not_stays() -> None:
    page = read(f'<main><h1 style="color:#fff">T</h1>{BODY}<p style="opacity:0.9">Seen</p><div class="hidden md:block">Wide</div></main>')
    assert page.title == "T"
    assert "Seen" in text(page)
    assert "Wide" in text(page)


@pytest.mark.parametrize(
    ("data", "title"),
    [
        (f"<meta charset='iso-8859-1'><main><h1>Thérapie</h1>{BODY}</main>".encode("cp1252"), "Thérapie"),
        (f"<main><h1>Thérapie</h1>{BODY}</main>".encode("utf-16"), "Thérapie"),
        (f"\ufeff<main><h1>Thérapie</h1>{BODY}</main>".encode(), "Thérapie"),
        (
            f"<main><h1>Терапия и доверие: как это работает</h1><p>{'Доверие растёт медленно, и это нормально. ' * 9}</p></main>".encode(
                "cp1251"
            ),
            "Терапия и доверие: как это работает",
        ),
    ],
)
def test_encodings(data: bytes, title: str) -> None:
    assert read_html(data).title == title


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("<html><body></body></html>", "empty"),
        ("<html><body><nav>Home About</nav></body></html>", "empty"),
        ("<html><body><nav>" + "<a href='/x'>A link</a> " * 400 + "</nav><p>Short.</p></body></html>", "text_lost"),
        ("<?xml version='1.0'?><rss><channel><title>x</title></channel></rss>", "wrong_type"),
    ],
)
def test_pages_without_an_article_are_errors(html: str, code: str) -> None:
    with pytest.raises(SourceError) as error:
        read(html)
    assert error.value.code == code
