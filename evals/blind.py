"""Blind sheets: files called ``blind-*`` are run and counted, and nobody who works on the product reads them.

So a run keeps no text of them: no question, no reply, no reason. What is left (row, kind, status, checks' counts) is enough for every
figure and gate, and for comparing two runs, since a case keeps its id.
"""

from __future__ import annotations

from dataclasses import replace

from evals.cases import Case
from evals.records import Check, Outcome

PREFIX = "blind-"
_HIDDEN = ("…",)


def is_blind(suite: str) -> bool:
    """Whether a suite of that name is a blind one."""
    return suite.startswith(PREFIX)


def veil(outcome: Outcome) -> Outcome:
    """The outcome without any text of question, reply or sheet, if its suite is blind; otherwise as it is."""
    if not is_blind(outcome.case.suite):
        return outcome
    reply = outcome.reply and replace(outcome.reply, blocks=(), citations=(), suggestions=())
    return replace(
        outcome,
        case=_case(outcome.case),
        checks=tuple(_check(check) for check in outcome.checks),
        reply=reply,
        found=outcome.found and replace(outcome.found, query=outcome.found.query and _HIDDEN[0]),
    )


def _case(case: Case) -> Case:
    return replace(
        case,
        question=f"Row {case.row} of a blind sheet",
        history=(),
        must_say=tuple(_HIDDEN for _ in case.must_say),
        must_not_say=tuple(_HIDDEN[0] for _ in case.must_not_say),
        why=case.kind,
    )


def _check(check: Check) -> Check:
    """ "outcome", "referral kind" and "asked" speak in our words only; the others may quote."""
    ours = check.name in ("outcome", "referral kind", "asked", "length", "reading age", "time")
    return check if ours else replace(check, detail="" if check.result == "pass" else "Not told for a blind sheet.", marks=())
