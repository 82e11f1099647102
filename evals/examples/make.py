"""Makes the worked example again: ``python -m evals.examples.make``.

A run on our corpus, then one with three regressions planted (a guard rule deleted, an article removed, the cut-off lowered), both by the
command line in a copy of the product, the second reported against the first; and the picture of its first screen for the README, which
needs Chromium. Takes a minute or two on two idle cores.

The rule is the one whose loss the classifier makes up for least. If it makes up for all, the report says that the rule is gone and that no
question shows it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from app.domain import Conversation, Outcome
from app.guard.rules import Rule, RuleSet
from app.guard.views import views
from app.settings import load
from app.wiring import Rapport
from evals.commands import SHIPPED, load_suites

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
SUITES = ("first-contact", "followups", "declined-dev", "injection", "safety", "retrieval")
REMOVED = "first-session"
LOWERED = 0.1
CHROMIUM = "/usr/bin/chromium"


def main() -> None:
    """Write ``report.html`` and ``report.png`` beside this file."""
    with tempfile.TemporaryDirectory(prefix="rapport-example-") as scratch:
        tree = Path(scratch)
        _copy(tree)
        rule = _rule_to_lose()
        _call(tree, "ingest", "corpus", "--index", "index")
        _eval(tree, "before.html")
        (tree / "corpus" / "articles" / f"{REMOVED}.md").unlink()
        delete_rule(rule.id, tree / "app" / "guard" / "rules")
        _call(tree, "ingest", "corpus", "--index", "index")
        _eval(tree, "report.html", "--against", "before.json", "--set", f"retrieve.cutoff={LOWERED}")
        shutil.copy(tree / "report.html", FOLDER / "report.html")
    _picture(FOLDER / "report.html", FOLDER / "report.png")


def delete_rule(name: str, folder: Path) -> None:
    """Take the guard rule of that id out of the one file of ``folder`` that holds it. Raises ``LookupError`` when none does."""
    for path in sorted(folder.glob("*.toml")):
        blocks = re.split(r"(?m)^(?=\[\[)", path.read_text("utf-8"))
        kept = [block for block in blocks if f'id = "{name}"' not in block]
        if len(kept) == len(blocks) - 1:
            path.write_text("".join(kept), "utf-8")
            return
    raise LookupError(f"{name} is in no file of {folder}")


def _copy(tree: Path) -> None:
    shutil.copytree(ROOT / "app", tree / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "corpus", tree / "corpus")
    for name in ("evals", "ingest", ".models"):
        (tree / name).symlink_to(ROOT / name)
    (tree / "index").mkdir()
    known = ROOT / "index" / "cache.sqlite"  # vectors of passages embedded before
    if known.exists():
        shutil.copy(known, tree / "index" / known.name)


def _rule_to_lose() -> Rule:
    """The crisis rule without which most messages of the safety suite would be lost, by rules and classifier together."""
    service = Rapport(load())
    service.open_model()
    guard, rules = service.guard, service.guard._rules
    alone: dict[str, list[Conversation]] = {}
    for case in load_suites([SHIPPED / "safety.csv"])[0].cases:
        fired = [rule for rule in rules.matching(views(case.question, guard._lexicon))[0] if rule.outcome is Outcome.CRISIS]
        if len(fired) == 1:
            alone.setdefault(fired[0].id, []).append(case.conversation)
    lost: Counter[str] = Counter()
    try:
        for name, conversations in alone.items():
            guard._rules = RuleSet([rule for rule in rules.rules if rule.id != name], rules.contexts)
            lost[name] = sum(guard.screen(found, service.embed).outcome is not Outcome.CRISIS for found in conversations)
    finally:
        service.close()
    return next(rule for rule in rules.rules if rule.id == lost.most_common(1)[0][0])


def _eval(tree: Path, report: str, *options: str) -> None:
    suites = [str(path) for name in SUITES for path in (SHIPPED / f"{name}.csv", SHIPPED / name) if path.exists()]
    _call(tree, "eval", *suites, "--report", report, "--index", "index", *options)


def _call(tree: Path, *arguments: str) -> None:
    """1 is a gate that failed, or a document that was set aside: the report says which; anything higher is a mistake."""
    done = subprocess.run([sys.executable, "-m", "app", *arguments], cwd=tree, check=False)  # noqa: S603  # our own command, no shell
    if done.returncode not in (0, 1):
        raise SystemExit(f"rapport {arguments[0]} ended with {done.returncode}")


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
