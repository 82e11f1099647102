"""What makes a build besides its articles: the code and data that read, split and index them.

Versions are hashes of the source files themselves, so that a changed splitter can't keep an old version by oversight. A changed comment
makes a new build too, which costs little: vectors come from the cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from app.models.embed import Embedder
from app.retrieve.manifest import FORMAT

_ROOT = Path(__file__).resolve().parent.parent
_OURS = {"build.py", "cache.py", "publish.py", "recipe.py", "stage.py", "vectors.py", "verify.py", "split.py", "__init__.py"}
_DATA = {".py", ".toml", ".txt", ".json", ".csv"}


def recipe_of(embedder: Embedder, chroma_url: str) -> dict[str, str]:
    """Everything but the articles that decides what a build holds."""
    reading = (path for path in (_ROOT / "ingest").rglob("*") if path.suffix in _DATA and path.name not in _OURS)
    return {
        "format": str(FORMAT),
        "model": embedder.fingerprint,
        "store": "server" if chroma_url else "embedded",
        "cleaner": _version(reading),
        "splitter": _version(_named("ingest/split.py", "app/text.py", "app/abbreviations.toml")),
        "lexical": _version(_named("app/retrieve/lexical.py", "app/retrieve/words.py", "app/retrieve/stopwords.txt")),
        "writer": _version(
            _named(
                "ingest/stage.py", "app/retrieve/outside.toml", "app/retrieve/content.py", "app/retrieve/dense.py", "app/retrieve/layout.py"
            )
        ),
    }


def _named(*names: str) -> Iterable[Path]:
    return (_ROOT / name for name in names)


def _version(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(_ROOT).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
