"""`rapport check`: run, print, and give the exit code."""

from __future__ import annotations

import sys
from pathlib import Path

from app.settings import Settings
from ingest.check.run import run
from ingest.check.show import as_json, show


def main(
    folder: Path, settings: Settings, *, json: bool = False, infos: bool = False, complete: bool = False, with_model: bool = True
) -> int:
    """Check ``folder``, print the report to standard output, and return the exit code of ``CheckReport.exit_code``.

    ``infos`` lists what is merely good to know; ``complete`` makes a check that was left out count. Raises as ``run`` does.
    """
    report = run(folder, settings, with_model=with_model, on_progress=_say)
    if json:
        sys.stdout.write(as_json(report) + "\n")
    else:
        show(report, infos=infos)
    return report.exit_code(complete=complete)


def _say(step: str) -> None:
    """One line a step on standard error: standard output holds the report alone."""
    sys.stderr.write(f"{step} …\n")
