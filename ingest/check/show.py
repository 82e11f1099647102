"""A report for people (a table on a terminal, plain lines elsewhere) and for machines (JSON)."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict
from typing import TextIO

from ingest.check.report import CheckReport, Finding, Severity

_COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def show(report: CheckReport, *, infos: bool = False, out: TextIO | None = None) -> None:
    """Print errors and warnings one by one, infos too when asked for (else how many of each kind), then a summary."""
    stream = out or sys.stdout
    listed = [finding for finding in report.findings if infos or finding.severity != Severity.INFO]
    if stream.isatty():
        _table(listed, stream)
    else:
        stream.writelines(f"{_place(f)}: {f.severity}: [{f.check}] {f.message} {f.what_to_do}\n" for f in listed)
    stream.writelines(f"{line}\n" for line in summary(report, infos=infos))


def summary(report: CheckReport, *, infos: bool = False) -> list[str]:
    """The last lines: what was left out, infos by kind when they were not listed, and the counts."""
    lines = [f"Left out: {left.check}. {left.reason}" for left in report.left_out]
    kinds = Counter(finding.check for finding in report.findings if finding.severity == Severity.INFO)
    if kinds and not infos:
        lines.append(f"Good to know (--infos lists them): {', '.join(f'{check} {count}' for check, count in kinds.most_common())}")
    counts = ", ".join(f"{report.count(severity)} {severity}{'' if report.count(severity) == 1 else 's'}" for severity in Severity)
    return [*lines, f"{report.articles} articles: {counts}."]


def as_json(report: CheckReport) -> str:
    """The whole report as one JSON object: ``articles``, ``findings``, ``left_out`` and ``counts``."""
    counts = {severity.value: report.count(severity) for severity in Severity}
    return json.dumps({**asdict(report), "counts": counts}, ensure_ascii=False, indent=2)


def _place(finding: Finding) -> str:
    return f"{finding.article}:{finding.line}" if finding.line else finding.article


def _table(findings: list[Finding], stream: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("Where", "Check", "What", "What to do", show_lines=False, expand=True)
    for finding in findings:
        cells = (_place(finding), finding.check, finding.message, finding.what_to_do)
        table.add_row(*(Text(cell) for cell in cells), style=_COLOURS[finding.severity])
    if findings:
        Console(file=stream).print(table)
