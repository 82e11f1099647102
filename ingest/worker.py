"""The process in which documents are read: ``python -m ingest.worker``, started and fed by ``ingest.sandbox``.

On standard input: a JSON line ``{"kind", "bytes", "cpu_seconds"}`` and that many bytes; on standard output a JSON line with either
``document`` or ``code`` and ``reason``. The process limits its own memory and time, writes no file, opens no connection, starts no program.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any, BinaryIO

from app.errors import SourceError
from ingest.extract.kinds import read

_MEMORY = 1_000_000_000  # bytes above what the process has when it starts
_FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.remove",
    "os.rename",
    "shutil.",
    "ctypes.dlopen",
)


def main() -> None:
    """Read documents until standard input ends."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a parser prints must not look like a reply
    _limit_process()
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        data = sys.stdin.buffer.read(request["bytes"])
        _limit_cpu(request["cpu_seconds"])
        _send(replies, _answer(request["kind"], data))


def _answer(kind: Any, data: bytes) -> dict[str, Any]:
    try:
        return {"document": read(kind, data).to_json()}
    except SourceError as error:
        return {"code": error.code, "reason": str(error)}
    except MemoryError:
        return {"code": "too_large", "reason": "It needs more memory than a document should."}
    except RecursionError:
        return {"code": "hostile", "reason": "It is nested too deep to be read."}
    except Exception as error:  # noqa: BLE001 - whatever a parser raises on a bad file sets that file aside, without its words
        return {"code": "unreadable", "reason": f"Its reader failed ({type(error).__name__})."}


def _send(replies: BinaryIO, answer: dict[str, Any]) -> None:
    replies.write(json.dumps(answer).encode() + b"\n")
    replies.flush()


def _limit_process() -> None:
    pages = int(open("/proc/self/statm").read().split()[0]) if sys.platform == "linux" else 0  # noqa: SIM115, PTH123
    if pages:
        ceiling = pages * resource.getpagesize() + _MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.addaudithook(_forbid)


def _limit_cpu(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, resource.RLIM_INFINITY))


def _forbid(event: str, _args: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError("not in the sandbox")


if __name__ == "__main__":
    main()
