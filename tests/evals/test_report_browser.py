"""The report in Chromium: accessible in light and dark, whole on a phone, and printable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # axe has no types
from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader

from evals.commands import write_files
from evals.compare import compare
from evals.gaps import Gap
from evals.gates import judge
from evals.limits import load_gates
from evals.run import past_of
from tests.evals.fakes import some_cases

pytestmark = pytest.mark.browser
CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    _, before, after = some_cases()
    after = replace(after, earlier=(past_of(before), past_of(after)))
    against = compare(before, after)
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_files(after, judge(after, load_gates(), against), before, against, path, (Gap("grief", 10),))
    return path


def _open(browser: Browser, report: Path, scheme: str = "light", width: int = 1280, height: int = 860) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light")
    page.goto(report.as_uri())
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, report: Path, scheme: str) -> None:
    page = _open(browser, report, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(found => { found.open = true })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.close()


def test_the_first_screen_holds_what_is_unsafe_what_got_worse_and_what_to_do(browser: Browser, report: Path) -> None:
    page = _open(browser, report)
    for panel in ("p-unsafe", "p-worse", "p-do"):
        box = page.locator(f"#{panel}").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 860
    assert page.get_by_role("heading", level=1).inner_text() == "Do not publish: 1 reply is unsafe."
    assert len(page.screenshot()) > 20_000
    page.close()


@pytest.mark.parametrize("width", [320, 700, 1280])
def test_nothing_overflows(browser: Browser, report: Path, width: int) -> None:
    page = _open(browser, report, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_it_works_without_scripts_and_asks_for_nothing(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    page.locator("summary").first.click()
    assert page.locator("svg.chart").count() == 3
    assert asked == [report.as_uri()]
    context.close()


def test_it_prints(browser: Browser, report: Path) -> None:
    page = _open(browser, report, "dark")
    pdf = PdfReader(BytesIO(page.pdf(format="A4")))
    text = " ".join(" ".join(sheet.extract_text().split()) for sheet in pdf.pages)
    assert 1 <= len(pdf.pages) <= 8
    assert "Do not publish: 1 reply is unsafe." in text
    assert "Sign-off" in text
    assert "Your therapist asks what brings you." in text
    page.close()
