"""``python -m tests.ingest.kill_loop FOLDER KILLS SEED``: kill -9 real builds at random times, and look at what is left each time.

Each build runs in a child forked from here, so that the kill falls into its work and not into imports. Each look is another fresh
child: every file against the manifest, and self-queries. The parent opens nothing itself. Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import chromadb  # noqa: F401 (imported here once, not in each child)

from app.retrieve import layout
from app.retrieve.index import open_build
from app.settings import Settings
from ingest.build import build
from ingest.verify import faults
from tests.index_samples import WordEmbedder, make_articles

ARTICLES = 20


def child(act: Callable[[], object]) -> int:
    """Run ``act`` in a forked child; return its process id. It exits with 1 when ``act`` raises."""
    process = os.fork()
    if process:
        return process
    try:
        act()
    except BaseException:  # noqa: BLE001 (a child must not run on into the parent's code)
        os._exit(1)
    os._exit(0)


def build_generation(folder: Path, generation: int) -> int:
    """Start the build of another corpus; return its process id."""
    articles = make_articles(ARTICLES, extra=f" of {generation}")
    return child(lambda: build(articles, Settings(index_dir=folder), WordEmbedder()))


def look(folder: Path) -> None:
    """Raise when the index that CURRENT names isn't whole."""
    index = open_build(layout.build_folder(folder, layout.current_name(folder)))
    assert index.manifest.passages == ARTICLES * 4
    assert faults(index) == []


def main(folder: Path, kills: int, seed: int) -> None:
    began = time.monotonic()
    assert os.waitpid(build_generation(folder, 0), 0)[1] == 0
    duration = time.monotonic() - began
    rng = random.Random(seed)
    published = {layout.current_name(folder)}
    killed = bad = 0
    for generation in range(1, kills + 1):
        builder = build_generation(folder, generation)
        time.sleep(rng.uniform(0, duration))
        os.kill(builder, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(builder, 0)[1])
        bad += os.waitpid(child(lambda: look(folder)), 0)[1] != 0
        published.add(layout.current_name(folder))
    last = os.waitpid(build_generation(folder, kills + 1), 0)[1]
    left = [path.name for path in (folder / layout.BUILDS).glob(f"{layout.STAGING_PREFIX}*")]
    print(json.dumps({"killed": killed, "bad": bad, "published": len(published), "last": last, "left": left, "seconds": duration}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
