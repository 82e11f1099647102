"""A conversation in Chromium: asked, streamed, cited, gone on with, gone wrong."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.app.web.fakes import ADVICE, DANGER, QUOTE
from tests.app.widget.conftest import NewContext, box, opened, say, shot
from tests.app.widget.fakes import ANSWER, BREAK, HUMAN, LONG, NOTHING, QUESTION, TOOL, Clinic

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HISTORY_CHARS = 24_000


def told(page: Page, text: str) -> Locator:
    """What stands in the transcript; the status line for screen readers says it once more."""
    return page.get_by_role("log").get_by_text(text)


def test_the_opening_says_what_this_is_and_what_is_kept(page: Page) -> None:
    log = opened(page).get_by_role("log", name="Conversation")
    expect(log).to_contain_text("This is an automated tool, not a person.")
    expect(log).to_contain_text("articles that Riverside Clinic stands behind")
    page.get_by_text("What is kept, and how to leave quickly").click()
    expect(log).to_contain_text("does not clear your browser’s history")
    expect(page.get_by_text("Automated tool, not a person", exact=True)).to_be_visible()


def test_asked_whether_it_is_a_person_it_says_no(page: Page) -> None:
    """The words are the service's (``tests/app/test_pipeline.py``); they are said aloud too, and nobody is asked for a thumb."""
    opened(page)
    say(page, HUMAN)
    expect(told(page, TOOL)).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text(TOOL)
    expect(page.get_by_role("button", name="This helped")).to_have_count(0)


def test_an_answer_with_its_sources(page: Page) -> None:
    opened(page)
    say(page, QUESTION)
    log = page.get_by_role("log")
    expect(log.locator("li", has_text=QUOTE)).to_be_visible()
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")
    mark = page.get_by_role("button", name="Source 1: What happens in the first therapy session?")
    expect(mark).to_have_attribute("aria-expanded", "false")
    mark.click()
    card = page.get_by_role("group", name="Source 1")
    expect(card.locator("blockquote")).to_have_text(ANSWER)
    expect(card).to_contain_text("What happens in the first therapy session? · What happens in a first session?")
    expect(card).to_contain_text("Reviewed by Dr Ada Okoro, March 1, 2026")
    page.get_by_role("button", name="Source 2").click()
    expect(page.get_by_role("group", name="Source 2")).to_contain_text("Not yet reviewed by a clinician")
    shot(page, "source-open")
    mark.click()
    expect(card).to_have_count(0)


def test_a_source_opens_the_article_at_the_highlighted_words(page: Page) -> None:
    opened(page)
    say(page, QUESTION)
    page.get_by_role("button", name="Source 2").click()
    with page.context.expect_page() as article:
        page.get_by_role("link", name="Read it in the article").click()
    mark = article.value.locator("mark#cited")
    expect(mark).to_have_text(QUOTE)
    expect(mark).to_be_in_viewport()
    assert article.value.evaluate("document.referrer") == ""


def test_sentences_appear_before_the_answer_is_whole(page: Page, rapport: Clinic) -> None:
    opened(page)
    rapport.pause = 0.6
    box(page).fill(QUESTION)
    page.keyboard.press("Enter")
    expect(told(page, "Looking in the articles")).to_be_visible()
    expect(told(page, ANSWER)).to_be_visible()
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "true")
    assert told(page, QUOTE).count() == 0
    expect(told(page, QUOTE)).to_be_visible()
    expect(told(page, "Looking in the articles")).to_have_count(0)


def test_a_suggestion_is_asked_with_the_conversation_so_far(page: Page, rapport: Clinic) -> None:
    opened(page)
    page.get_by_role("button", name=QUESTION).click()
    page.get_by_role("button", name="What should I bring?").click()
    expect(page.locator(".bubble")).to_have_count(2)
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    asked = rapport.seen[-1]
    assert asked.message == "What should I bring?"
    assert [turn.role for turn in asked.history] == ["user", "assistant"]
    assert asked.history[0].content == QUESTION
    assert asked.history[1].content.startswith(ANSWER)
    assert (asked.region, asked.locale) == ("US", "en")


def test_a_new_conversation_forgets_the_old_one(page: Page, rapport: Clinic) -> None:
    opened(page)
    say(page, QUESTION)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".bubble")).to_have_count(0)
    expect(box(page)).to_be_focused()
    say(page, "What does it cost?")
    assert rapport.seen[-1].history == ()


def test_a_new_conversation_while_an_answer_comes_stops_it(page: Page, rapport: Clinic) -> None:
    opened(page)
    rapport.pause = 0.5
    box(page).fill(QUESTION)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_timeout(1500)
    expect(told(page, ANSWER)).to_have_count(0)


def test_thumbs_are_counted_with_a_reason_and_without_words(page: Page, url: str) -> None:
    opened(page)
    say(page, QUESTION)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if "feedback" in request.url else None)
    page.get_by_role("button", name="This did not help").click()
    expect(page.get_by_role("button", name="This did not help")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Hard to understand").click()
    expect(page.locator(".bar")).to_contain_text("Only the count is kept.")
    page.get_by_role("button", name="This helped").click()
    expect(page.get_by_role("button", name="This helped")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(300)
    assert [json.loads(text) for text in sent] == [
        {"id": "r1", "rating": "down"},
        {"id": "r1", "rating": "down", "reason": "unclear"},
        {"id": "r1", "rating": "up"},
    ]
    assert 'rapport_feedback_total{rating="down",reason="unclear"} 1' in httpx.get(url + "/metrics").text


def test_an_answer_can_be_copied(new_context: NewContext) -> None:
    page = new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    opened(page)
    say(page, QUESTION)
    page.get_by_role("button", name="Copy the answer").click()
    expect(page.locator(".bar")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith(ANSWER)


def test_what_is_not_covered_has_the_clinics_contact(page: Page) -> None:
    opened(page)
    say(page, NOTHING)
    expect(page.get_by_role("link", name="Phone: +1 555 010 0199")).to_have_attribute("href", "tel:+15550100199")
    assert page.locator(".contact").inner_text().split("\n") == ["Riverside Clinic", "Open: weekdays, 9 to 5", "", "Phone: +1 555 010 0199"]


def test_advice_is_referred_without_alarm(page: Page) -> None:
    opened(page)
    say(page, ADVICE)
    expect(page.get_by_role("link", name="Contact page")).to_have_attribute("href", "https://riverside.example/")
    expect(page.locator(".card")).to_have_count(0)
    expect(box(page)).to_be_focused()


# --- danger -----------------------------------------------------------------------------------------------------------


def test_danger_gets_a_card_with_one_tap_links_and_the_focus(page: Page) -> None:
    opened(page)
    say(page, DANGER)
    card = page.locator(".card")
    expect(card).to_be_focused()
    expect(card).to_have_attribute("role", "alert")
    expect(card.get_by_role("heading", name="Help is available now")).to_be_in_viewport()
    for name, href in {"Call 911": "tel:911", "Call 988": "tel:988", "Text 988": "sms:988"}.items():
        expect(card.get_by_role("link", name=name, exact=True).first).to_have_attribute("href", href)
    expect(card.get_by_role("link", name="Call 988").first).to_be_in_viewport()
    chat = card.get_by_role("link", name="Chat with 988 Suicide & Crisis Lifeline")
    expect(chat).to_have_attribute("href", "https://chat.988lifeline.org/")
    expect(box(page)).to_be_editable()
    shot(page, "crisis")


def test_the_conversation_goes_on_after_danger_and_remembers_it(page: Page, rapport: Clinic) -> None:
    opened(page)
    say(page, DANGER)
    say(page, QUESTION)
    assert [turn.content for turn in rapport.seen[-1].history if turn.role == "user"] == [DANGER]


def test_help_lines_are_one_press_away_without_the_server(page: Page) -> None:
    opened(page)
    page.route("**/*", lambda route: route.abort())
    page.get_by_role("button", name="In danger? Help lines").click()
    card = page.locator(".card")
    expect(card).to_be_focused()
    expect(card.get_by_role("link", name="Call 988")).to_have_attribute("href", "tel:988")
    expect(card.get_by_role("link", name="Find a line in any country")).to_have_attribute("href", "https://findahelpline.com/")
    shot(page, "own-help")


def gone(route: Route) -> None:
    route.abort("internetdisconnected")


@pytest.mark.parametrize(
    "said", ["I want to KILL myself!!", "No quiero vivir", "ich will sterben", "死にたい", "хочу умереть", "मरना चाहता हूँ"]
)
def test_danger_while_the_server_is_away_gets_our_own_card(new_context: NewContext, said: str) -> None:
    page = new_context().new_page()
    opened(page)
    page.route("**/v1/chat", gone)
    say(page, said)
    expect(page.locator(".card")).to_be_focused()
    expect(page.get_by_role("link", name="Call 911")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


@pytest.mark.parametrize("said", ["I want to diet", "kilometres", "What is the deadline?", "How do skill myself courses work?"])
def test_harmless_words_get_no_card(new_context: NewContext, said: str) -> None:
    page = new_context().new_page()
    opened(page)
    page.route("**/v1/chat", gone)
    say(page, said)
    expect(told(page, "The answer did not arrive.")).to_be_visible()
    expect(page.locator(".card")).to_have_count(0)


def test_danger_does_not_wait_for_a_slow_server(page: Page, rapport: Clinic) -> None:
    opened(page)
    rapport.pause = 30
    page.clock.install()
    box(page).fill("i keep thinking about suicide")
    page.keyboard.press("Enter")
    page.clock.run_for(3900)
    expect(page.locator(".card")).to_have_count(0)
    page.clock.run_for(200)
    expect(page.locator(".card")).to_be_focused()


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_an_answer_that_does_not_arrive_can_be_asked_for_again(new_context: NewContext, rapport: Clinic) -> None:
    page = new_context().new_page()
    opened(page)
    page.route("**/v1/chat", gone)
    say(page, QUESTION)
    expect(told(page, "The answer did not arrive. Your question is still here.")).to_be_visible()
    shot(page, "failed")
    page.unroute("**/v1/chat")
    page.get_by_role("button", name="Try again").click()
    expect(told(page, QUOTE)).to_be_visible()
    expect(page.locator(".bubble")).to_have_count(1)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    assert rapport.seen[-1].history == ()


def test_a_question_after_a_failed_one_brings_it_along(new_context: NewContext, rapport: Clinic) -> None:
    page = new_context().new_page()
    opened(page)
    page.route("**/v1/chat", gone)
    say(page, "the first, lost")
    page.unroute("**/v1/chat")
    say(page, QUESTION)
    assert [turn.content for turn in rapport.seen[-1].history] == ["the first, lost"]


def test_without_a_network_the_person_is_told_so(new_context: NewContext) -> None:
    context = new_context()
    page = opened(context.new_page())
    context.set_offline(True)
    say(page, QUESTION)
    expect(told(page, "You seem to be offline.")).to_be_visible()
    context.set_offline(False)


def test_a_refusal_is_said_in_the_servers_words(new_context: NewContext) -> None:
    page = new_context().new_page()
    opened(page)
    error = {"error": {"code": "too_many", "message": "Please wait 9 seconds.", "request_id": "x"}}
    page.route("**/v1/chat", lambda route: route.fulfill(status=429, json=error))
    say(page, QUESTION)
    expect(told(page, "Please wait 9 seconds.")).to_be_visible()


def test_a_reply_that_could_not_be_given_can_be_asked_for_again(page: Page, rapport: Clinic) -> None:
    opened(page)
    rapport.state.ready = False
    say(page, QUESTION)
    expect(told(page, "The articles can't be searched right now.")).to_be_visible()
    rapport.state.ready = True
    page.get_by_role("button", name="Try again").click()
    expect(told(page, QUOTE)).to_be_visible()
    assert rapport.seen[-1].history == ()


def test_an_answer_that_breaks_off_says_so(page: Page) -> None:
    opened(page)
    say(page, BREAK)
    expect(told(page, "The answer stopped before its end.")).to_be_visible()
    expect(told(page, ANSWER)).to_be_visible()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/event-stream", "event: block\ndata: {broken\n\n"),
        ("text/event-stream", "event: meta\ndata: {}\n\n"),
        ("text/event-stream", ""),
        ("application/json", "[]"),
        ("application/json", "not json"),
        ("text/html", "<h1>A proxy's page</h1>"),
    ],
)
def test_nonsense_from_the_server_is_a_failure_with_a_way_on(new_context: NewContext, kind: str, body: str) -> None:
    page = new_context().new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    opened(page)
    page.route("**/v1/chat", lambda route: route.fulfill(content_type=kind, body=body))
    say(page, QUESTION)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert errors == []


def test_a_reply_as_plain_json_is_shown_too(page: Page, url: str) -> None:
    whole = httpx.post(url + "/v1/chat", json={"message": QUESTION}).json()
    opened(page)
    page.route("**/v1/chat", lambda route: route.fulfill(json=whole))
    say(page, QUESTION)
    expect(told(page, QUOTE)).to_be_visible()
    expect(page.get_by_role("button", name="Source 2")).to_be_visible()


def test_a_slow_answer_is_said_to_be_slow_and_given_up_in_silence(page: Page, rapport: Clinic) -> None:
    opened(page)
    page.route("**/v1/chat", lambda _: None)  # never answered
    page.clock.install()
    box(page).fill(QUESTION)
    page.keyboard.press("Enter")
    page.clock.run_for(8100)
    expect(page.locator(".pending")).to_have_text("This takes longer than usual. Still trying.")
    page.clock.run_for(17_000)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_question_that_is_too_long_is_kept_whole_in_the_box(page: Page, rapport: Clinic) -> None:
    opened(page)
    box(page).fill("long " * 900)
    page.keyboard.press("Enter")
    expect(page.get_by_text("at most 4000 characters")).to_be_visible()
    expect(box(page)).to_have_attribute("aria-invalid", "true")
    assert len(box(page).input_value()) == 4500
    assert rapport.seen == []


def test_nothing_is_sent_for_blanks_and_only_one_question_at_a_time(page: Page, rapport: Clinic) -> None:
    opened(page)
    box(page).fill("   ")
    page.keyboard.press("Enter")
    rapport.pause = 0.4
    box(page).fill("one")
    page.keyboard.press("Enter")
    box(page).fill("two")
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("two")
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    assert [conversation.message for conversation in rapport.seen] == ["one"]


def test_a_long_conversation_fits_and_keeps_what_the_person_wrote(page: Page, rapport: Clinic) -> None:
    opened(page)
    for n in range(16):
        say(page, f"question {n} " + "word " * 300)
    history = rapport.seen[-1].history
    assert len(history) <= 24
    assert sum(len(turn.content) for turn in history) <= HISTORY_CHARS
    assert [re.findall(r"question \d+", turn.content)[0] for turn in history if turn.role == "user"] == [f"question {n}" for n in range(15)]


def test_a_line_break_by_shift_and_enter(page: Page) -> None:
    opened(page)
    box(page).fill("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    expect(box(page)).to_have_value("one\ntwo")


def test_the_question_stands_at_the_top_when_its_answer_is_long(page: Page) -> None:
    opened(page)
    say(page, QUESTION)
    say(page, LONG)
    top = page.evaluate(
        "() => { const root = document.querySelector('rapport-chat').shadowRoot, log = root.querySelector('.log');"
        " return root.querySelectorAll('.you')[1].getBoundingClientRect().top - log.getBoundingClientRect().top; }"
    )
    assert 0 <= top <= 40
