"""A build's manifest: what made it, what it holds, and the size and SHA-256 of every file.

The manifest seals itself too (``seal`` is the hash of the rest), so that a damaged manifest is as visible as a damaged file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from app.errors import IndexDamaged

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class FileSeal:
    """What a file must be: its size in bytes and its hex SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """A document that could not be used: where it came from, the code of the reason, and the reason in a sentence without its words."""

    origin: str
    code: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The facts of one build. ``articles`` maps slug to content hash, ``files`` maps paths below the build folder to their seals.

    ``store`` is "embedded" (Chroma in the build folder) or "server" (a collection on a Chroma server). ``created`` is ISO 8601, UTC.
    """

    name: str
    created: str
    model: str
    fingerprint: str
    dimension: int
    store: str
    recipe: dict[str, str]
    articles: dict[str, str]
    passages: int
    sentences: int
    questions: int
    set_aside: tuple[SetAside, ...]
    files: dict[str, FileSeal]
    format: int = FORMAT


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest.json`` into the build folder, sealed."""
    facts = asdict(manifest)
    text = json.dumps({**facts, "seal": _seal(facts)}, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", "utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read and check the manifest itself. Raises ``IndexDamaged`` when it is missing, changed, of another format or another build's."""
    try:
        facts = json.loads((folder / MANIFEST).read_text("utf-8"))
        seal = facts.pop("seal")
        manifest = _adapter().validate_python(facts)
    except (OSError, ValueError, KeyError, AttributeError, TypeError, ValidationError):
        raise IndexDamaged(f"Build {folder.name} has no readable manifest.") from None
    if seal != _seal(facts):
        raise IndexDamaged(f"The manifest of build {folder.name} was changed after it was written.")
    if manifest.format != FORMAT:
        raise IndexDamaged(f"Build {folder.name} was written by another version of Rapport.", code="index_format")
    if manifest.name != folder.name:
        raise IndexDamaged(f"Build {folder.name} holds the manifest of another build.")
    return manifest


def check_file(path: Path, seal: FileSeal) -> None:
    """Raise ``IndexDamaged`` unless the file has the size and hash that were written."""
    try:
        intact = path.stat().st_size == seal.size and sha256_of(path) == seal.sha256
    except OSError:
        intact = False
    if not intact:
        raise IndexDamaged(f"{path.name} is missing or is not what was written.")


def check_files(folder: Path, manifest: Manifest) -> None:
    """Check every file of the build. Raises ``IndexDamaged`` naming the first that doesn't match."""
    for name, seal in manifest.files.items():
        check_file(folder / name, seal)


def seal_files(folder: Path) -> dict[str, FileSeal]:
    """Size and hash of every file below ``folder``, but not of the manifest."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return {path.relative_to(folder).as_posix(): FileSeal(path.stat().st_size, sha256_of(path)) for path in paths}


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _seal(facts: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _adapter() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)
