"""Making a finished build the current one: everything on disk first, then one atomic rename.

Every touch of the file system goes through ``FileSystem``, so that tests can stop it at each call and read the order of calls.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from app.errors import BuildError, BuildLocked
from app.retrieve import layout

KEEP = 2  # builds kept besides the current one


class FileSystem(Protocol):
    """What publishing needs of a file system."""

    def write(self, path: Path, text: str) -> None: ...
    def sync_file(self, path: Path) -> None: ...
    def sync_folder(self, path: Path) -> None: ...
    def rename(self, source: Path, target: Path) -> None: ...
    def remove(self, folder: Path) -> None: ...


class Disk:
    """The real file system."""

    def write(self, path: Path, text: str) -> None:
        path.write_text(text, "ascii")

    def sync_file(self, path: Path) -> None:
        _sync(path, os.O_RDONLY)

    def sync_folder(self, path: Path) -> None:
        _sync(path, os.O_RDONLY | os.O_DIRECTORY)

    def rename(self, source: Path, target: Path) -> None:
        source.rename(target)

    def remove(self, folder: Path) -> None:
        shutil.rmtree(folder)


def publish(index_dir: Path, staged: Path, name: str, fs: FileSystem) -> list[str]:
    """Move the staged folder to its place, point CURRENT at it and remove builds that are too old.

    Returns the names removed. A crash at any point leaves CURRENT naming a whole build: the old one or the new one.
    """
    _sync_tree(staged, fs)
    target = layout.build_folder(index_dir, name)
    if target.exists():  # a damaged build of the same name, else there would be nothing to publish
        fs.remove(target)
    fs.rename(staged, target)
    fs.sync_folder(target.parent)
    point_at(index_dir, name, fs)
    return prune(index_dir, fs)


def point_at(index_dir: Path, name: str, fs: FileSystem) -> None:
    """Make the build ``name``, which is on disk, the current one."""
    history = [name, *(other for other in layout.published_names(index_dir) if other != name)]
    _replace(index_dir / layout.HISTORY, "\n".join(history) + "\n", fs)
    _replace(index_dir / layout.CURRENT, f"{name}\n", fs)


def rollback(index_dir: Path, fs: FileSystem) -> str:
    """Point CURRENT at the build published before it and return its name. Raises ``BuildError`` when there is none.

    HISTORY stays as it is, so that a second rollback goes one further back.
    """
    before = layout.names_before(index_dir, layout.current_name(index_dir))
    if not before:
        raise BuildError("There is no earlier build to go back to.", code="no_earlier_build")
    _replace(index_dir / layout.CURRENT, f"{before[0]}\n", fs)
    return before[0]


def prune(index_dir: Path, fs: FileSystem, keep: int = KEEP) -> list[str]:
    """Remove all builds but the current one and the ``keep`` published most lately; return the names removed."""
    current = layout.current_name(index_dir)
    others = [name for name in layout.published_names(index_dir) if name != current]
    for name in others[keep:]:
        fs.remove(layout.build_folder(index_dir, name))
    return others[keep:]


def remove_leftovers(index_dir: Path) -> None:
    """Remove what killed builds left. Only under the lock."""
    for folder in (index_dir / layout.BUILDS).glob(f"{layout.STAGING_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (layout.CURRENT, layout.HISTORY):
        (index_dir / f"{file}.tmp").unlink(missing_ok=True)


@contextmanager
def build_lock(index_dir: Path) -> Iterator[None]:
    """Hold the index folder for one build; the lock goes with the process. Raises ``BuildLocked`` at once when another holds it."""
    index_dir.mkdir(parents=True, exist_ok=True)
    with (index_dir / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BuildLocked("Another build is running in this index folder. Wait for it to end.") from None
        yield


def _replace(path: Path, text: str, fs: FileSystem) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    fs.write(temporary, text)
    fs.sync_file(temporary)
    fs.rename(temporary, path)
    fs.sync_folder(path.parent)


def _sync_tree(folder: Path, fs: FileSystem) -> None:
    paths = sorted(folder.rglob("*"), reverse=True)  # what is inside a folder comes before the folder
    for path in paths:
        if path.is_dir():
            fs.sync_folder(path)
        else:
            fs.sync_file(path)
    fs.sync_folder(folder)


def _sync(path: Path, flags: int) -> None:
    file = os.open(path, flags)
    try:
        os.fsync(file)
    finally:
        os.close(file)
