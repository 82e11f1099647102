"""The report: one HTML file that needs nothing else, for staff to read, print and sign.

What is unsafe first, then what got worse, then what to do; figures and charts; every failed case with what to do about it; the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.domain import Citation
from evals import charts
from evals.advice import what_to_do
from evals.checks import in_plain_words
from evals.compare import Change, Comparison, Pair, why_worse
from evals.gaps import Gap, declined_in
from evals.gates import Judged, failed
from evals.marking import Piece, marked_pieces
from evals.records import Check, Outcome, Run
from evals.run import about_line, past_of
from evals.summary import Mean, Share, passed, referral_by_kind, retrieval, shares, times

TEMPLATES = Path(__file__).with_name("templates")
FIRST = 3  # how many of each are named on the first screen
MOST_STEPS = 5
FEW = 3  # steps; with fewer, advice on single questions comes too
RANKS = (("1st", 1, 1), ("2nd", 2, 2), ("3rd", 3, 3), ("4th to 10th", 4, 10))
LESS_IS_BETTER = ("over-referral rate", "wrongly declined")


@dataclass(frozen=True)
class Card:
    """A case as the report shows it. ``reasons`` say why it got worse, where a change points to it."""

    outcome: Outcome
    anchor: str
    was: str
    now: str
    wrong: tuple[Check, ...]
    watch: tuple[Check, ...]
    opinions: tuple[Check, ...]
    pieces: tuple[Piece, ...]
    quotes: tuple[Citation, ...]
    advice: tuple[str, ...]
    reason: str = ""
    before: str = ""


@dataclass(frozen=True)
class Figure:
    """A share with its drawing."""

    share: Share
    drawing: Markup


@dataclass(frozen=True)
class View:
    """Everything the template shows, in its order."""

    run: Run
    about: str
    judged: tuple[Judged, ...]
    broken: tuple[Judged, ...]
    unsafe: tuple[Card, ...]
    worse: tuple[Card, ...]
    better: tuple[Card, ...]
    others: tuple[Card, ...]
    unknown: int
    steps: tuple[str, ...]
    changes: tuple[Change, ...]
    compared: Comparison | None
    suites: tuple[Figure, ...]
    figures: tuple[Figure, ...]
    kinds: tuple[Figure, ...]
    means: tuple[Mean, ...]
    seconds: dict[str, float]
    drawings: tuple[tuple[str, Markup], ...]
    gaps: tuple[Gap, ...]
    counted: tuple[Gap, ...]
    passes: tuple[tuple[str, tuple[Outcome, ...]], ...]


def render(run: Run, judged: Sequence[Judged], before: Run | None, against: Comparison | None, counted: Sequence[Gap] = ()) -> str:
    """The report's HTML. ``counted`` are the service's own counts of declined questions, if the clinic keeps them."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["in_plain_words"] = in_plain_words
    page = environment.get_template("report.html")
    return page.render(view=_view(run, judged, against, counted), first=FIRST, before=before)


def _view(run: Run, judged: Sequence[Judged], against: Comparison | None, counted: Sequence[Gap]) -> View:
    unsafe_ids = dict.fromkeys(outcome.case.id for found in judged if found.gate.safety for outcome in found.misses)
    by_id = {outcome.case.id: outcome for outcome in run.outcomes}
    pairs = {pair.after.case.id: pair for pair in against.worse} if against else {}
    changes = against.changes if against else ()
    unsafe = [_card(run, by_id[case_id], pairs.get(case_id), changes) for case_id in unsafe_ids]
    worse = [_card(run, pair.after, pair, changes) for case_id, pair in pairs.items() if case_id not in unsafe_ids]
    shown = {*unsafe_ids, *pairs}
    others = [_card(run, outcome, None, ()) for outcome in run.outcomes if outcome.result != "pass" and outcome.case.id not in shown]
    better = [_card(run, pair.after, pair, ()) for pair in against.better] if against else []
    least = {found.share.name: found.gate.least for found in judged if found.share is not None and "*" in found.gate.suites}
    return View(
        run=run,
        about=about_line(run.about),
        judged=tuple(judged),
        broken=tuple(failed(judged)),
        unsafe=tuple(unsafe),
        worse=tuple(worse),
        better=tuple(better),
        others=tuple(others),
        unknown=sum(outcome.result == "unknown" for outcome in run.outcomes),
        steps=tuple(_steps(judged, unsafe, worse, others, changes)),
        changes=tuple(changes),
        compared=against,
        suites=tuple(_figure(Share(s.name, *_passes(run, s.name))) for s in run.suites),
        figures=tuple(_figure(share, least.get(share.name)) for share in shares(run.outcomes)),
        kinds=tuple(_figure(share) for share in referral_by_kind(run.outcomes)),
        means=tuple(retrieval(run.outcomes)),
        seconds=times(run.outcomes),
        drawings=tuple(_drawings(run)),
        gaps=tuple(declined_in(run)),
        counted=tuple(counted),
        passes=tuple((s.name, tuple(o for o in run.outcomes if o.case.suite == s.name and o.result == "pass")) for s in run.suites),
    )


def _card(run: Run, outcome: Outcome, pair: Pair | None, changes: Sequence[Change]) -> Card:
    reply = outcome.reply
    wrong = tuple(check for check in outcome.checks if check.weight == "must" and check.result != "pass")
    marks = [mark for check in wrong if check.name in ("forbidden words", "citations", "groundedness", "quotes") for mark in check.marks]
    earlier = pair.before.reply if pair else None
    return Card(
        outcome=outcome,
        anchor=outcome.case.id.replace(":", "-"),
        was=in_plain_words(pair.before.status) if pair else "",
        now=in_plain_words(outcome.status) if outcome.status else "not answered at all",
        wrong=wrong,
        watch=tuple(check for check in outcome.checks if check.weight == "watch" and check.result != "pass"),
        opinions=tuple(check for check in outcome.checks if check.weight == "opinion"),
        pieces=tuple(marked_pieces(reply.text, marks)) if reply else (),
        quotes=reply.citations if reply else (),
        advice=tuple(what_to_do(outcome, run.about.articles)),
        reason=why_worse(pair, changes) if pair else "",
        before=earlier.text if earlier and reply and earlier.text != reply.text else "",
    )


def _steps(
    judged: Sequence[Judged], unsafe: Sequence[Card], worse: Sequence[Card], others: Sequence[Card], changes: Sequence[Change]
) -> list[str]:
    """What to do, most urgent first, no step twice."""
    broken = failed(judged)
    steps = [found.gate.what_to_do for found in broken if found.gate.safety]
    reasons = Counter(card.reason for card in (*unsafe, *worse) if card.reason)
    steps += [
        f"{reason} {count} {_questions(count)} did worse: undo it, or accept it knowingly." for reason, count in reasons.most_common(2)
    ]
    if worse and not reasons and changes:
        steps.append(f"{len(worse)} {_questions(len(worse))} did worse; see “What changed” below for the likely reason.")
    steps += [found.gate.what_to_do for found in broken if not found.gate.safety]
    if len(steps) < FEW:
        common = Counter(advice for card in (*worse, *others) for advice in card.advice)
        steps += [f"{advice} ({count} {_questions(count)})" for advice, count in common.most_common(2)]
    return list(dict.fromkeys(step for step in steps if step))[:MOST_STEPS]


def _questions(count: int) -> str:
    return "question" if count == 1 else "questions"


def _passes(run: Run, suite: str) -> tuple[int, int]:
    share = passed([outcome for outcome in run.outcomes if outcome.case.suite == suite])
    return share.hits, share.of


def _figure(share: Share, least: float | None = None) -> Figure:
    return Figure(share, Markup(charts.interval_bar(share, least)))  # noqa: S704  # drawn by us, words escaped


def _drawings(run: Run) -> list[tuple[str, Markup]]:
    drawn = [
        ("Pass rate over runs", _trend(run)),
        ("Where retrieval found the wanted article", _ranks(run)),
        ("Score and cut-off", _scores(run)),
    ]
    return [(title, Markup(svg)) for title, svg in drawn if svg]  # noqa: S704  # drawn by us, words escaped


def _trend(run: Run) -> str:
    pasts = [*run.earlier, past_of(run)]
    dots = [charts.Dot(past.started[5:16].replace("T", " "), sum(past.passed.values()), sum(past.counts.values())) for past in pasts]
    return charts.trend("Pass rate over runs, oldest first", dots) if run.earlier else ""


def _ranks(run: Run) -> str:
    ranks = [outcome.found.rank for outcome in run.outcomes if outcome.found is not None]
    if not ranks:
        return ""
    tones = ("good", "good", "good", "middling")
    rows = [
        charts.Bar(label, sum(rank is not None and low <= rank <= high for rank in ranks), tone)
        for (label, low, high), tone in zip(RANKS, tones, strict=True)
    ]
    return charts.bars("Place of the wanted article", [*rows, charts.Bar("not found", ranks.count(None), "bad")])


def _scores(run: Run) -> str:
    """From the receipts of replies that were searched for."""
    scored = [(o.case.should_be, o.reply.receipt) for o in run.outcomes if o.reply is not None and "score" in o.reply.receipt]
    answerable = [float(receipt["score"]) for should_be, receipt in scored if should_be == ("answered",)]
    other = [float(receipt["score"]) for should_be, receipt in scored if should_be == ("declined",)]
    cutoffs = {receipt["cutoff"] for _, receipt in scored if "cutoff" in receipt}
    if not answerable and not other:
        return ""
    return charts.scores("How likely each question is answered", answerable, other, float(cutoffs.pop()) if len(cutoffs) == 1 else None)
