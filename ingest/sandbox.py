"""Reads documents in a process of their own, so that a bomb or a crash costs one document and not the run.

One worker is kept and given document after document; it is started anew when it dies or is too slow.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from app.errors import SourceError
from ingest.document import RawDocument, SourceFile

_ROOT = Path(__file__).resolve().parent.parent
_LONGEST_REPLY = 200_000_000
_CHUNK = 1 << 16
_WALL_FACTOR = 3  # a busy machine gives a document less than a processor
_WALL_EXTRA = 10.0


class Sandbox:
    """``read`` gives a document or raises ``SourceError``; a context manager that ends its worker. Not for use by several threads."""

    def __init__(self, cpu_seconds: int) -> None:
        self._cpu_seconds = cpu_seconds
        self._worker: subprocess.Popen[bytes] | None = None

    def read(self, source: SourceFile) -> RawDocument:
        """The document, read in the worker.

        Raises ``SourceError`` with the reader's code; "too_slow" past the time limit; "crashed" when the worker dies for another reason.
        """
        worker = self._running()
        request = {"kind": source.kind, "bytes": len(source.data), "cpu_seconds": self._cpu_seconds}
        try:
            reply = self._exchange(worker, json.dumps(request).encode() + b"\n" + source.data)
        except SourceError:
            self.close()
            raise
        if "document" in reply:
            return RawDocument.from_json(reply["document"])
        if reply["code"] == "too_large":
            self.close()  # what it took may not come back
        raise SourceError(reply["reason"], code=reply["code"])

    def close(self) -> None:
        """End the worker; the next ``read`` starts another."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.kill()
        worker.wait()
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._worker is not None and self._worker.poll() is not None:
            self.close()
        if self._worker is None:
            environment = {"PYTHONPATH": str(_ROOT), "PATH": os.defpath, "PYTHONIOENCODING": "utf-8"}
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "ingest.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=environment,
            )
            for pipe in (self._worker.stdin, self._worker.stdout):
                os.set_blocking(_open(pipe).fileno(), False)
        return self._worker

    def _exchange(self, worker: subprocess.Popen[bytes], message: bytes) -> dict[str, Any]:
        deadline = time.monotonic() + _WALL_FACTOR * self._cpu_seconds + _WALL_EXTRA
        into, out = _open(worker.stdin).fileno(), _open(worker.stdout).fileno()
        sent, received = memoryview(message), bytearray()
        while not received.endswith(b"\n"):
            ready_in, ready_out, _ = select.select([out], [into] if sent else [], [], max(0.0, deadline - time.monotonic()))
            if not ready_in and not ready_out:
                raise SourceError("Reading it took too long.", code="too_slow")
            if ready_out:
                sent = sent[_written(into, sent) :]
            if ready_in:
                chunk = os.read(out, _CHUNK)
                if not chunk:
                    raise _death(worker)
                received += chunk
            if len(received) > _LONGEST_REPLY:
                raise SourceError("It holds more text than a document should.", code="too_large")
        reply: dict[str, Any] = json.loads(bytes(received))
        return reply


def _death(worker: subprocess.Popen[bytes]) -> SourceError:
    status = worker.wait()
    if status == -signal.SIGXCPU:
        return SourceError("Reading it took too long.", code="too_slow")
    return SourceError("Its reader crashed.", code="crashed")


def _written(pipe: int, data: memoryview) -> int:
    try:
        return os.write(pipe, data[:_CHUNK])
    except BrokenPipeError:  # it died: what it left on its output tells
        return len(data)


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("the worker was started without pipes")
    return pipe
