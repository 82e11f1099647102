"""A real Chromium, the real application around a small service, and a clinic's site on another origin."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.app.widget.fakes import Clinic, make_settings
from tests.app.widget.sites import Site, service, site

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
ROOT = Path(__file__).parents[3]
ARTEFACTS = ROOT / "artefacts" / "widget"

NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="package")
def clinic_site() -> Iterator[Site]:
    with site() as started:
        yield started


@pytest.fixture(scope="package")
def rapport(clinic_site: Site) -> Clinic:
    return Clinic(make_settings(allowed_origins=(clinic_site.url,)))


@pytest.fixture(scope="package")
def url(rapport: Clinic) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with service(rapport, port) as address:
        yield address


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_context(browser: Browser, url: str, rapport: Clinic) -> Iterator[NewContext]:
    """Opens browser contexts that end with the test; the service is quick and has heard nothing."""
    contexts: list[BrowserContext] = []
    rapport.pause = 0.0
    rapport.seen.clear()

    def make(**options: object) -> BrowserContext:
        made = browser.new_context(
            **{"base_url": url, "viewport": {"width": 1000, "height": 760}, "reduced_motion": "reduce", **options}  # type: ignore[arg-type]
        )
        made.set_default_timeout(10_000)
        contexts.append(made)
        return made

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context: NewContext, url: str) -> Iterator[Page]:
    """A page that fails the test when something is blocked or breaks, a request goes elsewhere, or anything is stored."""
    opened = new_context().new_page()
    wrong = watch(opened, url)
    yield opened
    assert wrong == []
    assert stored(opened) == 0


def watch(page: Page, *allowed: str) -> list[str]:
    """What goes wrong on a page from now on: console errors, uncaught errors, requests to other origins than the allowed ones."""
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(f"{error} {error.stack}"))
    page.on("request", lambda request: None if request.url.startswith(allowed) else wrong.append(request.url))
    return wrong


def stored(page: Page) -> int:
    """How much the page has stored, of any kind."""
    kept: int = page.evaluate(
        "async () => localStorage.length + sessionStorage.length + document.cookie.length + (await indexedDB.databases()).length"
        " + (globalThis.caches ? (await caches.keys()).length : 0)"
    )
    return kept


def opened(page: Page, path: str = "/") -> Page:
    """The page with the widget open."""
    page.goto(path)
    page.get_by_role("button", name="Ask a question").click()
    expect(box(page)).to_be_focused()
    return page


def box(page: Page) -> Locator:
    return page.get_by_label("Your question")


def say(page: Page, text: str) -> None:
    """Ask, and wait for the end of the answer."""
    box(page).fill(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")


def violations(page: Page) -> list[str]:
    """What axe finds, all its rules, best practices too."""
    return [
        f"{found['id']}: {found['nodes'][0]['target']} {found['nodes'][0]['any'][:1]}" for found in Axe().run(page).response["violations"]
    ]


def shot(page: Page, name: str) -> None:
    """Keep a picture; CI keeps the folder."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(ARTEFACTS / f"{name}.png"))


@pytest.fixture(scope="package")
def tools() -> Path:
    """The pinned esbuild and tsc, installed once by npm from the lock file."""
    import subprocess

    folder = ROOT / "node_modules"
    if not (folder / ".bin" / "esbuild").exists() or not (folder / ".bin" / "tsc").exists():
        npm = shutil.which("npm")
        assert npm, "npm is needed for this test"
        subprocess.run([npm, "ci"], cwd=ROOT, check=True, capture_output=True, timeout=240)
    return folder / ".bin"
