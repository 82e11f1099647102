"""What a check says: findings, what was left out, and the exit code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

CLEAN, FOUND_ERRORS, INCOMPLETE = 0, 1, 5


class Severity(StrEnum):
    """An error must be mended before the library is used; a warning wants a look; an info is good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. ``article`` is a path below the folder, ``line`` counts from 1 in that file; 0 means the file as a whole."""

    article: str
    line: int
    check: str
    severity: Severity
    message: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A check that could not run, and why, in a sentence."""

    check: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything found, gravest first, then by article and line. ``articles`` counts the documents that were read."""

    articles: int
    findings: tuple[Finding, ...]
    left_out: tuple[LeftOut, ...] = ()

    def count(self, severity: Severity) -> int:
        """How many findings are of this severity."""
        return Counter(finding.severity for finding in self.findings)[severity]

    def exit_code(self, *, complete: bool = False) -> int:
        """1 with any error; 5 when ``complete`` is asked for and a check was left out; else 0."""
        if self.count(Severity.ERROR):
            return FOUND_ERRORS
        return INCOMPLETE if complete and self.left_out else CLEAN


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Gravest first, then by article, line and check; each finding once."""
    rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return tuple(sorted(dict.fromkeys(findings), key=lambda f: (rank[f.severity], f.article, f.line, f.check, f.message)))
