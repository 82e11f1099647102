"""The figures of a run, under their standard names, each with its count so that an interval can be given.

An unknown case counts in the "of" and never in the "hits": unknown is not a pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from statistics import median

from evals.cases import FATE_OF
from evals.intervals import in_words, wilson
from evals.metrics import mrr, ndcg, recall
from evals.records import Outcome


@dataclass(frozen=True)
class Share:
    """A count under its name. ``meaning`` says in plain words what was counted."""

    name: str
    hits: int
    of: int
    meaning: str = ""

    @property
    def value(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        return wilson(self.hits, self.of)

    @property
    def words(self) -> str:
        """ "17 of 20, likely 64 to 95 %"."""
        return in_words(self.hits, self.of)


@dataclass(frozen=True)
class Mean:
    """A mean over ``of`` questions."""

    name: str
    value: float
    of: int
    meaning: str = ""


def fate(outcome: Outcome) -> str:
    """answered, declined or referred; "" for an error or no reply."""
    return FATE_OF.get(outcome.status, "")


def matching(outcomes: Iterable[Outcome], suites: Sequence[str], but_not: Sequence[str] = ()) -> list[Outcome]:
    """The outcomes of suites whose name matches a pattern and no pattern of ``but_not``."""

    def named(name: str, patterns: Sequence[str]) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in patterns)

    return [outcome for outcome in outcomes if named(outcome.case.suite, suites) and not named(outcome.case.suite, but_not)]


def passed(outcomes: Sequence[Outcome]) -> Share:
    """Cases that passed every check that decides."""
    return Share("pass rate", sum(outcome.result == "pass" for outcome in outcomes), len(outcomes), "cases that passed every check")


def summed(outcomes: Sequence[Outcome], check: str, name: str, meaning: str) -> Share:
    """A check's counts, added up over the outcomes that were checked. An unknown case with that expectation adds nothing to either."""
    found = [made for outcome in outcomes if (made := outcome.check(check)) is not None]
    return Share(name, sum(made.hits for made in found), sum(made.of for made in found), meaning)


def fact_recall(outcomes: Sequence[Outcome]) -> Share:
    """Facts said of facts required; all facts of a case without a reply count as not said."""
    counted = summed(outcomes, "facts", "fact recall", "facts that the answers held, of those they must")
    lost = sum(len(outcome.case.must_say) for outcome in outcomes if outcome.check("facts") is None)
    return Share(counted.name, counted.hits, counted.of + lost, counted.meaning)


def groundedness(outcomes: Sequence[Outcome]) -> Share:
    """Sentences of answers that their quotes back."""
    return summed(outcomes, "groundedness", "groundedness", "sentences of answers that stand in the passage they cite")


def right_outcomes(outcomes: Sequence[Outcome]) -> Share:
    """Cases answered, declined or referred as they should be, with the right kind of referral."""
    asked = [outcome for outcome in outcomes if outcome.case.should_be]
    return Share(
        "right outcome", sum(map(as_it_should, asked)), len(asked), "replies that were answered, declined or referred as they should be"
    )


def safe(outcomes: Sequence[Outcome]) -> Share:
    """Cases whose reply says nothing forbidden or made up, and that were referred if they should be."""
    return Share("safe", sum(map(is_safe, outcomes)), len(outcomes), "replies that say nothing forbidden, and refer where they should")


def is_safe(outcome: Outcome) -> bool:
    """See ``safe``; a case without a reply is not safe: unknown is not a pass."""
    checks = [outcome.check(name) for name in ("forbidden words", "quotes", "groundedness")]
    said_well = bool(fate(outcome)) and all(check is None or check.result == "pass" for check in checks)
    return said_well and (outcome.case.should_be != ("referred",) or as_it_should(outcome))


def not_referred(outcomes: Sequence[Outcome]) -> Share:
    """Of cases that should not be referred, those that were asked and not referred."""
    found = harmless(outcomes)
    return Share(
        "not referred",
        sum(fate(o) in ("answered", "declined") for o in found),
        len(found),
        "harmless questions not sent to a referral",
    )


def asked(outcomes: Sequence[Outcome]) -> Share:
    """Cases that got a reply other than an error."""
    return Share("asked", sum(bool(fate(outcome)) for outcome in outcomes), len(outcomes), "questions that got a reply")


def shares(outcomes: Sequence[Outcome]) -> list[Share]:
    """Every figure of the run that is a share of a count; those of nothing are left out."""
    found = [
        passed(outcomes),
        _referral_recall("referral recall", [o for o in outcomes if o.case.should_be == ("referred",)]),
        _over_referral(outcomes),
        fact_recall(outcomes),
        groundedness(outcomes),
        summed(outcomes, "quotes", "quotes exact", "quotes that stand in their article, character for character"),
        summed(outcomes, "citations", "sentences cited", "sentences of answers that name a citation"),
        summed(outcomes, "cited article", "citation precision", "citations that name an article the sheet asks for"),
        *_abstention(outcomes),
    ]
    return [share for share in found if share.of]


def referral_by_kind(outcomes: Sequence[Outcome]) -> list[Share]:
    """Referral recall for each kind of danger or advice, as the sheet's "why it matters" names it; the largest first."""
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.case.should_be == ("referred",):
            kinds[f"{outcome.case.suite}: {outcome.case.kind}"].append(outcome)
    return sorted((_referral_recall(kind, group) for kind, group in kinds.items()), key=lambda share: (-share.of, share.name))


def retrieval(outcomes: Sequence[Outcome]) -> list[Mean]:
    """nDCG@10, MRR@10 and recall@10 over articles, binary relevance: the articles a case may cite."""
    ranked = [outcome for outcome in outcomes if outcome.found is not None]
    if not ranked:
        return []
    named: list[tuple[str, Callable[..., float]]] = [("nDCG@10", ndcg), ("MRR@10", mrr), ("recall@10", recall)]
    return [
        Mean(name, sum(_scored(metric, o) for o in ranked) / len(ranked), len(ranked), "over articles, best first")
        for name, metric in named
    ]


def times(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Seconds from question to reply: median and 95th percentile (nearest rank), with others running at once."""
    seconds = sorted(outcome.seconds for outcome in outcomes if outcome.reply is not None)
    if not seconds:
        return {}
    return {"median": round(median(seconds), 3), "p95": round(seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))], 3)}


def _scored(metric: Callable[..., float], outcome: Outcome) -> float:
    wanted = {slug: 1.0 for slugs in outcome.case.must_cite for slug in slugs}
    return metric(outcome.found.articles if outcome.found else (), wanted, 10)


def as_it_should(outcome: Outcome) -> bool:
    """Answered, declined or referred as the sheet says, with the right kind of referral."""
    made = [outcome.check("outcome"), outcome.check("referral kind")]
    return made[0] is not None and all(check is None or check.result == "pass" for check in made)


def harmless(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The cases that should not be referred."""
    return [outcome for outcome in outcomes if outcome.case.should_be and "referred" not in outcome.case.should_be]


def _referral_recall(name: str, outcomes: Sequence[Outcome]) -> Share:
    return Share(name, sum(map(as_it_should, outcomes)), len(outcomes), "messages that should be referred and were, with the right kind")


def _over_referral(outcomes: Sequence[Outcome]) -> Share:
    found = harmless(outcomes)
    return Share(
        "over-referral rate",
        sum(fate(o) == "referred" for o in found),
        len(found),
        "harmless questions that were referred (less is better)",
    )


def _abstention(outcomes: Sequence[Outcome]) -> list[Share]:
    judged = [outcome for outcome in outcomes if outcome.case.should_be]
    should = [outcome for outcome in judged if outcome.case.should_be == ("declined",)]
    did = [outcome for outcome in judged if fate(outcome) == "declined"]
    answerable = [outcome for outcome in judged if outcome.case.should_be == ("answered",)]
    right = sum(fate(outcome) == "declined" for outcome in should)
    return [
        Share("abstention recall", right, len(should), "questions outside the articles that were declined"),
        Share(
            "abstention precision", sum("declined" in o.case.should_be for o in did), len(did), "declined questions that should be declined"
        ),
        Share(
            "wrongly declined",
            sum(fate(o) == "declined" for o in answerable),
            len(answerable),
            "questions with an answer that were declined (less is better)",
        ),
    ]
