"""Two runs side by side, case by case: what got worse, what improved, and what changed between them that may be why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals.intervals import mcnemar
from evals.records import About, Outcome, Run
from evals.summary import fate


@dataclass(frozen=True)
class Pair:
    """One case in both runs."""

    before: Outcome
    after: Outcome


@dataclass(frozen=True)
class Change:
    """Something that differs between two runs besides the replies. ``kind`` is "setting", "article", "file", "model" or "version"."""

    kind: str
    name: str
    words: str


@dataclass(frozen=True)
class Comparison:
    """``worse`` passed before and doesn't now; ``better`` the reverse; ``same`` counts the pairs in neither; ``p`` is McNemar's, exact.

    ``new`` are cases that only the later run has, ``gone`` counts those that only the earlier one had.
    """

    worse: tuple[Pair, ...]
    better: tuple[Pair, ...]
    same: int
    new: tuple[Outcome, ...]
    gone: int
    changes: tuple[Change, ...]

    @property
    def p(self) -> float:
        return mcnemar(len(self.worse), len(self.better))

    def of_suite(self, suite: str) -> tuple[int, int]:
        """(worse, better) in one suite."""
        return tuple(sum(pair.after.case.suite == suite for pair in pairs) for pairs in (self.worse, self.better))  # type: ignore[return-value]


def compare(before: Run, after: Run) -> Comparison:
    """Pair the cases of two runs by their id."""
    earlier = {outcome.case.id: outcome for outcome in before.outcomes}
    pairs = [Pair(earlier[outcome.case.id], outcome) for outcome in after.outcomes if outcome.case.id in earlier]
    worse = tuple(pair for pair in pairs if pair.before.result == "pass" != pair.after.result)
    better = tuple(pair for pair in pairs if pair.after.result == "pass" != pair.before.result)
    return Comparison(
        worse=worse,
        better=better,
        same=len(pairs) - len(worse) - len(better),
        new=tuple(outcome for outcome in after.outcomes if outcome.case.id not in earlier),
        gone=len(earlier) - len(pairs),
        changes=tuple(changes(before.about, after.about)),
    )


def changes(before: About, after: About) -> list[Change]:
    """What differs, the likeliest reasons first. A side that doesn't tell (a server) is not compared."""
    found: list[Change] = []
    if before.model != after.model and before.model and after.model:
        found.append(Change("model", after.model, f"The embedding model is now {after.model}; it was {before.model}."))
    found += [
        Change("setting", name, f"The setting {name} is now {new}; it was {old}.")
        for name, old, new in _differing(before.settings, after.settings)
    ]
    found += _articles(before.articles, after.articles)
    found += _files(before.files, after.files)
    found += [
        Change("version", name, f"{name} is now {new}; it was {old}.") for name, old, new in _differing(before.versions, after.versions)
    ]
    return found


def why_worse(pair: Pair, found: Sequence[Change]) -> str:
    """The change that most likely made a case worse, in a sentence; "" when none points to it.

    A likely reason, not a proof: a missing article that was cited, then a changed article that was, then guard rules for a lost
    referral, then any changed setting, model or file.
    """
    before = pair.before.reply
    cited = {citation.article for citation in before.citations} if before else set()
    for change in found:
        if change.kind == "article" and change.name in cited:
            return change.words + " The earlier answer quoted it."
    if "referred" in (fate(pair.before), fate(pair.after)) and fate(pair.before) != fate(pair.after):
        return _named(found, ("file",), "guard/")
    return _named(found, ("setting", "model")) or _named(found, ("file",), "retrieve/", "compose/", "models/")


def _named(found: Sequence[Change], kinds: Sequence[str], *prefixes: str) -> str:
    fitting = [change for change in found if change.kind in kinds and (not prefixes or change.name.startswith(prefixes))]
    return fitting[0].words if fitting else ""


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[str, str, str]]:
    names = [*before, *(name for name in after if name not in before)] if before and after else []
    return [(name, before.get(name, "not set"), after.get(name, "not set")) for name in names if before.get(name) != after.get(name)]


def _articles(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    if not before or not after:
        return []
    gone = [Change("article", slug, f"The article “{slug}” is no longer in the index.") for slug in before if slug not in after]
    new = [Change("article", slug, f"The article “{slug}” is new.") for slug in after if slug not in before]
    both = [slug for slug in before if slug in after and before[slug] and after[slug] and before[slug] != after[slug]]
    return [*gone, *(Change("article", slug, f"The text of the article “{slug}” has changed.") for slug in both), *new]


def _files(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    found = []
    for name, old, new in _differing(before, after):
        what = "is gone" if new == "not set" else "is new" if old == "not set" else "has changed"
        found.append(Change("file", name, f"The file app/{name} {what}."))
    return found
