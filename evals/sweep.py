"""Trying several settings on the same questions: one run each, one table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product

from evals.cases import SuiteError
from evals.compare import compare
from evals.gates import Judged, failed
from evals.records import Run
from evals.retrieval import scores
from evals.summary import Share, retrieval, shares, times

MOST_RUNS = 24
COLUMNS = ("pass rate", "fact recall", "abstention recall", "wrongly declined", "over-referral rate", "referral recall")


def combinations(sets: Sequence[str]) -> list[dict[str, str]]:
    """``["a=1,2", "b=3"]`` as [{a: 1, b: 3}, {a: 2, b: 3}]; one empty dict when there is nothing to set. Raises ``SuiteError``."""
    choices: list[list[tuple[str, str]]] = []
    for given in sets:
        name, mark, values = given.partition("=")
        if not mark or not name.strip() or not all(value.strip() for value in values.split(",")):
            raise SuiteError("--set takes a setting and its values, such as retrieve.cutoff=0.3,0.35.")
        choices.append([(name.strip(), value.strip()) for value in values.split(",")])
    tried = [dict(chosen) for chosen in product(*choices)]
    if len(tried) > MOST_RUNS:
        raise SuiteError(f"That makes {len(tried)} runs; {MOST_RUNS} at most.")
    return tried


def sweep_table(runs: Sequence[tuple[dict[str, str], Run, list[Judged]]], *, as_json: bool = False) -> str:
    """A row a run, the first as the one to compare with (worse and better are cases, p is McNemar's, exact)."""
    rows = [_row(values, made, judged, runs[0][1]) for values, made, judged in runs]
    if as_json:
        return json.dumps({"runs": rows}, indent=1)
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = [names, *([str(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[at]) for line in table) for at in range(len(names))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table)


def _row(values: dict[str, str], made: Run, judged: list[Judged], first: Run) -> dict[str, str]:
    figures = {share.name: share for share in shares(made.outcomes)}
    row = {"settings": ", ".join(f"{name}={value}" for name, value in values.items())}
    row |= {name: _words(figures[name]) for name in COLUMNS if name in figures}
    row |= {mean.name: f"{mean.value:.3f}" for mean in retrieval(made.outcomes)}
    row |= {f"{suite.name} {one.name}": f"{one.value:.3f}" for suite in made.retrieval for one in scores(suite.queries)}
    against = compare(first, made)
    row["worse/better"] = "–" if made is first else f"{len(against.worse)}/{len(against.better)} (p {against.p:.2f})"
    row["gates failed"] = str(len(failed(judged)))
    row["median s"] = f"{times(made.outcomes).get('median', 0):.2f}"
    return row


def _words(share: Share) -> str:
    low, high = share.interval
    return f"{100 * (share.value or 0):.1f} % ({100 * low:.0f} to {100 * high:.0f})"
