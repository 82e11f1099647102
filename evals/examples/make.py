"""Makes the worked example again: ``python -m evals.examples.make``.

A run on our corpus, then one with two regressions planted (an article removed, the cut-off lowered), reported against the first; and the
picture of its first screen for the README, which needs Chromium. Takes a few minutes on two cores, nearly all of it two index builds.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from app.settings import Settings, load
from evals.commands import SHIPPED, load_suites, write_files
from evals.compare import compare
from evals.gates import judge
from evals.limits import load_gates
from evals.records import Run
from evals.run import past_of, run_suites
from evals.target import open_in_process
from ingest.build import run as ingest

FOLDER = Path(__file__).parent
SUITES = ("first-contact", "declined-held", "injection", "safety")
REMOVED = "first-session"
LOWERED = 0.1
CHROMIUM = "/usr/bin/chromium"


def main() -> None:
    """Write ``report.html`` and ``report.png`` beside this file."""
    with tempfile.TemporaryDirectory() as scratch:
        before, after = _runs(Path(scratch))
        against = compare(before, after)
        written = write_files(after, judge(after, load_gates(), against), before, against, Path(scratch) / "report.html")
        shutil.copy(written[0], FOLDER / "report.html")
    _picture(FOLDER / "report.html", FOLDER / "report.png")


def _runs(scratch: Path) -> tuple[Run, Run]:
    articles = scratch / "corpus"
    shutil.copytree(load().corpus_dir, articles)
    before = _run(articles, scratch / "index")
    (articles / "articles" / f"{REMOVED}.md").unlink()
    return before, _run(articles, scratch / "index", LOWERED, before)


def _run(articles: Path, index: Path, cutoff: float | None = None, before: Run | None = None) -> Run:
    settings: Settings = load(index_dir=index, **({} if cutoff is None else {"retrieve": {"cutoff": cutoff}}))
    ingest([str(articles)], settings)
    target = open_in_process(settings)
    earlier = (past_of(before),) if before else ()
    try:
        return run_suites(load_suites([SHIPPED / f"{name}.csv" for name in SUITES]), target, load_gates(), earlier=earlier)
    finally:
        target.close()


def _picture(report: Path, picture: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(report.resolve().as_uri())
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
