"""Every file of a build, damaged in every way: seen before anything is served, and never by a crash."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import IndexUnavailable
from app.retrieve import layout
from app.retrieve.index import open_build, open_current

OPEN = """
import sys
from pathlib import Path
from app.errors import IndexDamaged
from app.retrieve.index import open_build
for folder in sys.argv[1:]:
    try:
        open_build(Path(folder))
    except IndexDamaged:
        print("refused")
"""


def cut(path: Path, _other: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def remove(path: Path, _other: Path) -> None:
    path.unlink()


def scribble(path: Path, _other: Path) -> None:
    data = bytearray(path.read_bytes())
    rng = random.Random(path.name)
    for _ in range(20):
        start = rng.randrange(max(1, len(data) - 64))
        data[start : start + 64] = rng.randbytes(min(64, len(data) - start))
    path.write_bytes(data)


def swap(path: Path, other: Path) -> None:
    shutil.copyfile(other, path)


DAMAGES: list[Callable[[Path, Path], None]] = [cut, remove, scribble, swap]


def files_of(build: Path) -> dict[str, Path]:
    """Files by a name that is the same in every build."""
    return {
        f"{path.parent.name if len(path.parent.name) < 20 else 'graph'}/{path.name}": path for path in build.rglob("*") if path.is_file()
    }


def match(name: str, files: dict[str, Path]) -> Path:
    """The file of another build that plays the part of ``name``: same place, or, for names made up by tantivy, same ending."""
    return files.get(name) or next(path for path in files.values() if path.suffix == Path(name).suffix)


def damaged(index_dir: Path, place: Path, damage: Callable[[Path, Path], None]) -> list[Path]:
    """Copies of the current build, each with one file damaged."""
    current, other = (layout.build_folder(index_dir, name) for name in layout.published_names(index_dir))
    copies = []
    for number, (name, path) in enumerate(sorted(files_of(current).items())):
        source = match(name.replace(current.name, other.name), files_of(other))
        before = path.read_bytes()
        if not before or (damage is swap and before == source.read_bytes()):
            continue  # an empty file can't be cut, nor one be swapped with its equal
        copy = Path(shutil.copytree(current, place / str(number) / current.name))
        damage(copy / path.relative_to(current), source)
        assert not (copy / path.relative_to(current)).exists() or (copy / path.relative_to(current)).read_bytes() != before
        copies.append(copy)
    return copies


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: str(damage.__name__))
def test_every_damaged_file_is_refused_without_a_crash(two_builds: Path, tmp_path: Path, damage: Callable[[Path, Path], None]) -> None:
    copies = damaged(two_builds, tmp_path, damage)
    assert len(copies) >= 12
    done = subprocess.run([sys.executable, "-c", OPEN, *map(str, copies)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["refused"] * len(copies)


def test_the_undamaged_build_is_not_refused(two_builds: Path) -> None:
    for name in layout.published_names(two_builds):
        open_build(layout.build_folder(two_builds, name)).close()


def test_the_build_before_is_served_meanwhile(index_dir: Path) -> None:
    current, before = layout.published_names(index_dir)
    graph = next(layout.build_folder(index_dir, current).glob("chroma/*/data_level0.bin"))
    scribble(graph, graph)
    opened = open_current(index_dir)
    assert (opened.name, opened.degraded) == (before, True)
    assert "data_level0.bin" in opened.problem
    opened.close()


def test_a_manifest_swapped_whole_with_its_files_is_another_build(two_builds: Path, tmp_path: Path) -> None:
    current, other = layout.published_names(two_builds)
    shutil.copytree(layout.build_folder(two_builds, other), tmp_path / current)
    with pytest.raises(IndexUnavailable, match="another build"):
        open_build(tmp_path / current)
