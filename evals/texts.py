"""A run and a comparison as plain text, for a terminal or a log: the report's first screen, shorter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evals.checks import in_plain_words
from evals.compare import Comparison, Moved, SearchChange, likely_for_search, why_worse
from evals.gates import Judged, failed
from evals.records import Outcome, Ranked, Run
from evals.retrieval import scores
from evals.run import about_line
from evals.summary import passed, retrieval, shares, times

MARKS = {"pass": "ok  ", "fail": "FAIL", "not judged": "–   "}
MOST_LISTED = 10


def run_text(run: Run, judged: Sequence[Judged], against: Comparison | None, written: Sequence[Path] = ()) -> str:
    """Gates, suites and figures of a run; what got worse, with the likely reason; where the files are."""
    lines = [about_line(run.about), ""]
    for sheet in run.suites:
        share = passed([outcome for outcome in run.outcomes if outcome.case.suite == sheet.name])
        lines.append(f"{sheet.name:20} {share.words}")
    lines += [""] if run.suites else []
    lines += [*(f"{share.name:20} {share.words}" for share in shares(run.outcomes))]
    lines += [f"{mean.name:20} {mean.words} ({mean.of} questions)" for mean in retrieval(run.outcomes)]
    for suite in run.retrieval:
        lines += [
            "",
            f"{suite.name} (search, {len(suite.queries)} queries)",
            *(f"{one.name:20} {one.words}" for one in scores(suite.queries)),
        ]
        lines += [f"  Not among the first ten: “{query.query[:80]}”" for query in suite.queries if query.rank is None][:MOST_LISTED]
    if times(run.outcomes):
        lines.append(f"{'seconds a question':20} " + ", ".join(f"{name} {value:.2f}" for name, value in times(run.outcomes).items()))
    lines += ["", *(f"{MARKS[found.verdict]} {found.gate.name}: {found.words}" for found in judged)]
    if against is not None:
        lines += ["", *_changed(against)]
    lines += ["", _closing(run, judged)]
    lines += [f"Report: {written[0]} (also {', '.join(path.name for path in written[1:])})"] if written else []
    return "\n".join(lines)


def comparison_text(before: Run, after: Run, against: Comparison) -> str:
    """Two runs' figures in one table, then what got worse and better."""
    old = {share.name: share.words for share in shares(before.outcomes)}
    new = {share.name: share.words for share in shares(after.outcomes)}
    for figures, run in ((old, before), (new, after)):
        figures |= {mean.name: mean.words for mean in retrieval(run.outcomes)}
        figures |= {f"{suite.name} {one.name}": one.words for suite in run.retrieval for one in scores(suite.queries)}
    lines = [f"before: {before.started}, {about_line(before.about)}", f"after:  {after.started}, {about_line(after.about)}", ""]
    lines += [f"{name:24} {old.get(name, '–'):42} {new.get(name, '–')}" for name in dict.fromkeys([*old, *new])]
    return "\n".join([*lines, "", *_changed(against)])


def _changed(against: Comparison) -> list[str]:
    lines = [f"{len(against.worse)} got worse, {len(against.better)} got better, {against.same} stayed the same (p = {against.p:.3f})."]
    if against.new or against.gone:
        lines.append(f"{len(against.new)} questions are new, {against.gone} are gone.")
    lines += [f"  Changed: {change.words}" for change in against.changes[:MOST_LISTED]]
    for pair in against.worse[:MOST_LISTED]:
        was, now = in_plain_words(pair.before.status), in_plain_words(pair.after.status)
        lines.append(
            f"  Worse: {_where(pair.after)}: {was} → {now}. {_first_problem(pair.after)} {why_worse(pair, against.changes)}".rstrip()
        )
    lines += [f"  {search_words(change)}" for change in against.search]
    lines += [f"  Search: {_lost(moved, against)}" for moved in against.moved[:MOST_LISTED] if moved.change < 0]
    if len(against.worse) > MOST_LISTED:
        lines.append(f"  … and {len(against.worse) - MOST_LISTED} more: see the report.")
    return lines


def search_words(change: SearchChange) -> str:
    """A retrieval suite's change in a sentence."""
    what = "stayed" if not change.worse and not change.better else "rose" if change.after > change.before else "fell"
    figures = f"at {change.after:.3f}" if what == "stayed" else f"from {change.before:.3f} to {change.after:.3f}"
    moved = f"{change.worse} worse, {change.better} better, p = {change.p:.3f}"
    return f"{change.suite}: nDCG@10 {what} {figures} over {change.of} queries ({moved})."


def place_words(query: Ranked) -> str:
    """Where a wanted article stands: "1st", "4th", "not found"."""
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{query.rank}{endings.get(query.rank, 'th')}" if query.rank else "not found"


def _lost(moved: Moved, against: Comparison) -> str:
    reason = likely_for_search(against.changes, moved)
    words = f"“{moved.after.query[:80]}”: {place_words(moved.before)} → {place_words(moved.after)}."
    return f"{words} {reason.words}" if reason else words


def _where(outcome: Outcome) -> str:
    return f"{outcome.case.suite} row {outcome.case.row}, “{outcome.case.question[:80]}”"


def _first_problem(outcome: Outcome) -> str:
    return next((check.detail for check in outcome.checks if check.weight == "must" and check.result != "pass"), "")


def _closing(run: Run, judged: Sequence[Judged]) -> str:
    wrong = failed(judged)
    counted = f"{len(run.outcomes) + sum(len(suite.queries) for suite in run.retrieval)} questions in {run.seconds:.0f} s"
    if not wrong:
        return f"All gates passed ({counted})."
    return f"{len(wrong)} of {len(judged)} gates failed ({counted})."
