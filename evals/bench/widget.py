"""``rapport bench widget``: what a chat widget costs the page it stands on, ours beside others', interleaved in one run.

Each widget is loaded twice a round, for the first time each time. One load is not looked at while it runs: bytes, requests, and thread
time of the main thread (which a busy machine stretches less than wall time). The other watches: when the launcher shows, long tasks,
layout shift. The bare page's thread time of the same round is taken off; so is, in a figure of its own, that of a page with a script that
does nothing. The pages of a round come in a shuffled order. No request leaves the machine: other hosts don't resolve.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.bench.widget_site import BARE, EMPTY, Host, Loaded, host, listed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
SETTLED_MS, POLL_MS, POLLS = 0.5, 400, 8
SHOWS_WITHIN_MS = 15_000
WATCH = """(() => {
  const seen = window.seen = { shown: 0, shift: 0, long: 0, blocking: 0 };
  const on = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  on("layout-shift", (entry) => { seen.shift += entry.value; });
  on("longtask", (entry) => { seen.long++; seen.blocking += entry.duration - 50; });
  const steps = STEPS;
  const look = () => {
    let found = [document];
    for (const step of steps) found = found.length ? [...(found[0].shadowRoot || found[0]).querySelectorAll(step)] : found;
    const big = found.some((element) => { const box = element.getBoundingClientRect(); return box.width > 8 && box.height > 8; });
    if (big) seen.shown = performance.now();
    else requestAnimationFrame(look);
  };
  if (steps.length) requestAnimationFrame(look);
})()"""
FIGURES = ("bytes", "requests", "elsewhere", "script_ms", "task_ms", "own_ms", "shown_ms", "long_tasks", "blocking_ms", "shift")
Progress = Callable[[str, int, int], None]
Row = dict[str, float]


def run(folder: Path | None, loads: int, on_progress: Progress, *, seed: int = 1) -> dict[str, Any]:
    """Medians (and for the thread's time also the smallest and largest) over ``loads`` rounds, after one that is not counted.

    Without a ``folder`` of packages: our own pages alone.
    """
    rounds: dict[str, list[Row]] = {}
    order = random.Random(seed)  # noqa: S311 - an order, not a secret
    with host(folder) as site, _chromium() as browser:
        version = browser.version
        for number in range(loads + 1):
            shuffled = order.sample(site.pages, len(site.pages))
            rows = {loaded.name: _load(browser, site, loaded) for loaded in shuffled}
            for loaded in site.pages[1:] if number else []:
                rounds.setdefault(loaded.name, []).append(_less(rows[loaded.name], rows[BARE], rows[EMPTY]))
            on_progress("loads", number, loads)
    missing = [{key: entry[key] for key in ("name", "why", "gzip")} for entry in listed()["missing"]] if folder else []
    return {"chromium": version, "loads": loads, "widgets": {name: _summary(rows) for name, rows in rounds.items()}, "missing": missing}


def _less(row: Row, bare: Row, empty: Row) -> Row:
    """What a page costs over the bare one, and (``own_ms``) its thread over one with a script that does nothing."""
    return (
        row
        | {name: row[name] - bare[name] for name in ("bytes", "requests", "script_ms", "task_ms")}
        | {"own_ms": row["task_ms"] - empty["task_ms"]}
    )


def describe(results: dict[str, Any]) -> str:
    """The table of the README."""
    lines = [
        f"Chromium {results['chromium']}, {results['loads']} loads each, in shuffled rounds; medians, the bare page's own of the same "
        "round taken off (thread time: smallest to largest in brackets)",
        "",
        "| widget | gzip bytes | requests (elsewhere) | script ms | whole thread ms | whole thread ms, less an empty script "
        "| shown after ms | long tasks | blocking ms | shift |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in results["widgets"].items():
        spans = {key: f"{row[key]:.1f} ({row[key + '_least']:.1f} to {row[key + '_most']:.1f})" for key in ("script_ms", "task_ms")}
        shown = f"{row['shown_ms']:.0f}" if row["shown_ms"] else "" if name == EMPTY else "not without its server"
        lines.append(
            f"| {name} | {row['bytes']:,.0f} | {row['requests']:.0f} ({row['elsewhere']:.0f}) | {spans['script_ms']} | {spans['task_ms']} "
            f"| {row['own_ms']:.1f} | {shown} | {row['long_tasks']:.0f} | {row['blocking_ms']:.0f} | {row['shift']:.3f} |"
        )
    lines += [f"| {entry['name']} | {entry['gzip']:,} | not measured: {entry['why']} | | | | | | | |" for entry in results["missing"]]
    return "\n".join(lines)


def _summary(rows: list[Row]) -> Row:
    row = {name: round(statistics.median(row[name] for row in rows), 4) for name in FIGURES}
    for name in ("script_ms", "task_ms"):
        row[name + "_least"] = round(min(row[name] for row in rows), 4)
        row[name + "_most"] = round(max(row[name] for row in rows), 4)
    return row


def _load(browser: Browser, site: Host, loaded: Loaded) -> Row:
    from playwright.sync_api import TimeoutError

    row: Row = {}
    with _page(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: None if request.url.startswith(("data:", "blob:")) else asked.append(request.url))
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        site.sent = 0
        page.goto(site.origin + loaded.path)
        row.update(_settled(page, session))
        row["bytes"] = site.sent
        own = [url for url in asked if url.startswith(site.origin)]
        row["requests"], row["elsewhere"] = len(own), len(asked) - len(own)
    with _page(browser) as page:
        page.add_init_script(WATCH.replace("STEPS", str(loaded.shown)))
        page.goto(site.origin + loaded.path)
        if loaded.shown:
            with suppress(TimeoutError):  # said as "never"
                page.wait_for_function("seen.shown", timeout=SHOWS_WITHIN_MS)
        page.wait_for_timeout(POLL_MS)
        seen = page.evaluate("seen")
    return row | {"shown_ms": seen["shown"], "long_tasks": seen["long"], "blocking_ms": seen["blocking"], "shift": seen["shift"]}


def _settled(page: Page, session: CDPSession) -> Row:
    """Thread time of the page once it grows no more (or after a few looks, when a page never rests)."""
    now = _thread(session)
    for _ in range(POLLS):
        page.wait_for_timeout(POLL_MS)
        before, now = now, _thread(session)
        if now["task_ms"] - before["task_ms"] < SETTLED_MS:
            break
    return now


def _thread(session: CDPSession) -> Row:
    values = {str(entry["name"]): float(entry["value"]) for entry in session.send("Performance.getMetrics")["metrics"]}
    script = values["ScriptDuration"] + values["V8CompileDuration"]
    return {"script_ms": script * 1000, "task_ms": values["TaskDuration"] * 1000}


@contextmanager
def _page(browser: Browser) -> Iterator[Page]:
    """A page of a browser context of its own, where nothing is cached."""
    context = browser.new_context(viewport={"width": 1000, "height": 760})
    context.set_default_timeout(60_000)
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def _chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
