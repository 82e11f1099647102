"""Asks every case and checks every reply: several at once, in the sheet's order, a failure of one never ending the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter

from evals.blind import veil
from evals.cases import Case, Suite
from evals.checks import DEPTH, check_reply, rank_check, retrieval_rank, verdict
from evals.limits import Gates
from evals.records import About, Check, Found, Outcome, Past, Run, SuiteInfo
from evals.retrieval import RankOwn, RetrievalSuite, rank_suites
from evals.target import Target, TargetError

WORKERS = 4
Progress = Callable[[str, int, int], None]
Judge = Callable[[Case, Outcome], Check | None]


def run_suites(
    suites: Sequence[Suite],
    target: Target,
    gates: Gates,
    *,
    workers: int = WORKERS,
    progress: Progress = lambda _phase, _done, _total: None,
    earlier: tuple[Past, ...] = (),
    judge: Judge | None = None,
    retrieval: Sequence[RetrievalSuite] = (),
    rank_own: RankOwn | None = None,
) -> Run:
    """Run sheets and retrieval suites against a target. Raises ``TargetError`` only when the target can't say what it is.

    ``rank_own`` ranks the documents that a retrieval suite brings. Of blind sheets no text is kept (see ``blind.py``).
    """
    started, clock = datetime.now(UTC).replace(microsecond=0).isoformat(), perf_counter()
    about = target.about()
    cases = [case for suite in suites for case in suite.cases]
    outcomes = _ask_all(cases, target, gates, workers, progress) if cases else []
    if judge is not None:
        outcomes = [_judged(outcome, judge) for outcome in outcomes]
    outcomes = [veil(outcome) for outcome in outcomes]
    ranked = rank_suites(retrieval, target, rank_own, workers, progress)
    return Run(
        started=started,
        seconds=round(perf_counter() - clock, 2),
        about=replace(about, composer=about.composer or _composer(outcomes), settings=about.settings | _in_force(outcomes)),
        suites=tuple(SuiteInfo(suite.name, suite.file, suite.sha256, len(suite.cases)) for suite in suites),
        outcomes=tuple(outcomes),
        earlier=earlier,
        retrieval=ranked,
    )


def run_case(case: Case, target: Target, gates: Gates) -> Outcome:
    """One case, asked and checked; unknown, with the reason, when it couldn't be."""
    clock = perf_counter()
    try:
        reply = target.ask(case.conversation)
        seconds = perf_counter() - clock
        checks, found = check_reply(case, reply, seconds, target, gates), _rank(case, target)
        checks += (rank_check(found, gates.reading),) if found else ()
        return Outcome(case, verdict(checks), checks, reply, round(seconds, 4), found)
    except TargetError as error:
        seconds, problem = perf_counter() - clock, str(error)
    except Exception as error:  # noqa: BLE001  # a fault in the service must not end the other cases; its text may hold the question
        seconds, problem = perf_counter() - clock, f"The service failed ({type(error).__name__})."
    return Outcome(case, "unknown", (Check("asked", "unknown", problem),), None, round(seconds, 4), problem=problem)


def past_of(run: Run) -> Past:
    """A run in figures only."""
    names = [suite.name for suite in run.suites]
    passed = {name: sum(outcome.case.suite == name and outcome.result == "pass" for outcome in run.outcomes) for name in names}
    counts = {name: sum(outcome.case.suite == name for outcome in run.outcomes) for name in names}
    return Past(run.started, run.about.build, passed, counts)


def _ask_all(cases: Sequence[Case], target: Target, gates: Gates, workers: int, progress: Progress) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="eval") as pool:
        jobs = {pool.submit(run_case, case, target, gates): place for place, case in enumerate(cases)}
        for done, job in enumerate(as_completed(jobs), 1):
            outcomes[jobs[job]] = job.result()
            progress("asking", done, len(cases))
    return [outcomes[place] for place in range(len(cases))]


def _rank(case: Case, target: Target) -> Found | None:
    """Where the wanted article stands in the search; for a follow-up, in the search for the question as it stands alone.

    None when no article is named, or when the target can't say what a follow-up means (a server).
    """
    if not case.must_cite or "answered" not in (case.should_be or ("answered",)):
        return None
    query = target.standalone(case.conversation) if case.history else case.question
    if query is None:
        return None
    return replace(retrieval_rank(case, target.search(query, DEPTH)), query=query if case.history else "")


def _judged(outcome: Outcome, judge: Judge) -> Outcome:
    opinion = judge(outcome.case, outcome) if outcome.reply is not None else None
    return outcome if opinion is None else replace(outcome, checks=(*outcome.checks, opinion))


def _composer(outcomes: Sequence[Outcome]) -> str:
    seen = sorted({outcome.reply.receipt.get("composer", "") for outcome in outcomes if outcome.reply})
    return ", ".join(name for name in seen if name and name not in ("fixed", "referral"))


def _in_force(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """The cut-off that decided, where the receipts agree on one: the setting alone may only say "default"."""
    seen = {outcome.reply.receipt["cutoff"] for outcome in outcomes if outcome.reply and "cutoff" in outcome.reply.receipt}
    return {"retrieve.cutoff": f"{float(seen.pop()):g}"} if len(seen) == 1 else {}


def about_line(about: About) -> str:
    """Build, model and composer, in one line."""
    parts = [f"build {about.build}" if about.build else "", about.model, about.composer and f"{about.composer} mode", about.target]
    return ", ".join(part for part in parts if part)
