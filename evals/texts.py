"""A run and a comparison as plain text, for a terminal or a log: the report's first screen, shorter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evals.checks import in_plain_words
from evals.compare import Comparison, why_worse
from evals.gates import Judged, failed
from evals.records import Outcome, Run
from evals.run import about_line
from evals.summary import passed, retrieval, shares, times

MARKS = {"pass": "ok  ", "fail": "FAIL", "not judged": "–   "}
MOST_LISTED = 10


def run_text(run: Run, judged: Sequence[Judged], against: Comparison | None, written: Sequence[Path] = ()) -> str:
    """Gates, suites and figures of a run; what got worse, with the likely reason; where the files are."""
    lines = [about_line(run.about), ""]
    for suite in run.suites:
        share = passed([outcome for outcome in run.outcomes if outcome.case.suite == suite.name])
        lines.append(f"{suite.name:20} {share.words}")
    lines += ["", *(f"{share.name:20} {share.words}" for share in shares(run.outcomes))]
    lines += [f"{mean.name:20} {mean.value:.3f} over {mean.of} questions" for mean in retrieval(run.outcomes)]
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
    lines = [f"before: {before.started}, {about_line(before.about)}", f"after:  {after.started}, {about_line(after.about)}", ""]
    lines += [f"{name:20} {old.get(name, '–'):42} {new.get(name, '–')}" for name in dict.fromkeys([*old, *new])]
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
    if len(against.worse) > MOST_LISTED:
        lines.append(f"  … and {len(against.worse) - MOST_LISTED} more: see the report.")
    return lines


def _where(outcome: Outcome) -> str:
    return f"{outcome.case.suite} row {outcome.case.row}, “{outcome.case.question[:80]}”"


def _first_problem(outcome: Outcome) -> str:
    return next((check.detail for check in outcome.checks if check.weight == "must" and check.result != "pass"), "")


def _closing(run: Run, judged: Sequence[Judged]) -> str:
    wrong = failed(judged)
    if not wrong:
        return f"All gates passed ({len(run.outcomes)} questions in {run.seconds:.0f} s)."
    return f"{len(wrong)} of {len(judged)} gates failed ({len(run.outcomes)} questions in {run.seconds:.0f} s)."
