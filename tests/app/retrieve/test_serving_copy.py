from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.errors import IndexDamaged
from app.retrieve import layout
from app.retrieve.manifest import Manifest, read_manifest
from app.retrieve.serving_copy import PREFIX, ServingCopy, remove_abandoned

KILLED = """
import os, signal, sys
from pathlib import Path
from app.retrieve.index import open_current
open_current(Path(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def build_of(index_dir: Path) -> tuple[Path, Manifest]:
    folder = layout.build_folder(index_dir, layout.current_name(index_dir))
    return folder, read_manifest(folder)


def test_copies_what_is_asked_for_and_is_gone_after_closing(two_builds: Path, temporary: Path) -> None:
    folder, manifest = build_of(two_builds)
    copy = ServingCopy(folder, manifest, ("chroma",))
    copied = {path.relative_to(copy.path).as_posix() for path in copy.path.rglob("*") if path.is_file()} - {"lock"}
    assert copied == {name for name in manifest.files if name.startswith("chroma/")}
    assert all((copy.path / name).read_bytes() == (folder / name).read_bytes() for name in copied)
    copy.close()
    copy.close()
    assert list(temporary.iterdir()) == []


def test_a_file_that_changed_leaves_no_copy(index_dir: Path, temporary: Path) -> None:
    folder, manifest = build_of(index_dir)
    with (folder / "chroma" / "chroma.sqlite3").open("r+b") as file:
        file.seek(2_000)
        file.write(b"\xff\x00\xff")
    with pytest.raises(IndexDamaged, match=r"chroma\.sqlite3"):
        ServingCopy(folder, manifest, ("chroma",))
    assert list(temporary.iterdir()) == []


def test_the_copy_of_a_killed_process_is_removed_and_a_living_one_is_kept(two_builds: Path, temporary: Path) -> None:
    alive = ServingCopy(*build_of(two_builds), ("lexical",))
    subprocess.run([sys.executable, "-c", KILLED, str(two_builds)], check=False)
    assert len(list(temporary.glob(f"{PREFIX}*"))) == 2
    remove_abandoned()
    assert list(temporary.iterdir()) == [alive.path]
    alive.close()
