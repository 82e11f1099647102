from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import IndexDamaged
from app.retrieve.manifest import FORMAT, MANIFEST, FileSeal, Manifest, SetAside, check_files, read_manifest, seal_files, write_manifest

NAME = "00112233445566ff"


def make_manifest(files: dict[str, FileSeal]) -> Manifest:
    return Manifest(
        name=NAME,
        created="2026-11-22T10:00:00+00:00",
        model="words",
        fingerprint="ab",
        dimension=8,
        store="embedded",
        recipe={"format": "1"},
        articles={"grief-é": "ff"},
        passages=3,
        sentences=5,
        questions=2,
        set_aside=(SetAside("a.pdf", "encrypted", "It needs a password."),),
        files=files,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build = tmp_path / NAME
    (build / "below").mkdir(parents=True)
    (build / "a.npy").write_bytes(b"12345")
    (build / "below" / "b").write_bytes(b"")
    write_manifest(build, make_manifest(seal_files(build)))
    return build


def test_reads_back_what_was_written(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest == make_manifest(manifest.files)
    assert sorted(manifest.files) == ["a.npy", "below/b"]
    check_files(folder, manifest)


def test_any_changed_fact_is_seen(folder: Path) -> None:
    facts = json.loads((folder / MANIFEST).read_text("utf-8"))
    for key in facts.keys() - {"seal"}:
        changed = {
            **facts,
            key: f"{facts[key]}1" if isinstance(facts[key], str) else 7 if isinstance(facts[key], int) else type(facts[key])(),
        }
        (folder / MANIFEST).write_text(json.dumps(changed), "utf-8")
        with pytest.raises(IndexDamaged):
            read_manifest(folder)


def test_another_format_says_so(folder: Path) -> None:
    write_manifest(folder, replace(make_manifest({}), format=FORMAT + 1))
    with pytest.raises(IndexDamaged, match="another version") as caught:
        read_manifest(folder)
    assert caught.value.code == "index_format"


def test_another_builds_manifest_is_refused(folder: Path) -> None:
    write_manifest(folder, replace(make_manifest({}), name="f" * 16))
    with pytest.raises(IndexDamaged, match="another build"):
        read_manifest(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"seal": 1}', "\x00"])
def test_what_is_no_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text, "utf-8")
    with pytest.raises(IndexDamaged, match="no readable manifest"):
        read_manifest(folder)


@pytest.mark.parametrize("data", [b"12346", b"1234", b"123456", None])
def test_a_changed_file_is_named(folder: Path, data: bytes | None) -> None:
    if data is None:
        (folder / "a.npy").unlink()
    else:
        (folder / "a.npy").write_bytes(data)
    with pytest.raises(IndexDamaged, match=r"a\.npy"):
        check_files(folder, read_manifest(folder))
