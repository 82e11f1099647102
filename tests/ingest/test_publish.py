"""Publishing: the order of calls, a stop at each of them, and what is kept."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import BuildError, BuildLocked
from app.retrieve import layout
from app.retrieve.index import open_current
from app.settings import Settings
from ingest.build import build
from ingest.publish import KEEP, Disk, build_lock, point_at, prune, publish, remove_leftovers, rollback
from tests.index_samples import WordEmbedder, make_articles

NAMES = [f"{number:016x}" for number in range(1, 7)]


class Stop(Exception):
    """Raised in place of the n-th call, as if the power went."""


class Recorder(Disk):
    """The real disk; notes each call, and stops before the ``stop_at``-th (from 1)."""

    def __init__(self, stop_at: int = 0) -> None:
        self.calls: list[tuple[str, Path]] = []
        self._stop_at = stop_at

    def write(self, path: Path, text: str) -> None:
        self._call("write", path, lambda: super(Recorder, self).write(path, text))

    def sync_file(self, path: Path) -> None:
        self._call("sync_file", path, lambda: super(Recorder, self).sync_file(path))

    def sync_folder(self, path: Path) -> None:
        self._call("sync_folder", path, lambda: super(Recorder, self).sync_folder(path))

    def rename(self, source: Path, target: Path) -> None:
        self._call("rename", target, lambda: super(Recorder, self).rename(source, target))

    def remove(self, folder: Path) -> None:
        self._call("remove", folder, lambda: super(Recorder, self).remove(folder))

    def _call(self, kind: str, path: Path, act: Callable[[], None]) -> None:
        if len(self.calls) + 1 == self._stop_at:
            raise Stop
        self.calls.append((kind, path))
        act()


def stage(index_dir: Path, name: str) -> Path:
    """A folder waiting to be published. Publishing doesn't look inside."""
    folder = index_dir / layout.BUILDS / f"{layout.STAGING_PREFIX}1" / name
    (folder / "below").mkdir(parents=True)
    (folder / "a").write_text("a")
    (folder / "below" / "b").write_text("b")
    return folder


def publish_all(index_dir: Path, names: list[str]) -> None:
    for name in names:
        publish(index_dir, stage(index_dir, name), name, Disk())


def test_everything_is_on_disk_before_the_pointer_moves(tmp_path: Path) -> None:
    disk = Recorder()
    staged = stage(tmp_path, NAMES[0])
    publish(tmp_path, staged, NAMES[0], disk)
    home = layout.build_folder(tmp_path, NAMES[0])
    current, history = tmp_path / layout.CURRENT, tmp_path / layout.HISTORY
    assert set(disk.calls[:4]) == {
        ("sync_file", staged / "a"),
        ("sync_file", staged / "below" / "b"),
        ("sync_folder", staged / "below"),
        ("sync_folder", staged),
    }
    assert disk.calls.index(("sync_file", staged / "below" / "b")) < disk.calls.index(("sync_folder", staged / "below"))
    assert disk.calls[3:] == [
        ("sync_folder", staged),
        ("rename", home),
        ("sync_folder", home.parent),
        ("write", tmp_path / "HISTORY.tmp"),
        ("sync_file", tmp_path / "HISTORY.tmp"),
        ("rename", history),
        ("sync_folder", tmp_path),
        ("write", tmp_path / "CURRENT.tmp"),
        ("sync_file", tmp_path / "CURRENT.tmp"),
        ("rename", current),
        ("sync_folder", tmp_path),
    ]


def test_a_stop_at_any_call_leaves_a_whole_index(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for count in (3, 4, 5, 6):  # the fourth build makes publishing remove one
        build(make_articles(count), Settings(index_dir=source), WordEmbedder())
    names = layout.published_names(source)
    newest, old = names[0], names[1]
    stops = 0
    for stop_at in range(1, 1_000):
        index_dir = tmp_path / str(stop_at)
        subprocess.run(["cp", "-r", str(source), str(index_dir)], check=True)
        point_at(index_dir, old, Disk())
        staged = index_dir / layout.BUILDS / f"{layout.STAGING_PREFIX}1" / newest
        staged.parent.mkdir()
        layout.build_folder(index_dir, newest).rename(staged)
        try:
            publish(index_dir, staged, newest, Recorder(stop_at))
        except Stop:
            stops += 1
        else:
            break
        remove_leftovers(index_dir)
        opened = open_current(index_dir, WordEmbedder().fingerprint)
        assert opened.name in {old, newest}
        assert not opened.degraded
        assert all(opened.dense(opened.vectors[row], 1)[0][0] == row for row in range(12))
        opened.close()
    assert stops > 20
    assert layout.current_name(index_dir) == newest


def test_keeps_the_last_builds_and_removes_older_ones(tmp_path: Path) -> None:
    publish_all(tmp_path, NAMES[:5])
    assert layout.current_name(tmp_path) == NAMES[4]
    assert layout.published_names(tmp_path) == [NAMES[4], NAMES[3], NAMES[2]]
    assert len(layout.published_names(tmp_path)) == KEEP + 1
    assert prune(tmp_path, Disk(), keep=0) == [NAMES[3], NAMES[2]]
    assert layout.published_names(tmp_path) == [NAMES[4]]


def test_rollback_goes_back_one_at_a_time_and_says_when_it_can_not(tmp_path: Path) -> None:
    publish_all(tmp_path, NAMES[:3])
    assert rollback(tmp_path, Disk()) == NAMES[1]
    assert layout.current_name(tmp_path) == NAMES[1]
    assert rollback(tmp_path, Disk()) == NAMES[0]
    with pytest.raises(BuildError, match="no earlier build") as caught:
        rollback(tmp_path, Disk())
    assert caught.value.code == "no_earlier_build"
    assert layout.current_name(tmp_path) == NAMES[0]


def test_pruning_after_a_rollback_never_removes_what_is_served(tmp_path: Path) -> None:
    publish_all(tmp_path, NAMES[:3])
    rollback(tmp_path, Disk())
    rollback(tmp_path, Disk())
    assert prune(tmp_path, Disk(), keep=1) == [NAMES[1]]
    assert layout.published_names(tmp_path) == [NAMES[2], NAMES[0]]
    assert layout.current_name(tmp_path) == NAMES[0]


@pytest.mark.parametrize("history", [None, "", "nonsense ../../etc", "\xff\xfe"])
def test_a_lost_history_only_loses_the_order(tmp_path: Path, history: str | None) -> None:
    publish_all(tmp_path, NAMES[:3])
    (tmp_path / layout.HISTORY).unlink()
    if history is not None:
        (tmp_path / layout.HISTORY).write_text(history, "utf-8")
    assert sorted(layout.published_names(tmp_path)) == NAMES[:3]
    assert rollback(tmp_path, Disk()) in NAMES[:2]


def test_leftovers_of_killed_builds_go_and_builds_stay(tmp_path: Path) -> None:
    publish_all(tmp_path, NAMES[:1])
    stage(tmp_path, NAMES[1])
    (tmp_path / "CURRENT.tmp").write_text("x")
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in (tmp_path / layout.BUILDS).iterdir()) == NAMES[:1]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([layout.BUILDS, layout.CURRENT, layout.HISTORY])


HOLD = """
import sys, time
from pathlib import Path
from ingest.publish import build_lock
with build_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_of_two_builds_refuses_at_once_and_a_kill_frees_the_lock(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        began = time.monotonic()
        with pytest.raises(BuildLocked) as caught:
            build(make_articles(1), Settings(index_dir=tmp_path), WordEmbedder())
        assert time.monotonic() - began < 1
        assert caught.value.exit_code == 3
        holder.kill()
    with build_lock(tmp_path):
        assert os.path.exists(tmp_path)  # noqa: PTH110
