"""Every rule of wording.toml, by its own examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain import BlockKind
from app.errors import SettingsError
from ingest.check.draft import Sentence
from ingest.check.report import Severity
from ingest.check.wording import Rule, check, read_wording, wording
from tests.ingest.check.conftest import CLEAN, HEADINGS, MakeDraft, swap

RULES = [compiled.rule for compiled in wording().rules]


def names(text: str, slug: str = "cbt", kind: BlockKind = "paragraph") -> list[str]:
    return [rule.name for rule, _ in wording().found(Sentence(text, 1, kind), slug)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_finds_its_bad_examples_and_passes_its_good_ones(rule: Rule) -> None:
    assert rule.bad
    assert rule.good
    assert all(rule.name in names(text) for text in rule.bad)
    assert not any(rule.name in names(text) for text in rule.good)


def test_words_are_whole_words_in_any_case() -> None:
    assert "a person named by an illness" in names("ADDICTS meet here.")
    assert "a person named by an illness" not in names("Addiction is treated here.")


def test_orders_are_allowed_in_call_outs() -> None:
    text = "You must leave the house."
    assert "an order" in names(text)
    assert "an order" not in names(text, kind="callout")


def test_phone_numbers_are_allowed_in_two_articles() -> None:
    assert names("You can call 988 now.") == ["a phone number"]
    assert names("You can call 988 now.", slug="crisis-lines") == []


@pytest.mark.parametrize("old", ["What is knitting therapy?\nsummary", "wool. A knitter", f"## {HEADINGS[1]}", "picks up the wool"])
def test_title_summary_headings_and_text_are_read(draft: MakeDraft, old: str) -> None:
    text = swap(old, old.replace("knitting", "addict").replace("wool", "addict").replace("## ", "## Addict: "))
    (finding,) = check(draft(text))
    assert finding.severity == Severity.ERROR
    assert "addict" in text.splitlines()[finding.line - 1].lower()


def test_the_clean_article_is_clean(draft: MakeDraft) -> None:
    assert list(check(draft(CLEAN))) == []


@pytest.mark.parametrize(
    "broken", ['emergency = ["x"]\n[[rule]]\nname = "a"\nwhy = "b"\ninstead = "c"\nbad = []\ngood = []\n', "rule = 3", "not toml"]
)
def test_a_malformed_file_is_a_clear_error(tmp_path: Path, broken: str) -> None:
    (tmp_path / "wording.toml").write_text(broken, "utf-8")
    with pytest.raises(SettingsError, match=r"wording\.toml needs mending"):
        read_wording(tmp_path / "wording.toml")
