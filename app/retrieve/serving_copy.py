"""A private copy of the files that native code opens, made and checked in one pass.

Chroma writes to its files on opening (ten bytes of its SQLite header, measured) and fails on a read-only disk, so opening a build in place
would break its seals. Each opened build gets a copy in the temporary folder; what is copied is hashed on the way, so the bytes that native
code sees are the bytes that were sealed. A copy is held by a file lock: those of killed processes are removed by the next one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from app.errors import IndexDamaged, IndexUnavailable
from app.retrieve.manifest import FileSeal, Manifest

PREFIX = "rapport-index-"
_LOCK = "lock"
_CHUNK = 1 << 20


class ServingCopy:
    """Copies of a build's files below the folders named, in ``path``; gone after ``close()``."""

    def __init__(self, build: Path, manifest: Manifest, folders: tuple[str, ...]) -> None:
        remove_abandoned()
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = _locked(self.path / _LOCK)
        try:
            for name, seal in manifest.files.items():
                if name.split("/")[0] in folders:
                    _copy(build / name, self.path / name, seal)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove the copy. Files that are still mapped live on until they are let go."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def remove_abandoned() -> None:
    """Remove copies whose process is gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = _locked(folder / _LOCK, create=False)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _locked(path: Path, *, create: bool = True) -> int | None:
    try:
        file = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def _copy(source: Path, target: Path, seal: FileSeal) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    try:
        file = source.open("rb")
    except OSError:
        raise IndexDamaged(f"{source.name} is missing.") from None
    with file:
        try:
            with target.open("wb") as copy:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    copy.write(chunk)
        except OSError:
            raise IndexUnavailable(f"There is no room in {tempfile.gettempdir()} for the copy that is served.", code="disk_full") from None
    if digest.hexdigest() != seal.sha256:
        raise IndexDamaged(f"{source.name} is not what was written.")
