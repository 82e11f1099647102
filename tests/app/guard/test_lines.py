from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain import Outcome, Verdict
from app.errors import SettingsError
from app.guard.lines import load_regions
from app.guard.replies import Book, load_book
from app.guard.rules import CRISIS_KINDS
from app.settings import Clinic

LINES = [(region.code, line) for region in load_regions().values() for line in region.lines]


@pytest.mark.parametrize(("region", "line"), LINES, ids=lambda value: getattr(value, "id", value))
def test_a_number_was_verified_in_the_last_180_days(region: str, line: object) -> None:
    """Red when it is time to ring every number again: dial it, then change ``verified_on`` in ``lines/``."""
    verified = next(known for code, known in LINES if code == region and known == line).verified_on
    assert datetime.now(UTC).date() - verified <= timedelta(days=180)


@pytest.mark.parametrize(("region", "line"), LINES, ids=lambda value: getattr(value, "id", value))
def test_a_line_is_well_formed(region: str, line: object) -> None:
    known = next(one for code, one in LINES if code == region and one == line)
    assert known.verified in ("source", "check")
    assert set(known.kinds) <= {*CRISIS_KINDS, "all"}
    assert all(re.fullmatch(r"[\d +-]{2,20}", number) for number in (known.call, known.text) if number)
    assert not known.chat or re.fullmatch(r"https://[a-z0-9.-]+/[\w./-]*", known.chat)


def test_every_link_of_every_reply_is_well_formed(book: Book) -> None:
    for region in book.regions:
        for kind in CRISIS_KINDS:
            for block in book.reply(Verdict(Outcome.CRISIS, kind), region.code, "en", Clinic(), 0):
                for link in (*block.links, *(link for item in block.items for link in item.links)):
                    assert re.fullmatch(r"tel:\+?\d{2,15}|sms:\+?\d{3,15}(\?body=[A-Z]+)?|https://[^\s]+", link.href), link.href
                    assert link.label


def test_every_kind_has_a_line_for_everyone_in_every_region(book: Book) -> None:
    for region in book.regions:
        assert any("all" in line.kinds for line in region.lines), region.code


def test_a_clinic_adds_lines_and_removes_none(tmp_path: Path) -> None:
    line = (
        '[[line]]\nid = "988"\nname = "Oak night desk"\nkinds = ["all"]\ncall = "555 0100"\nverified_on = 2026-11-22\nverified = "check"\n'
    )
    (tmp_path / "US.toml").write_text(f'region = "US"\nemergency = "000"\n{line}', encoding="utf-8")
    (tmp_path / "ZZ.toml").write_text(f'region = "ZZ"\nemergency = "15"\n{line}', encoding="utf-8")
    ours, theirs = load_book(), load_book(tmp_path)
    assert theirs.region("US").emergency == "911"
    assert theirs.region("US").lines[:-1] == ours.region("US").lines
    assert theirs.region("ZZ").emergency == "15"
    for kind in CRISIS_KINDS:
        said = next(block for block in theirs.reply(Verdict(Outcome.CRISIS, kind), "US", "en", Clinic(), 0) if block.type == "resources")
        plain = next(block for block in ours.reply(Verdict(Outcome.CRISIS, kind), "US", "en", Clinic(), 0) if block.type == "resources")
        assert said.items[: len(plain.items)] == plain.items
        assert "Near you: Oak night desk: call 555 0100." in said.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("region", "can't be read"),
        ('region = "US"\n', "emergency"),
        ('region = "US"\nemergency = "911"\n[[line]]\nid = "a"\n', "no number"),
        ('region = "US"\nemergency = "911"\n[[line]]\nid = "a"\nchat = "http://x/"\n', "https"),
        ('region = "US"\nemergency = "911"\n[[line]]\nid = "a"\ncall = "1"\nnonsense = 1\n', "lacks a field"),
    ],
)
def test_a_file_to_mend_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "US.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        load_book(tmp_path)
