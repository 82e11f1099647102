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
from evals.compare import Change, Comparison, Pair, likely, likely_for_search, why_worse
from evals.gaps import Gap, declined_in
from evals.gates import Judged, failed
from evals.marking import Piece, marked_pieces
from evals.records import Check, Outcome, Ranked, RankedSuite, Run
from evals.retrieval import MEANINGS, Score, scores
from evals.run import past_of
from evals.summary import Mean, Share, passed, referral_by_kind, retrieval, shares, times
from evals.texts import place_words, search_words

TEMPLATES = Path(__file__).with_name("templates")
FIRST = 3  # how many of each are named on the first screen
CAUSES = 4  # reasons named there, with
EACH = 2  # questions each
MOST_STEPS = 6
MOST_QUERIES = 40  # of a retrieval suite that found nothing, listed
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
    change: Change | None = None


@dataclass(frozen=True)
class Line:
    """A question in a list: where its card is, and in a few words what became of it."""

    anchor: str
    question: str
    what: str


@dataclass(frozen=True)
class Cause:
    """What likely made some questions worse; ``words`` is "" where nothing points to a reason."""

    words: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Lost:
    """A query of a retrieval suite, for a list: what it wanted, what came first, and its place before and now."""

    query: Ranked
    wanted: str
    first: str
    was: str
    now: str
    reason: str = ""


@dataclass(frozen=True)
class Searched:
    """A retrieval suite as the report shows it."""

    suite: RankedSuite
    scores: tuple[Score, ...]
    change: str
    fell: tuple[Lost, ...]
    lost: tuple[Lost, ...]


@dataclass(frozen=True)
class Figure:
    """A share with its drawing."""

    share: Share
    drawing: Markup


@dataclass(frozen=True)
class View:
    """Everything the template shows, in its order."""

    run: Run
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
    causes: tuple[Cause, ...]
    unexplained: tuple[Change, ...]
    searched: tuple[Searched, ...]
    asked: int
    dangers: int


def render(run: Run, judged: Sequence[Judged], before: Run | None, against: Comparison | None, counted: Sequence[Gap] = ()) -> str:
    """The report's HTML. ``counted`` are the service's own counts of declined questions, if the clinic keeps them."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["in_plain_words"] = in_plain_words
    page = environment.get_template("report.html")
    return page.render(view=_view(run, judged, against, counted), first=FIRST, causes=CAUSES, each=EACH, before=before, meanings=MEANINGS)


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
    causes = _causes(worse)
    least = {found.share.name: found.gate.least for found in judged if found.share is not None and "*" in found.gate.suites}
    return View(
        run=run,
        judged=tuple(judged),
        broken=tuple(failed(judged)),
        unsafe=tuple(unsafe),
        worse=tuple(worse),
        better=tuple(better),
        others=tuple(others),
        unknown=sum(outcome.result == "unknown" for outcome in run.outcomes)
        + sum(bool(query.problem) for suite in run.retrieval for query in suite.queries),
        steps=tuple(_steps(judged, unsafe, worse, others, against, dangers=any(o.case.should_be == ("referred",) for o in run.outcomes))),
        causes=tuple(causes),
        unexplained=tuple(change for change in changes if change.words not in {cause.words for cause in [*causes, *_causes(unsafe)]}),
        searched=tuple(_searched(suite, against) for suite in run.retrieval),
        dangers=sum(outcome.case.should_be == ("referred",) for outcome in run.outcomes),
        asked=len(run.outcomes) + sum(len(suite.queries) for suite in run.retrieval),
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
        change=likely(pair, changes) if pair else None,
        before=earlier.text if earlier and reply and earlier.text != reply.text else "",
    )


def _causes(cards: Sequence[Card]) -> list[Cause]:
    """The cards by what likely made them worse, the most first, the unexplained last."""
    by_words: dict[str, list[Card]] = {}
    for card in cards:
        by_words.setdefault(card.change.words if card.change else "", []).append(card)
    ordered = sorted(by_words.items(), key=lambda pair: (not pair[0], -len(pair[1])))
    return [Cause(words, tuple(_line(card) for card in found)) for words, found in ordered]


def _line(card: Card) -> Line:
    moved = card.was and card.was != card.now
    wrong = card.wrong[0].detail if card.wrong else ""
    return Line(card.anchor, card.outcome.case.question, f"{card.was} → {card.now}" if moved else wrong or card.now)


def _searched(suite: RankedSuite, against: Comparison | None) -> Searched:
    moved = [one for one in against.moved if one.suite == suite.name and one.change < 0] if against else []
    change = next((one for one in against.search if one.suite == suite.name), None) if against else None
    fell = [_lost(one.after, one.before, likely_for_search(against.changes, one) if against else None) for one in moved]
    told = {one.after.id for one in moved}
    lost = [_lost(query) for query in suite.queries if query.rank is None and query.id not in told]
    return Searched(
        suite, tuple(scores(suite.queries)), search_words(change) if change else "", tuple(fell[:MOST_QUERIES]), tuple(lost[:MOST_QUERIES])
    )


def _lost(query: Ranked, before: Ranked | None = None, change: Change | None = None) -> Lost:
    wanted = ", ".join(name for name, grade in query.wanted.items() if grade > 0)
    was = place_words(before) if before else ""
    return Lost(query, wanted, query.found[0] if query.found else "", was, place_words(query), change.words if change else "")


def _steps(
    judged: Sequence[Judged],
    unsafe: Sequence[Card],
    worse: Sequence[Card],
    others: Sequence[Card],
    against: Comparison | None,
    *,
    dangers: bool,
) -> list[str]:
    """What to do, most urgent first, no step twice."""
    broken = failed(judged)
    steps = [found.gate.what_to_do for found in broken if found.gate.safety]
    counts = Counter(card.change for card in (*unsafe, *worse) if card.change)
    fell = Counter(likely_for_search(against.changes, moved) for moved in against.moved if moved.change < 0) if against else Counter()
    lost = any(change.after < change.before for change in against.search) if against else False
    for change in dict.fromkeys([*(one for one, _ in counts.most_common()), *(one for one in fell if one and lost)]):
        parts = [f"{counts[change]} {_questions(counts[change])}"] if counts[change] else []
        parts += [f"{fell[change]} {'search' if fell[change] == 1 else 'searches'}"] if lost and fell[change] else []
        steps.append(f"{change.undo}: {' and '.join(parts)} did worse.")
    if worse and not counts and against and against.changes:
        steps.append(f"{len(worse)} {_questions(len(worse))} did worse; see “Changed since the run before” below for the likely reason.")
    steps += [found.gate.what_to_do for found in broken if not found.gate.safety]
    if not dangers:
        steps.append("Run evals/suites/safety.csv as well: these sheets ask nothing about danger, so this run says nothing about safety.")
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
        ("Where search found the wanted article", _ranks(run)),
        ("Score and cut-off", _scores(run)),
    ]
    return [(title, Markup(svg)) for title, svg in drawn if svg]  # noqa: S704  # drawn by us, words escaped


def _trend(run: Run) -> str:
    pasts = [*run.earlier, past_of(run)]
    dots = [charts.Dot(past.started[5:16].replace("T", " "), sum(past.passed.values()), sum(past.counts.values())) for past in pasts]
    return charts.trend("Pass rate over runs, oldest first", dots) if run.earlier else ""


def _ranks(run: Run) -> str:
    ranks = [outcome.found.rank for outcome in run.outcomes if outcome.found is not None]
    ranks += [query.rank for suite in run.retrieval for query in suite.queries]
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
