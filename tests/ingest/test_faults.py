"""What a machine does to a build: kills, full disks, limits. Each runs real builds in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.retrieve import layout
from app.retrieve.index import open_current
from app.settings import Settings
from ingest.build import build
from tests.index_samples import WordEmbedder, make_articles

EMBEDDER = WordEmbedder()

WIDE_BUILD = """
import resource, sys
from hashlib import sha256
from pathlib import Path
import numpy as np
from app.errors import RapportError
from app.settings import Settings
from ingest.build import build
from tests.index_samples import WordEmbedder, make_articles

class Wide(WordEmbedder):
    def passages(self, texts):
        vectors = np.stack([np.random.default_rng(list(sha256(text.encode()).digest())).standard_normal(1024) for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

limit = int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    build(make_articles(200), Settings(index_dir=Path(sys.argv[1])), Wide(dimension=1024))
except RapportError as error:
    print(error.code, error)
    sys.exit(error.exit_code)
"""


def wide_build(index_dir: Path, limit: int = 0) -> subprocess.CompletedProcess[str]:
    """A build of about 40 MB."""
    command = [sys.executable, "-c", WIDE_BUILD, str(index_dir), str(limit)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def assert_old_index_stands(index_dir: Path, name: str) -> None:
    assert layout.current_name(index_dir) == name
    assert [path.name for path in (index_dir / layout.BUILDS).iterdir()] == [name]
    opened = open_current(index_dir, EMBEDDER.fingerprint)
    assert all(opened.dense(opened.vectors[row], 1)[0][0] == row for row in range(opened.manifest.passages))
    opened.close()


@pytest.mark.slow
def test_25_kills_leave_a_whole_index_each_time(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.ingest.kill_loop", str(tmp_path), "25", "7"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["bad"] == 0
    assert result["killed"] >= 15  # the others had finished before their turn
    assert result["published"] >= 1
    assert (result["last"], result["left"]) == (0, [])


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    if os.getuid() != 0:
        pytest.skip("only root can mount a disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={request.param}m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("small_disk", [16, 24, 32], indirect=True)
def test_a_full_disk_leaves_the_old_index_and_says_so(small_disk: Path) -> None:
    index_dir = small_disk / "index"
    old = build(make_articles(3), Settings(index_dir=index_dir), EMBEDDER)
    done = wide_build(index_dir)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("disk_full There is no room for the new build")
    assert done.stdout.count("\n") == 1
    assert_old_index_stands(index_dir, old.name)


@pytest.mark.parametrize("megabytes", [1, 3, 8])
def test_a_limit_on_file_sizes_is_a_full_disk(tmp_path: Path, megabytes: int) -> None:
    old = build(make_articles(3), Settings(index_dir=tmp_path), EMBEDDER)
    done = wide_build(tmp_path, megabytes << 20)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("disk_full")
    assert_old_index_stands(tmp_path, old.name)


def test_the_same_build_goes_through_where_there_is_room(tmp_path: Path) -> None:
    done = wide_build(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(layout.published_names(tmp_path)) == 1
