"""Counts of declined questions: whole steps of k, slugs only, nothing lost by a crash, nothing kept that anybody wrote."""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SettingsError
from app.gaps import GapCounter, read_counts


def _counts(path: Path) -> dict[str, int]:
    return read_counts(path).counts if path.exists() else {}


def test_nothing_shows_before_k(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "gaps.json"
    counter = GapCounter(path, 5)
    for _ in range(4):
        counter.record("grief")
    assert not path.exists()
    counter.record("grief")
    assert _counts(path) == {"grief": 5}
    counter.record("grief")
    assert _counts(path) == {"grief": 5}


@given(st.lists(st.sampled_from(["grief", "cbt", "panic"]), max_size=60), st.integers(5, 9))
def test_counts_grow_in_whole_steps_and_never_say_too_much(tmp_path_factory: pytest.TempPathFactory, topics: list[str], k: int) -> None:
    path = tmp_path_factory.mktemp("gaps") / "gaps.json"
    counter = GapCounter(path, k)
    for topic in topics:
        counter.record(topic)
    expected = {topic: count // k * k for topic, count in Counter(topics).items() if count >= k}
    assert _counts(path) == expected


@pytest.mark.parametrize("text", ["I want to know about my ex", "Grief", "grief.", "", "x" * 81, "../etc", "grief\n", "ünï"])
def test_what_is_not_a_slug_is_never_counted(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gaps.json"
    counter = GapCounter(path)
    for _ in range(20):
        counter.record(text)
    assert not path.exists()


def test_a_restart_adds_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "gaps.json"
    for _ in range(2):
        counter = GapCounter(path)
        for _ in range(7):
            counter.record("grief")
    assert _counts(path) == {"grief": 10}
    assert [found.name for found in tmp_path.iterdir()] == ["gaps.json"]


def test_many_threads(tmp_path: Path) -> None:
    path = tmp_path / "gaps.json"
    counter = GapCounter(path)

    def hundred() -> None:
        for _ in range(100):
            counter.record("grief")

    threads = [threading.Thread(target=hundred) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _counts(path) == {"grief": 800}


def test_a_folder_that_can_not_be_written_ends_no_reply(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    counter = GapCounter(tmp_path / "elsewhere" / "gaps.json")
    counter._path = tmp_path / "file" / "gaps.json"  # as when a disk goes away
    for _ in range(6):
        counter.record("grief")
    counter._path = tmp_path / "gaps.json"
    counter.record("grief")
    assert _counts(tmp_path / "gaps.json") == {"grief": 5}


def test_k_below_five_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="at least 5"):
        GapCounter(tmp_path / "gaps.json", 4)


@pytest.mark.parametrize(
    "data",
    ["", "[]", '{"since": "2026-11-22", "k": 2, "counts": {}}', '{"since": "2026-11-22", "k": 5, "counts": {"My words": 5}}'],
)
def test_a_file_that_is_not_of_counts_is_refused_and_kept(tmp_path: Path, data: str) -> None:
    path = tmp_path / "gaps.json"
    path.write_text(data)
    with pytest.raises(SettingsError, match="counts"):
        GapCounter(path)
    assert path.read_text() == data


def test_the_file_holds_slugs_and_numbers_only(tmp_path: Path) -> None:
    path = tmp_path / "gaps.json"
    counter = GapCounter(path)
    for _ in range(5):
        counter.record("sleep-habits")
    assert set(json.loads(path.read_text())) == {"since", "k", "counts"}
