"""Planted regressions, through the real command line: a guard rule deleted, an article removed, the cut-off lowered.

They are planted in a copy of the product: ``app/`` copied, everything else linked. The classifier often catches what a deleted rule would
have, which is what it is for; it is held back here before and after, so that the rule alone decides and no weights can change the outcome.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

from app.domain import Outcome
from app.guard.lexicon import load_lexicon
from app.guard.rules import Rule, RuleSet, load_rules
from app.guard.views import views
from evals.examples.make import delete_rule
from evals.records import load_run
from tests.conftest import ROOT
from tests.evals.conftest import ARTICLES, build_index

pytestmark = pytest.mark.slow
FIRST = "what happens in the first session?"
OUTSIDE = "how do I boil an egg?"


@dataclass(frozen=True)
class Planted:
    """The first screen of the second run's report, its exit code, and the rule that was deleted with the message it was for."""

    screen: str
    printed: str
    code: int
    rule: Rule
    message: str


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    tree = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "app", tree / "app", ignore=shutil.ignore_patterns("__pycache__", "widget"))
    for name in ("evals", "ingest", ".models"):  # never corpus: the index is built from a folder that is emptied first
        (tree / name).symlink_to(ROOT / name)
    thresholds = tree / "app" / "guard" / "thresholds.toml"
    out_of_reach = re.sub(r"(?m)^(crisis\w*|clinical|sensitive)( *= *)[\d.]+", r"\g<1>\g<2>1.0", thresholds.read_text("utf-8"))
    thresholds.write_text(out_of_reach, "utf-8")
    rule, message = _only_one_that_catches()
    sheet = tree / "mine.csv"
    rows = (f'"{message}",referred (crisis),,{rule.kind}', f"{FIRST},answered,first-session,first step", f"{OUTSIDE},declined,,off topic")
    sheet.write_text("\n".join(["question,should be,must cite,why it matters", *rows]) + "\n", "utf-8")
    search = tree / "searching"
    (search / "qrels").mkdir(parents=True)
    (search / "queries.jsonl").write_text(f'{{"_id": "1", "text": "{FIRST}"}}\n', "utf-8")
    (search / "qrels" / "test.tsv").write_text("1\tfirst-session\t1\n", "utf-8")

    whole = build_index(tree).index_dir
    good, said = _eval(tree, [sheet, search, "--report", "good.html", "--index", whole])
    assert good == 0, said
    less = build_index(tree, tuple(slug for slug in ARTICLES if slug != "first-session")).index_dir
    delete_rule(rule.id, tree / "app" / "guard" / "rules")
    options = ["--against", "good.json", "--set", "retrieve.cutoff=0", "--index", less]
    code, printed = _eval(tree, [sheet, search, "--report", "bad.html", *options])
    assert {outcome.case.question: outcome.result for outcome in load_run(tree / "good.json").outcomes} == dict.fromkeys(
        (message, FIRST, OUTSIDE), "pass"
    )
    html = (tree / "bad.html").read_text("utf-8")
    first = html[html.index("<body>") : html.index('id="gates"')]
    screen = " ".join(unescape(re.sub(r"<[^>]+>", " ", first)).split())
    return Planted(screen, printed, code, rule, message)


def test_the_run_fails_and_says_so_in_the_headline(planted: Planted) -> None:
    assert planted.code == 1
    assert "Do not publish: 1 reply is unsafe." in planted.screen
    assert "3 got worse" in planted.screen


def test_the_deleted_rule_is_caught_named_and_explained(planted: Planted) -> None:
    words = f"The guard rule “{planted.rule.id}” ({planted.rule.kind.replace('_', ' ')}) is gone"
    assert planted.message in planted.screen
    assert "referred as a crisis →" in planted.screen
    assert words in planted.screen
    assert f"Put the guard rule “{planted.rule.id}” back into app/guard/rules/" in planted.screen
    assert words in planted.printed


def test_the_removed_article_is_caught_named_and_explained(planted: Planted) -> None:
    assert FIRST in planted.screen
    assert "The article “first-session” is no longer in the index." in planted.screen
    assert "Put the article “first-session” back and run “rapport ingest”" in planted.screen
    assert "nDCG@10 fell from 1.000 to 0.000" in planted.screen
    assert "1 question and 1 search did worse." in planted.screen


def test_the_lowered_cutoff_is_caught_named_and_explained(planted: Planted) -> None:
    assert OUTSIDE in planted.screen
    assert "declined as off topic → answered" in planted.screen or "declined → answered" in planted.screen
    assert "The setting retrieve.cutoff is now 0; it was" in planted.screen
    assert re.search(r"Set retrieve\.cutoff back to [\d.]+ \(it is 0 now\): 1 question did worse\.", planted.screen)


def _only_one_that_catches() -> tuple[Rule, str]:
    """A crisis rule of an English file and an example of its own that no other rule catches."""
    rules = load_rules()
    lexicon = load_lexicon().knowing(rules.words())
    for rule in rules.rules:
        if rule.outcome is Outcome.CRISIS and rule.language == "en":
            rest = RuleSet([other for other in rules.rules if other is not rule], rules.contexts)
            for message in rule.must_match:
                if '"' not in message and rest.judge(views(message, lexicon)).outcome is Outcome.PASS:
                    return rule, message
    raise AssertionError("every example is caught twice")


def _eval(tree: Path, arguments: list[object]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "app", "eval", *map(str, arguments)], cwd=tree, capture_output=True, text=True, timeout=240, check=False
    )
    return done.returncode, done.stdout + done.stderr
