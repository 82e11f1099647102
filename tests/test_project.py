"""The project's own files: pins, the container, the library's layers, privacy of what is written down."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINNED = ("core.txt", "run.txt", "written.txt", "test.txt", "uv.txt")


def _tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_every_package_is_pinned_with_hashes() -> None:
    for name in PINNED:
        blocks = re.split(r"\n(?=\S)", (ROOT / "requirements" / name).read_text("utf-8").strip())
        assert blocks
        for block in blocks:
            assert re.match(r"[\w.\[\]-]+==[\w.+!]+", block), block[:80]
            assert "--hash=sha256:" in block, block[:80]
    assert (ROOT / "requirements" / "torch.txt").read_text("utf-8").strip() == "torch==2.13.0"


def test_what_is_declared_is_what_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "written.txt": project["dependencies"] + extras["openai"] + extras["anthropic"] + extras["ollama"],
        "core.txt": project["dependencies"],
        "run.txt": project["dependencies"] + extras["ingest"],
        "test.txt": project["dependencies"] + extras["ingest"] + extras["dev"] + extras["openai"],
    }
    for name, packages in wanted.items():
        text = (ROOT / "requirements" / name).read_text("utf-8").lower().replace("_", "-")
        locked = set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))
        missing = {package.lower().replace("_", "-") for package in packages} - locked - {"torch==2.13.0"}
        assert not missing, f"run make lock: {name} lacks {missing}"


def test_serving_needs_no_torch() -> None:
    for name in ("core.txt", "written.txt"):
        pins = (ROOT / "requirements" / name).read_text("utf-8")
        assert not re.search(r"^(torch|sentence-transformers|transformers|scikit-learn)==", pins, re.MULTILINE)


def test_no_file_names_a_registry_host() -> None:
    hosts = re.compile("|".join(("pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npmjs", "deb" + r"\.debian")))
    named = []
    for path in _tracked():
        if path.suffix in (".png", ".npz", ".onnx", ".pdf", ".docx", ".xlsx"):
            continue
        if hosts.search(path.read_text("utf-8", errors="replace")):
            named.append(path.relative_to(ROOT).as_posix())
    assert named == []


def test_the_container_file_is_clean() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("hadolint")), "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.search(r"^USER \d+:\d+$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text
    assert text.count("\nFROM ") == 2
    assert re.search(r'^CMD \["rapport"', text, re.MULTILINE)


def test_every_issue_of_layering_is_kept() -> None:
    done = subprocess.run([str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_python_files_stay_short() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in _tracked()
        if path.suffix == ".py" and not path.is_relative_to(ROOT / "tests") and (count := len(path.read_text("utf-8").splitlines())) > 350
    }
    assert long == {}
