"""Runs ranx over standard input's JSON, in a process of its own: with numba's compiler off, which is much quicker for small runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any


def ranx_means(cases: list[dict[str, Any]], names: list[str]) -> list[dict[str, float]]:
    """ranx's mean of each metric, for each {"qrels", "runs"} (runs are ranked id lists)."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__))],
        input=json.dumps({"cases": cases, "names": names}),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    answer: list[dict[str, float]] = json.loads(done.stdout)
    return answer


def _main() -> None:
    warnings.simplefilter("ignore")
    from ranx import Qrels, Run, evaluate  # type: ignore[import-untyped]  # ranx has no types

    asked = json.load(sys.stdin)
    answers = []
    for case in asked["cases"]:
        scored = {query: {found: 1.0 - place / 100 for place, found in enumerate(run)} for query, run in case["runs"].items()}
        answers.append({name: float(value) for name, value in evaluate(Qrels(case["qrels"]), Run(scored), asked["names"]).items()})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    _main()
