"""The topic list against the articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import SettingsError
from ingest.check.coverage import check
from ingest.check.topics import Topics, read_topics
from tests.ingest.check.conftest import CLEAN, MakeDraft


def test_both_ways(draft: MakeDraft) -> None:
    made = draft(CLEAN)
    assert list(check([made], Topics({"a": ("knitting-therapy",)}))) == []
    assert list(check([made], None)) == []
    missing = list(check([made], Topics({"a": ("knitting-therapy", "cbt")})))
    assert [finding.message for finding in missing] == ["There is no article “cbt”."]
    unlisted = list(check([made], Topics({"a": ()})))
    assert [finding.article for finding in unlisted] == [made.name]
    twice = list(check([made], Topics({"a": ("knitting-therapy",), "b": ("knitting-therapy",)})))
    assert ["2 times" in finding.message for finding in twice] == [True]


def test_reading_the_list(tmp_path: Path) -> None:
    path = tmp_path / "topics.toml"
    assert read_topics(path) is None
    path.write_text('[[group]]\nid = "a"\ntitle = "A"\narticles = ["x", "y"]\n', "utf-8")
    topics = read_topics(path)
    assert topics is not None
    assert (topics.slugs, topics.group_of("y"), topics.group_of("z")) == (["x", "y"], "a", None)
    path.write_text("group = 1", "utf-8")
    with pytest.raises(SettingsError):
        read_topics(path)
