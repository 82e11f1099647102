"""The pages in Chromium: readable, usable by everyone, silent towards the rest of the world."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from app.citation_url import citation_url
from tests.app.web.fakes import DANGER, QUOTE, make_article
from tests.app.web.process import live

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START = make_article().text.index(QUOTE)
CITED = citation_url("first-session", START, START + len(QUOTE))
PAGES = ["/", "/chat", "/articles", "/articles?q=first", f"/articles?q={DANGER}", CITED, "/safety", "/articles/nope"]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with live(tmp_path_factory.mktemp("browser") / "log") as server:
        yield server.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, url: str) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=url, viewport={"width": 375, "height": 812}, reduced_motion="reduce")
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, url: str) -> Iterator[Page]:
    """A page that fails the test when something is blocked, breaks, or goes elsewhere."""
    opened, wrong = context.new_page(), list[str]()
    opened.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda request: wrong.append(request.url) if not request.url.startswith(url) else None)
    yield opened
    assert [text for text in wrong if not text.startswith("Failed to load resource: the server responded")] == []
    assert opened.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0


def violations(page: Page) -> list[str]:
    return [f"{found['id']}: {found['nodes'][0]['target']}" for found in Axe().run(page).response["violations"]]


def question(page: Page, text: str) -> None:
    page.get_by_label("Your question").fill(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_accessibility_fault(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in PAGES:
        page.goto(path)
        assert violations(page) == [], path


def test_every_page_fits_320_pixels_which_is_400_percent_zoom(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 256})
    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_a_question_a_cited_answer_and_the_passage(page: Page, context: BrowserContext) -> None:
    page.goto("/chat")
    question(page, "What happens in the first session? <b>nervous</b>")
    expect(page.get_by_role("log")).to_contain_text(QUOTE)
    assert violations(page) == []
    page.get_by_role("button", name="Source 1").first.click()
    with context.expect_page() as opened:
        page.get_by_role("link", name="Read it in the article").click()
    article = opened.value
    mark = article.locator("mark#cited")
    expect(mark).to_have_text(QUOTE)
    expect(mark).to_be_in_viewport()
    expect(page.locator(".bubble")).to_contain_text("<b>nervous</b>")


def test_going_back_to_the_chat_keeps_the_conversation(page: Page, context: BrowserContext) -> None:
    page.goto("/chat")
    question(page, "What happens first?")
    page.get_by_role("button", name="Source 1").first.click()
    with context.expect_page() as opened:
        page.get_by_role("link", name="Read it in the article").click()
    with opened.value.expect_event("close"):
        opened.value.get_by_role("link", name="Back to the chat", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text(QUOTE)


def test_everything_but_the_chat_works_without_a_script(browser: Browser, url: str) -> None:
    context = browser.new_context(base_url=url, java_script_enabled=False, viewport={"width": 375, "height": 812})
    page = context.new_page()
    page.goto("/chat")
    expect(page.get_by_text("The chat needs JavaScript")).to_be_visible()
    page.goto("/articles")
    page.get_by_label("Search the library").fill("first")
    page.get_by_role("button", name="Search").click()
    page.locator(".hits a").first.click()
    expect(page.locator("mark#cited")).to_be_in_viewport()
    context.close()


def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: Page) -> None:
    page.goto("/chat")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    for _ in range(16):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.shadowRoot?.activeElement?.localName") == "textarea":
            break
    expect(page.get_by_label("Your question")).to_be_focused()


def test_an_article_begins_with_its_title_on_a_phone_and_has_its_contents_beside_it_on_a_desk(page: Page) -> None:
    page.goto("/articles/first-session")
    title, contents = page.get_by_role("heading", level=1), page.get_by_role("navigation", name="On this page")
    expect(title).to_be_in_viewport()
    expect(contents.get_by_role("link").first).to_be_hidden()
    contents.get_by_text("On this page").click()
    expect(contents.get_by_role("link").first).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(contents.get_by_role("link").first).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.reload()
    expect(contents.get_by_role("link").first).to_be_in_viewport()
    assert violations(page) == []


def test_on_paper_an_article_is_its_words_and_sources(page: Page) -> None:
    page.goto(CITED)
    page.emulate_media(media="print", color_scheme="dark")
    for gone in (".top nav", ".bottom", ".contents", ".next", ".quoted", ".skip", ".crumb"):
        assert page.locator(gone).evaluate_all("found => found.length && found.every((e) => getComputedStyle(e).display === 'none')"), gone
    for kept in (page.locator(".home"), page.get_by_role("heading", level=1), page.locator(".review"), page.locator(".sources")):
        expect(kept).to_be_visible()
    address = page.locator(".sources a").first.evaluate("link => getComputedStyle(link, '::after').content")
    assert "https://example.org/psychotherapy" in address
    look = page.evaluate("['color', 'backgroundColor'].map((name) => getComputedStyle(document.querySelector('article'))[name])")
    assert look == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_the_chat_fills_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/chat")
    expect(page.get_by_label("Your question")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="In danger?")).to_be_in_viewport(ratio=1)
    panel = page.locator("rapport-chat .panel").bounding_box()
    assert panel
    assert panel["width"] == 360
    assert panel["height"] >= 640


def test_forced_colours_keep_the_mark(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(CITED)
    colours = page.evaluate(
        "[getComputedStyle(document.querySelector('mark')).backgroundColor, getComputedStyle(document.body).backgroundColor]"
    )
    assert colours[0] != colours[1]
