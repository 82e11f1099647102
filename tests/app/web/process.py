"""Runs ``tests.app.web.live`` for a test."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx


@dataclass
class Live:
    """A server process."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> int:
        """Resident bytes now."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def metric(self, name: str) -> float:
        """A gauge of /metrics."""
        lines = httpx.get(self.url + "/metrics", timeout=10).text.splitlines()
        return float(next(line for line in lines if line.startswith(name + " ")).split()[1])

    def settle(self, name: str, value: float, seconds: float) -> bool:
        """Whether a gauge comes to a value within a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.metric(name) == value:
                return True
            time.sleep(0.05)
        return False


@contextmanager
def live(log: Path, **given: Any) -> Iterator[Live]:
    """A server with the fake service; ``given`` sets its behaviour and ``limits``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.app.web.live", json.dumps({"port": port, **given})], stderr=err, stdout=err
        )
    server = Live(process, port, log)
    try:
        _wait(server)
        yield server
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _wait(server: Live) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and server.process.poll() is None:
        try:
            httpx.get(server.url + "/livez", timeout=1)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(server.log.read_text("utf-8"))
