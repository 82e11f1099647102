"""Errors that callers are meant to handle, each with a code, a plain sentence, and what to do next.

RapportError
├── SettingsError        a setting is missing or malformed            (exit 2)
├── IndexUnavailable     no verified build is open                    (503, exit 4)
│   └── IndexDamaged     a build does not match its manifest
├── BuildError           an index build failed; the old one stands    (exit 1)
│   ├── BuildLocked      another build is running                     (exit 3)
│   └── DiskFull         no room for the new build
├── ModelError           an embedding model is missing or not what its hash says
├── SourceError          a document can't be read; it is set aside    (never ends a run)
└── UpstreamError        a language model's server failed

Messages are ours: they never hold text from a conversation or a document.
"""

from __future__ import annotations


class RapportError(Exception):
    """Base of all of ours. ``code`` is stable and for machines, ``str(error)`` is one sentence for people."""

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class SettingsError(RapportError):
    code = "settings"
    exit_code = 2


class IndexUnavailable(RapportError):
    code = "index_unavailable"
    exit_code = 4


class IndexDamaged(IndexUnavailable):
    code = "index_damaged"


class BuildError(RapportError):
    code = "build_failed"


class BuildLocked(BuildError):
    code = "build_locked"
    exit_code = 3


class DiskFull(BuildError):
    code = "disk_full"


class ModelError(RapportError):
    code = "model"


class SourceError(RapportError):
    """``code`` says why the document was set aside: "empty", "encrypted", "too_large", "unreadable", "hostile", "text_lost" …"""

    code = "unreadable"


class UpstreamError(RapportError):
    code = "upstream"
