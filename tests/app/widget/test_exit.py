"""Leaving quickly, as GOV.UK's "Exit this page" does it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.app.web.fakes import QUOTE
from tests.app.widget.conftest import NewContext, box, opened, say
from tests.app.widget.fakes import QUESTION
from tests.app.widget.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ELSEWHERE = "https://weather.example/"


@pytest.fixture
def page(new_context: NewContext, clinic_site: Site, url: str) -> Page:
    """A clinic's page with a conversation on it; the place to flee to is answered here."""
    page = new_context().new_page()
    page.route(ELSEWHERE, lambda route: route.fulfill(content_type="text/html", body="<title>Weather</title>sunny"))
    page.goto(clinic_site.page("/before", "<body>before"))
    page.goto(clinic_site.page("/clinic", f'<body><h1>A clinic</h1><script src="{url}/widget.js" data-exit="{ELSEWHERE}" defer></script>'))
    page.get_by_role("button", name="Ask a question").click()
    say(page, QUESTION)
    return page


def test_the_button_leaves_at_once_and_the_page_is_not_in_the_way_back(page: Page, clinic_site: Site) -> None:
    page.get_by_role("button", name="Leave quickly").click()
    page.wait_for_url(ELSEWHERE)
    page.go_back()
    assert page.url == clinic_site.url + "/before"


def test_shift_three_times_leaves_and_says_how_many_are_left(page: Page) -> None:
    status = page.get_by_role("status")
    page.keyboard.press("Shift")
    expect(status).to_have_text("Presses of Shift left until this page closes: 2.")
    page.keyboard.press("Shift")
    expect(status).to_have_text("Presses of Shift left until this page closes: 1.")
    page.keyboard.press("Shift")
    page.wait_for_url(ELSEWHERE)


def test_the_page_is_blank_and_forgotten_while_the_other_loads(page: Page) -> None:
    page.unroute(ELSEWHERE)
    page.route(ELSEWHERE, lambda route: route.fulfill(status=204))  # a place that never shows
    page.get_by_role("button", name="Leave quickly").click(no_wait_after=True)
    page.wait_for_function("getComputedStyle(document.documentElement).display === 'none'")
    assert QUOTE not in page.evaluate("document.querySelector('rapport-chat').shadowRoot.textContent")
    assert page.title() == "…"


def test_coming_back_shows_the_page_again(page: Page) -> None:
    page.unroute(ELSEWHERE)
    page.route(ELSEWHERE, lambda route: route.fulfill(status=204))
    page.get_by_role("button", name="Leave quickly").click(no_wait_after=True)
    page.wait_for_function("document.title === '…'")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert page.title() == "A clinic"
    expect(page.get_by_role("heading", name="A clinic")).to_be_visible()
    expect(page.locator(".bubble")).to_have_count(0)


def test_typing_capitals_is_not_leaving(page: Page) -> None:
    box(page).focus()
    page.keyboard.press("Shift+A")
    page.keyboard.press("Shift+B")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+C")
    for _ in range(2):
        page.keyboard.press("Shift")
    page.keyboard.press("d")
    page.keyboard.press("Shift")
    page.wait_for_timeout(100)
    assert page.url.endswith("/clinic")


def test_presses_far_apart_are_not_leaving(page: Page) -> None:
    page.clock.install()
    for _ in range(4):
        page.keyboard.press("Shift")
        page.clock.run_for(5100)
    assert page.url.endswith("/clinic")


def test_shift_does_nothing_while_the_chat_is_closed(page: Page) -> None:
    page.get_by_role("button", name="Close the chat").click()
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_timeout(100)
    assert page.url.endswith("/clinic")


def test_it_is_honest_about_the_history(new_context: NewContext) -> None:
    page = opened(new_context().new_page())
    page.get_by_text("What is kept, and how to leave quickly").click()
    expect(page.get_by_text("It does not clear your browser’s history.")).to_be_visible()
