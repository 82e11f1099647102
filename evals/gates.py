"""Holds a run against ``gates.toml``: each gate's verdict, and the cases that miss what it asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from evals.compare import Comparison
from evals.intervals import mcnemar
from evals.limits import Gate, Gates
from evals.records import Outcome, Ranked, Run
from evals.retrieval import METRICS, score
from evals.summary import (
    Share,
    as_it_should,
    asked,
    fact_recall,
    fate,
    groundedness,
    harmless,
    is_safe,
    matching,
    named,
    not_referred,
    passed,
    readable,
    right_outcomes,
    safe,
)

Verdict = Literal["pass", "fail", "not judged"]
Test = Callable[[Outcome], bool]
MEASURES: dict[str, tuple[Callable[[Sequence[Outcome]], Share], Test]] = {
    "passed": (passed, lambda outcome: outcome.result == "pass"),
    "safe": (safe, is_safe),
    "right outcome": (right_outcomes, lambda outcome: not outcome.case.should_be or as_it_should(outcome)),
    "not referred": (not_referred, lambda outcome: not harmless([outcome]) or fate(outcome) in ("answered", "declined")),
    "facts": (fact_recall, lambda outcome: _passes(outcome, "facts", bool(outcome.case.must_say))),
    "grounded": (groundedness, lambda outcome: _passes(outcome, "groundedness", False)),
    "readable": (readable, lambda outcome: _passes(outcome, "reading age", False)),
    "asked": (asked, lambda outcome: bool(fate(outcome))),
}


@dataclass(frozen=True)
class Judged:
    """A gate and what became of it. ``words`` give the count and the bar; "not judged" when the run holds nothing for it.

    ``misses`` are the cases that fall short of what the gate looks at, also when it passed all the same.
    """

    gate: Gate
    verdict: Verdict
    words: str
    share: Share | None = None
    misses: tuple[Outcome, ...] = ()


def judge(run: Run, gates: Gates, against: Comparison | None = None) -> list[Judged]:
    """Every gate, in the file's order."""
    return [_no_worse(gate, run, against) if gate.p is not None else _reached(gate, run) for gate in gates.gate]


def failed(judged: Sequence[Judged]) -> list[Judged]:
    """The gates that fail; a run with any exits with 1."""
    return [found for found in judged if found.verdict == "fail"]


def _reached(gate: Gate, run: Run) -> Judged:
    if gate.measure in METRICS:
        return _found(gate, run)
    outcomes = matching(run.outcomes, gate.suites, gate.but_not)
    if gate.should_be is not None:
        outcomes = [outcome for outcome in outcomes if outcome.case.should_be == (gate.should_be,)]
    measure, reaches = MEASURES[gate.measure]
    share, least = measure(outcomes), gate.least or 0.0
    if gate.measure == "asked":
        queries = _queries(gate, run)
        share = replace(share, hits=share.hits + sum(not query.problem for query in queries), of=share.of + len(queries))
    if not share.of:
        return Judged(gate, "not judged", "these sheets hold no such question")
    ok = share.hits >= least * share.of - 1e-9
    misses = tuple(outcome for outcome in outcomes if not reaches(outcome))
    bar = "it must be all" if least == 1 else f"it must be at least {100 * least:g} %"
    return Judged(gate, "pass" if ok else "fail", f"{share.words}; {bar}", share, misses)


def _found(gate: Gate, run: Run) -> Judged:
    """A gate on retrieval suites: a mean over all their queries."""
    queries = _queries(gate, run)
    if not queries:
        return Judged(gate, "not judged", "this run holds no retrieval suite")
    made, least = score(gate.measure, queries), gate.least or 0.0
    return Judged(gate, "pass" if made.value >= least - 1e-9 else "fail", f"{made.name} {made.words}; it must be at least {least:g}")


def _queries(gate: Gate, run: Run) -> list[Ranked]:
    suites = named([suite.name for suite in run.retrieval], gate.suites, gate.but_not)
    return [query for suite in run.retrieval if suite.name in suites for query in suite.queries]


def _no_worse(gate: Gate, run: Run, against: Comparison | None) -> Judged:
    if against is None:
        return Judged(gate, "not judged", "there is no earlier run to compare with (--against)")
    worst: list[str] = []
    for suite in run.suites:
        worse, better = against.of_suite(suite.name)
        p = mcnemar(worse, better)
        if worse > better and p < (gate.p or 0):
            worst.append(f"{suite.name}: {worse} got worse, {better} got better; chance alone would seldom do that (p = {p:.3f})")
    for search in against.search:
        if search.after < search.before and search.p < (gate.p or 0):
            fell = f"nDCG@10 fell from {search.before:.3f} to {search.after:.3f}"
            worst.append(f"{search.suite}: {fell}; chance alone would seldom do that (p = {search.p:.3f})")
    if worst:
        return Judged(gate, "fail", "; ".join(worst), misses=tuple(pair.after for pair in against.worse))
    return Judged(gate, "pass", f"{len(against.worse)} got worse, {len(against.better)} got better: no more than chance might do")


def _passes(outcome: Outcome, name: str, expected: bool) -> bool:
    """Whether the check passed; without one, whether none was to be ``expected``."""
    check = outcome.check(name)
    return not expected if check is None else check.result == "pass"
