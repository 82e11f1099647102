"""Usable by everyone: axe in every state, keyboard, screen readers, zoom, colours, motion, direction, languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.app.web.fakes import ADVICE, DANGER, QUOTE
from tests.app.widget.conftest import NewContext, box, opened, say, shot, violations, watch
from tests.app.widget.fakes import ANSWER, LONG, NOTHING, QUESTION, Clinic
from tests.app.widget.sites import Site
from tests.app.widget.test_build import contrast

pytestmark = [pytest.mark.browser, pytest.mark.slow]


# --- axe, in every state ----------------------------------------------------------------------------------------------


def closed(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Ask a question").wait_for()


def answered(page: Page) -> None:
    opened(page)
    page.get_by_text("What is kept, and how to leave quickly").click()
    say(page, QUESTION)
    page.get_by_role("button", name="Source 1").click()
    page.get_by_role("button", name="This did not help").click()


def crisis(page: Page) -> None:
    say(opened(page), DANGER)


def own_help(page: Page) -> None:
    opened(page).get_by_role("button", name="In danger? Help lines").click()


def failed(page: Page) -> None:
    opened(page)
    page.route("**/v1/chat", lambda route: route.fulfill(status=503, body="down"))
    say(page, QUESTION)
    page.unroute("**/v1/chat")


def declined(page: Page) -> None:
    say(opened(page), NOTHING)
    say(page, ADVICE)


def too_long(page: Page) -> None:
    box(opened(page)).fill("long " * 900)
    page.keyboard.press("Enter")


def inline(page: Page) -> None:
    page.goto("/chat")
    say(page, QUESTION)
    say(page, DANGER)


STATES: list[Callable[[Page], object]] = [closed, opened, answered, crisis, own_help, failed, declined, too_long, inline]


@pytest.mark.parametrize(("scheme", "size"), [("light", (1000, 760)), ("dark", (1000, 760)), ("dark", (375, 740))])
def test_axe_finds_nothing_in_any_state(new_context: NewContext, scheme: str, size: tuple[int, int]) -> None:
    page = new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme).new_page()
    found = {}
    for state in STATES:
        state(page)
        page.wait_for_timeout(50)
        shot(page, f"{state.__name__}-{scheme}-{size[0]}")
        found[state.__name__] = violations(page)
    assert found == {state.__name__: [] for state in STATES}


# --- screen readers ---------------------------------------------------------------------------------------------------


def test_the_transcript_is_a_log_that_does_not_speak_and_a_whole_answer_is_said_once(page: Page, rapport: Clinic) -> None:
    opened(page)
    log = page.get_by_role("log", name="Conversation")
    expect(log).to_have_attribute("aria-live", "off")
    page.evaluate(
        "() => { const root = document.querySelector('rapport-chat').shadowRoot; window.said = [];"
        " new MutationObserver(() => { const text = root.querySelector('[role=status]').textContent; if (text) window.said.push(text); })"
        ".observe(root.querySelector('[role=status]'), { childList: true, characterData: true, subtree: true }); }"
    )
    rapport.pause = 0.2
    say(page, QUESTION)
    said = page.evaluate("window.said")
    assert len(said) == 1
    assert said[0].startswith("Automated answer. " + ANSWER)
    assert QUOTE in said[0]
    rapport.pause = 0
    say(page, "and then?")
    assert len(page.evaluate("window.said")) == 2


def test_what_was_said_is_gone_from_the_status_line_soon(page: Page) -> None:
    opened(page)
    page.clock.install()
    say(page, QUESTION)
    expect(page.get_by_role("status")).to_contain_text(ANSWER)
    page.clock.run_for(5100)
    expect(page.get_by_role("status")).to_have_text("")


def test_a_crisis_is_said_by_the_alert_alone(page: Page) -> None:
    say(opened(page), DANGER)
    expect(page.get_by_role("alert", name="Help is available now")).to_be_focused()
    expect(page.get_by_role("status")).to_have_text("")


def test_the_launcher_says_what_it_opens(page: Page) -> None:
    page.goto("/")
    launcher = page.get_by_role("button", name="Ask a question")
    expect(launcher).to_have_attribute("aria-expanded", "false")
    launcher.click()
    expect(launcher).to_have_attribute("aria-expanded", "true")
    controls = launcher.get_attribute("aria-controls")
    expect(page.get_by_role("dialog", name="Questions about therapy")).to_have_attribute("id", controls or "")
    expect(page.get_by_role("dialog")).not_to_have_attribute("aria-modal", "true")


# --- keyboard ---------------------------------------------------------------------------------------------------------


def test_everything_by_keyboard(page: Page) -> None:
    page.goto("/")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.localName") == "rapport-chat":
            break
    page.keyboard.press("Enter")
    expect(box(page)).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_role("log").get_by_text(QUOTE)).to_be_visible()
    reached = []
    for _ in range(16):
        page.keyboard.press("Shift+Tab")
        reached.append(page.evaluate(FOCUS))
        if reached[-1][0].startswith("Source 1"):
            break
    assert all(outline != "none" and visible for _, outline, visible in reached), reached
    assert [name for name, *_ in reached] == [
        "How long does a first session last?",
        "What should I bring?",
        *(["Copy the answer"] if page.evaluate("!!navigator.clipboard") else []),
        "This did not help",
        "This helped",
        "Source 3: What happens in the first therapy session?",
        "Source 2: What happens in the first therapy session?",
        "Source 1: What happens in the first therapy session?",
    ]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Source 2")).not_to_be_focused()
    expect(page.get_by_role("link", name="Read it in the article")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Source 1")).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Ask a question")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("log").get_by_text(QUOTE)).to_be_visible()


FOCUS = """() => { const e = document.querySelector('rapport-chat').shadowRoot.activeElement, r = e.getBoundingClientRect();
  const log = document.querySelector('rapport-chat').shadowRoot.querySelector('.log').getBoundingClientRect();
  const seen = r.top >= log.top - 1 && r.bottom <= log.bottom + 1;
  return [e.getAttribute('aria-label') || e.textContent, getComputedStyle(e).outlineStyle, seen]; }"""


def test_the_log_can_be_scrolled_by_keyboard(page: Page) -> None:
    say(opened(page), LONG)
    page.get_by_role("log").focus()
    before = page.get_by_role("log").evaluate("log => log.scrollTop")
    page.keyboard.press("PageDown")
    page.wait_for_timeout(300)
    assert page.get_by_role("log").evaluate("log => log.scrollTop") > before


def test_where_the_panel_fills_the_window_the_focus_stays_in_it(new_context: NewContext) -> None:
    page = opened(new_context(viewport={"width": 375, "height": 740}).new_page())
    expect(page.get_by_role("dialog")).to_have_attribute("aria-modal", "true")
    for key in ("Tab", "Shift+Tab"):
        for _ in range(14):
            page.keyboard.press(key)
            assert page.evaluate("document.querySelector('rapport-chat').shadowRoot.activeElement?.closest('.panel') !== null")


SMALL = """() => [...document.querySelector('rapport-chat').shadowRoot.querySelectorAll('button, a, summary, textarea')]
  .map((e) => [e.textContent || e.getAttribute('aria-label'), e.getBoundingClientRect()])
  .filter(([, r]) => r.width && (r.width < 24 || r.height < 24)).map(([name]) => name)"""


def test_targets_are_large_enough(page: Page) -> None:
    opened(page)
    say(page, QUESTION)
    page.get_by_role("button", name="Source 1").click()
    page.get_by_role("button", name="This did not help").click()
    say(page, DANGER)
    small = page.evaluate(SMALL)
    assert small == ["Read it in the article (opens in a new tab)"]  # a link in a line of text, as 2.5.8 allows


# --- zoom, motion, colours --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(320, 640), (320, 256)], ids=["320px", "400-percent"])
@pytest.mark.parametrize("path", ["/", "/chat"])
def test_everything_fits_a_small_window(new_context: NewContext, size: tuple[int, int], path: str) -> None:
    page = new_context(viewport={"width": size[0], "height": size[1]}).new_page()
    page.goto(path)
    if path == "/":
        page.get_by_role("button", name="Ask a question").click()
    say(page, QUESTION)
    page.get_by_role("button", name="Source 2").click()
    say(page, DANGER)
    name = f"small-{size[0]}x{size[1]}-{path.strip('/') or 'demo'}"
    shot(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    wide = page.evaluate(
        "() => [...document.querySelector('rapport-chat').shadowRoot.querySelectorAll('.panel *')].filter((e) => !e.closest('.sr'))"
        ".filter((e) => { const r = e.getBoundingClientRect(); return r.right > innerWidth + 1 || r.left < -1; }).map((e) => e.className)"
    )
    assert wide == []
    for target in (page.get_by_role("button", name="Leave quickly"), box(page), page.get_by_role("button", name="In danger?")):
        target.scroll_into_view_if_needed()
        expect(target).to_be_in_viewport(ratio=0.9)
    assert violations(page) == []


def test_large_text_of_the_readers_own_is_followed(new_context: NewContext) -> None:
    """A reader's default font size of 32 px, set as Chromium's settings set it: the widget grows with it and still fits."""
    page = new_context().new_page()
    session = page.context.new_cdp_session(page)
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    opened(page)
    say(page, QUESTION)
    assert page.locator(".bubble").evaluate("e => getComputedStyle(e).fontSize") == "32px"
    shot(page, "large-text")
    for target in (page.get_by_role("button", name="Close the chat"), page.get_by_role("button", name="Send"), box(page)):
        target.scroll_into_view_if_needed()
        expect(target).to_be_in_viewport(ratio=0.9)


@pytest.mark.parametrize("wish", ["reduce", "no-preference"])
def test_nothing_moves_by_itself(new_context: NewContext, wish: str) -> None:
    page = new_context(reduced_motion=wish).new_page()
    moving = "document.querySelector('rapport-chat').shadowRoot.getAnimations({ subtree: true }).length"
    opened(page)
    assert page.evaluate(moving) == 0
    say(page, QUESTION)
    page.get_by_role("button", name="Source 1").click()
    assert page.evaluate(moving) == 0


KEYBOARD = """
class View extends EventTarget { height = innerHeight; offsetTop = 0; scale = 1;
  become(values) { Object.assign(this, values); this.dispatchEvent(new Event('resize')); } }
Object.defineProperty(window, 'visualViewport', { value: new View() });
"""


def test_the_way_out_stays_in_sight_above_a_phones_keyboard(new_context: NewContext) -> None:
    """A phone's keyboard leaves the page its size and covers its foot: what can be seen is what the visual viewport says."""
    page = new_context(viewport={"width": 360, "height": 740}).new_page()
    page.add_init_script(KEYBOARD)
    opened(page)
    panel, leave = page.locator(".panel"), page.get_by_role("button", name="Leave quickly")
    page.evaluate("visualViewport.become({ height: 400, offsetTop: 90 })")
    assert panel.evaluate("e => { const r = e.getBoundingClientRect(); return [r.top, r.bottom]; }") == [90, 490]
    for target in (leave, box(page)):
        edges = target.evaluate("e => { const r = e.getBoundingClientRect(); return [r.top, r.bottom]; }")
        assert edges[0] >= 90
        assert edges[1] <= 490
    page.evaluate("visualViewport.become({ height: 300, offsetTop: 0, scale: 2 })")  # two fingers, no keyboard
    assert panel.evaluate("e => e.getBoundingClientRect().height") == 740
    page.get_by_role("button", name="Close the chat").click()
    expect(page.get_by_role("button", name="Ask a question")).to_be_in_viewport(ratio=1)


def test_forced_colours_keep_edges_and_states(new_context: NewContext) -> None:
    page = new_context(forced_colors="active").new_page()
    say(opened(page), QUESTION)
    page.get_by_role("button", name="Source 1").click()
    for thing in (".panel", ".bubble", ".source", ".send", ".cite >> nth=1"):
        assert page.locator(thing).first.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid", thing
    pressed, other = (page.locator(".cite").nth(n).evaluate("e => getComputedStyle(e).backgroundColor") for n in (0, 1))
    assert pressed != other
    say(page, DANGER)
    page.mouse.move(0, 0)
    shot(page, "forced-colours")
    assert violations(page) == []


# --- theming ----------------------------------------------------------------------------------------------------------

COUNTED = "window.looks = 0; window.seen = getComputedStyle; window.getComputedStyle = (e) => { looks++; return seen(e); }"
PAINTED = """(launcher, [accents, names]) => {
  const canvas = document.createElement('canvas'), to = canvas.getContext('2d', { willReadFrequently: true });
  const host = document.querySelector('rapport-chat').style;
  return accents.map((accent) => {
    if (accent) for (const name of ['--rapport-accent', '--rapport-accent-dark']) host.setProperty(name, accent);
    return names.map((name) => { to.fillStyle = seen(launcher)[name]; to.fillRect(0, 0, 1, 1);
      const parts = [...to.getImageData(0, 0, 1, 1).data].slice(0, 3);
      return '#' + parts.map((part) => part.toString(16).padStart(2, '0')).join(''); }); }); }"""


def painted(launcher: Locator, *names: str) -> list[str]:
    """Colours as they are painted, by the names of their properties; not counted as a look."""
    found: list[list[str]] = launcher.evaluate(PAINTED, [[""], names])
    return found[0]


def least(launcher: Locator, accents: list[str]) -> float:
    """The least contrast of the launcher's words with a clinic's accents, set one after the other on the page."""
    found: list[list[str]] = launcher.evaluate(PAINTED, [accents, ["color", "backgroundColor"]])
    return min(contrast(*pair) for pair in found)


GREYS = [f"#{step:02x}{step:02x}{step:02x}" for step in (*range(0, 256, 15), *range(112, 124))]  # black and white change places at #757575
CUBE = [f"#{red}{green}{blue}" for red in ("00", "66", "cc", "ff") for green in ("00", "66", "cc", "ff") for blue in ("00", "80", "ff")]
OTHERS = ["oklch(0.9 0.1 90)", "hsl(300 90% 40%)", "color(display-p3 1 0.4 0)", "lab(49 0 0)", "tomato", "rgb(255 220 0 / 1)"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_closed_launcher_is_readable_by_its_styles_alone(new_context: NewContext, scheme: str) -> None:
    page = new_context(color_scheme=scheme).new_page()
    page.add_init_script(COUNTED)
    page.goto("/")
    launcher = page.get_by_role("button", name="Ask a question")
    launcher.wait_for()
    own = painted(launcher, "color")
    assert own == ["#ffffff" if scheme == "light" else "#0f2523"]
    assert least(launcher, [*GREYS, *CUBE, *OTHERS]) >= 4.5
    least(launcher, ["rgb(255 220 0 / .4)"])
    expect(launcher).to_have_css("color", "color(srgb-linear 0 0 0)")  # not seen through, whatever the accent is
    least(launcher, ["initial"])
    assert painted(launcher, "color") == own
    assert page.evaluate("looks") == 0


NO_RELATIVE = "CSS.supports = () => false"
NO_CSS = "window.CSS = undefined"


@pytest.mark.parametrize("missing", [NO_RELATIVE, NO_CSS], ids=["not supported", "not told"])
@pytest.mark.parametrize(("accent", "scheme"), [("#ffe97a", "light"), ("#101010", "dark")])
def test_where_colours_cant_be_relative_a_closed_launcher_is_looked_at(
    new_context: NewContext, clinic_site: Site, url: str, accent: str, scheme: str, missing: str
) -> None:
    """The launcher's rules are made not to hold, as in an older browser."""
    page = new_context(color_scheme=scheme).new_page()

    def older(route: Route) -> None:
        response = route.fetch()
        assert response.text().count("from red") == 2  # asked by the rules and by the script
        route.fulfill(response=response, body=response.text().replace("from red", "from no colour"))

    page.route("**/widget.js", older)
    page.add_init_script(COUNTED)
    page.add_init_script(missing)
    tag = f'<script src="{url}/widget.js" data-accent="{accent}" defer></script>'
    page.goto(clinic_site.page("/older", "<body><main><h1>A clinic</h1></main>" + tag))
    launcher = page.get_by_role("button", name="Ask a question")
    page.wait_for_function("() => looks > 0")
    assert painted(launcher, "color") == ["#000000" if scheme == "light" else "#ffffff"]
    assert violations(page) == []


def test_the_launchers_ring_is_readable_once_it_has_the_focus(new_context: NewContext, clinic_site: Site, url: str) -> None:
    style = "rapport-chat { --rapport-paper: #202030; --rapport-ink: #303040; }"
    page = new_context().new_page()
    page.add_init_script(COUNTED)
    page.goto(clinic_site.page("/ring", f'<style>{style}</style><body><h1>A</h1><script src="{url}/widget.js" defer></script>'))
    launcher = page.get_by_role("button", name="Ask a question")
    launcher.wait_for()
    page.keyboard.press("Tab")
    expect(launcher).to_be_focused()
    assert painted(launcher, "outlineColor") == ["#ffffff"]


@pytest.mark.parametrize(
    ("accent", "scheme"), [("#ffe97a", "light"), ("#8d8d8d", "light"), ("#ff4fa3", "light"), ("#101010", "dark"), ("#8d8d8d", "dark")]
)
def test_any_accent_ends_up_readable(new_context: NewContext, clinic_site: Site, url: str, accent: str, scheme: str) -> None:
    page = new_context(color_scheme=scheme).new_page()
    page.add_init_script(COUNTED)
    tag = f'<script src="{url}/widget.js" data-accent="{accent}" defer></script>'
    page.goto(clinic_site.page("/accent", "<body><main><h1>A clinic</h1></main>" + tag))
    assert violations(page) == []
    launcher = page.get_by_role("button", name="Ask a question")
    words = painted(launcher, "color")
    launcher.click()
    assert painted(launcher, "color") == words  # as it was while closed
    say(page, QUESTION)
    page.get_by_role("button", name="Source 1").click()
    page.get_by_role("button", name="This helped").click()
    page.mouse.move(0, 0)
    shot(page, f"accent-{accent[1:]}-{scheme}")
    assert violations(page) == []


def test_a_clinics_own_colours_by_custom_properties(new_context: NewContext, clinic_site: Site, url: str) -> None:
    style = "rapport-chat { --rapport-accent: oklch(0.9 0.1 90); --rapport-paper: #202030; --rapport-ink: #303040; --rapport-radius: 0; }"
    page = new_context().new_page()
    page.goto(
        clinic_site.page("/theme", f'<style>{style}</style><body><main><h1>A</h1></main><script src="{url}/widget.js" defer></script>')
    )
    assert violations(page) == []
    page.get_by_role("button", name="Ask a question").click()
    say(page, QUESTION)
    shot(page, "own-theme")
    assert page.locator(".panel").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(32, 32, 48)"
    assert page.locator(".panel").evaluate("e => getComputedStyle(e).borderRadius") == "0px"
    assert page.locator(".blocks p").first.evaluate("e => getComputedStyle(e).color") == "rgb(255, 255, 255)"
    assert violations(page) == []


def test_our_own_colours_are_left_alone(new_context: NewContext) -> None:
    """They are checked when the widget is built (test_build.py); looking at them again would cost every page its layout."""
    for scheme in ("light", "dark"):
        page = new_context(color_scheme=scheme).new_page()
        page.add_init_script(COUNTED)
        page.goto("/")
        page.get_by_role("button", name="Ask a question").wait_for()
        page.wait_for_timeout(100)
        assert page.evaluate("looks") == 0
        page.locator("rapport-chat .launcher").evaluate("launcher => launcher.click()")
        assert page.evaluate("looks") == 1
        assert page.locator("rapport-chat .root").get_attribute("style") is None


def test_a_fixed_scheme_and_the_other_corner(new_context: NewContext, clinic_site: Site, url: str) -> None:
    page = new_context(color_scheme="dark").new_page()
    tag = f'<script src="{url}/widget.js" data-scheme="light" data-position="start" defer></script>'
    page.goto(clinic_site.page("/fixed", "<body>" + tag))
    page.get_by_role("button", name="Ask a question").click()
    assert page.locator(".panel").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".panel").evaluate("e => e.getBoundingClientRect().left") == 20


# --- languages --------------------------------------------------------------------------------------------------------


def test_spanish_from_the_page_and_in_the_question(new_context: NewContext, clinic_site: Site, url: str, rapport: Clinic) -> None:
    address = clinic_site.page("/es", f'<body><main><h1>Clínica</h1></main><script src="{url}/widget.js" defer></script>')
    clinic_site.pages["/es"] = ({}, clinic_site.pages["/es"][1].replace("lang='en'", "lang='es'"))
    page = new_context().new_page()
    page.goto(address)
    page.get_by_role("button", name="Haz una pregunta").click()
    expect(page.get_by_role("log", name="Conversación")).to_contain_text("herramienta automática, no una persona")
    page.get_by_label("Tu pregunta").fill("¿Qué pasa?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Me ha servido", exact=True)).to_be_visible()
    assert rapport.seen[-1].locale == "es"
    page.get_by_role("button", name="¿En peligro?").click()
    expect(page.get_by_role("heading", name="Hay ayuda disponible ahora")).to_be_visible()
    shot(page, "spanish")
    assert violations(page) == []


def test_right_to_left(new_context: NewContext, clinic_site: Site, url: str) -> None:
    page = new_context().new_page()
    page.goto(clinic_site.page("/rtl", f'<body><main><h1>A</h1></main><script src="{url}/widget.js" data-locale="ar" defer></script>'))
    launcher = page.locator("rapport-chat .launcher")
    assert launcher.evaluate("e => e.getBoundingClientRect().left") == 20
    launcher.click()
    say(page, "ما هو العلاج؟")
    bubble, log = (page.locator(thing).evaluate("e => e.getBoundingClientRect().left") for thing in (".bubble", ".log"))
    assert bubble - log < 40
    assert page.locator(".root").get_attribute("dir") == "rtl"
    page.mouse.move(0, 0)
    shot(page, "right-to-left")
    assert violations(page) == []


def test_words_of_another_language_come_from_the_server(new_context: NewContext, clinic_site: Site, url: str) -> None:
    page = new_context().new_page()
    wrong = watch(page, url, clinic_site.url)
    page.goto(clinic_site.page("/fr", f'<body><script src="{url}/widget.js" data-locale="fr" defer></script>'))
    config = {"clinic": {"name": "Clinique"}, "locale": "en", "region": "", "strings": {"title": "Questions sur la thérapie", "box": 7}}
    page.route("**/v1/config?locale=fr", lambda route: route.fulfill(json=config, headers={"Access-Control-Allow-Origin": "*"}))
    page.get_by_role("button", name="Ask a question").click()
    expect(page.get_by_role("dialog", name="Questions sur la thérapie")).to_be_visible()
    assert [text for text in wrong if "404" not in text] == []
