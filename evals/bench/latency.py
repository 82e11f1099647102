"""``rapport bench latency``: a question beside one bare embedding of it, interleaved in one run; cold start; memory; torch absent.

Figures are ratios and medians: machines are shared and noisy. Questions are those of our own suites.
"""

from __future__ import annotations

import csv
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from app.domain import Conversation
from app.settings import Settings
from app.wiring import Rapport

SUITE = Path(__file__).parents[1] / "suites" / "answers-dev.csv"
WARM_UP = 10
_COLD = """
import json, os, sys, time
began = time.perf_counter()
from app.settings import load
from app.wiring import build
from app.domain import Conversation
from app.web.main import create_app
rapport = build(load(**json.loads(sys.argv[1])), wait=True)
create_app(rapport)
ready = time.perf_counter() - began
rapport.answer(Conversation("What happens in the first session?"))
pages = int(open("/proc/self/statm").read().split()[1])
print(json.dumps({"seconds": ready, "mb": pages * os.sysconf("SC_PAGE_SIZE") / 1e6, "torch": "torch" in sys.modules}))
"""


def run(settings: Settings, questions: int) -> dict[str, Any]:
    """Medians over ``questions`` questions, in milliseconds, and their ratio; seconds to ready and MB of a fresh process."""
    rapport = Rapport(settings)
    rapport.open()
    embedder = rapport.embedder
    assert embedder is not None  # noqa: S101 - open() has raised otherwise
    with SUITE.open(encoding="utf-8", newline="") as file:
        asked = [row["question"] for row in csv.DictReader(file)][: questions + WARM_UP]
    bare: list[float] = []
    whole: list[float] = []
    for question in asked:  # a server that has run a while: notes on passages are made once
        rapport.answer(Conversation(question))
    for number, question in enumerate(asked):
        began = time.perf_counter()
        embedder.queries([question])
        between = time.perf_counter()
        rapport.answer(Conversation(question))
        ended = time.perf_counter()
        if number >= WARM_UP:
            bare.append(1000 * (between - began))
            whole.append(1000 * (ended - between))
    rapport.close()
    return {
        "questions": len(bare),
        "embedding_p50_ms": round(statistics.median(bare), 2),
        "question_p50_ms": round(statistics.median(whole), 2),
        "question_p95_ms": round(statistics.quantiles(whole, n=20)[-1], 2),
        "ratio_p50": round(statistics.median(whole) / statistics.median(bare), 2),
        **_cold_start(settings),
    }


def _cold_start(settings: Settings) -> dict[str, Any]:
    overrides = {"index_dir": str(settings.index_dir), "models_dir": str(settings.models_dir), "embedding_model": settings.embedding_model}
    command = [sys.executable, "-c", _COLD, json.dumps(overrides)]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(3)]  # noqa: S603 - our own interpreter and code
    return {
        "cold_start_s": round(statistics.median(run["seconds"] for run in runs), 2),
        "memory_mb": round(statistics.median(run["mb"] for run in runs)),
        "torch_imported": any(run["torch"] for run in runs),
    }
