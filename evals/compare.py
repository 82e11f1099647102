"""Two runs side by side, case by case and query by query: what got worse, what improved, and what changed that may be why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals.intervals import mcnemar, randomisation
from evals.records import About, Outcome, Ranked, Run
from evals.retrieval import values
from evals.summary import fate

MOST_RULES = 5  # of one file that are named one by one


@dataclass(frozen=True)
class Pair:
    """One case in both runs."""

    before: Outcome
    after: Outcome


@dataclass(frozen=True)
class Change:
    """Something that differs between two runs besides the replies.

    ``kind`` is "setting", "article", "rule", "file", "model" or "version"; ``undo`` tells staff how to take it back. ``about`` is a guard
    rule's kind ("suicide", "overdose" …).
    """

    kind: str
    name: str
    words: str
    undo: str = ""
    about: str = ""


@dataclass(frozen=True)
class Moved:
    """A query of a retrieval suite whose nDCG@10 is another now; ``change`` is after less before."""

    suite: str
    before: Ranked
    after: Ranked
    change: float


@dataclass(frozen=True)
class SearchChange:
    """A retrieval suite in both runs: nDCG@10 over the queries that both have, and the randomisation test's ``p``."""

    suite: str
    before: float
    after: float
    of: int
    worse: int
    better: int
    p: float


@dataclass(frozen=True)
class Comparison:
    """``worse`` passed before and doesn't now; ``better`` the reverse; ``same`` counts the pairs in neither; ``p`` is McNemar's, exact.

    ``new`` are cases that only the later run has, ``gone`` counts those that only the earlier one had. ``moved`` are queries of retrieval
    suites, the greatest loss first.
    """

    worse: tuple[Pair, ...]
    better: tuple[Pair, ...]
    same: int
    new: tuple[Outcome, ...]
    gone: int
    changes: tuple[Change, ...]
    moved: tuple[Moved, ...] = ()
    search: tuple[SearchChange, ...] = ()

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
    moved, search = _search(before, after)
    return Comparison(
        moved=moved,
        search=search,
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
        undo = f"Set the embedding model back to {before.model} and run “rapport ingest”"
        found.append(Change("model", after.model, f"The embedding model is now {after.model}; it was {before.model}.", undo))
    found += [
        Change("setting", name, f"The setting {name} is now {new}; it was {old}.", f"Set {name} back to {old} (it is {new} now)")
        for name, old, new in _differing(before.settings, after.settings)
    ]
    found += _articles(before.articles, after.articles)
    rules = _rules(before, after)
    told = {change.name for change in rules}
    found += [part for change in rules for part in change.parts]
    found += [change for change in _files(before.files, after.files) if change.name not in told]
    found += [
        Change("version", name, f"{name} is now {new}; it was {old}.") for name, old, new in _differing(before.versions, after.versions)
    ]
    return found


def why_worse(pair: Pair, found: Sequence[Change]) -> str:
    """The change that most likely made a case worse, in a sentence; "" when none points to it."""
    change = likely(pair, found)
    if change is None:
        return ""
    return change.words + (" The earlier answer quoted it." if change.kind == "article" else "")


def likely(pair: Pair, found: Sequence[Change]) -> Change | None:
    """The change that most likely made a case worse; None when none points to it.

    A likely reason, not a proof: a missing article that was cited, then a changed article that was; for a lost or a new referral a guard
    rule (one of the referral's kind before others), then a file of the guard; else any changed setting, model or file.
    """
    before = pair.before.reply
    cited = {citation.article for citation in before.citations} if before else set()
    quoted = [change for change in found if change.kind == "article" and change.name in cited]
    if quoted:
        return quoted[0]
    if "referred" in (fate(pair.before), fate(pair.after)) and fate(pair.before) != fate(pair.after):
        kind = before.guard.category if before else ""
        rules = [change for change in found if change.kind == "rule"]
        return next((change for change in rules if kind and change.about == kind), None) or _first(
            [*rules, *(change for change in found if change.kind == "file" and change.name.startswith("guard/"))]
        )
    return likely_for_search(found)


def likely_for_search(found: Sequence[Change], moved: Moved | None = None) -> Change | None:
    """The change that most likely made the search worse: an article that the query wants, then a setting or the model, then a file."""
    wanted = moved.after.wanted if moved is not None else {}
    fitting = [change for change in found if change.kind == "article" and change.name in wanted]
    fitting += [change for change in found if change.kind in ("setting", "model")]
    fitting += [change for change in found if change.kind == "file" and change.name.startswith(("retrieve/", "compose/", "models/"))]
    return _first(fitting)


def _first(found: Sequence[Change]) -> Change | None:
    return found[0] if found else None


def _search(before: Run, after: Run) -> tuple[tuple[Moved, ...], tuple[SearchChange, ...]]:
    """Queries that both runs have, with the same wanted documents, paired by id."""
    moved: list[Moved] = []
    changes: list[SearchChange] = []
    earlier = {suite.name: {query.id: query for query in suite.queries} for suite in before.retrieval}
    for suite in after.retrieval:
        olds = earlier.get(suite.name, {})
        pairs = [(olds[query.id], query) for query in suite.queries if query.id in olds and olds[query.id].wanted == query.wanted]
        old, new = values("ndcg@10", [one for one, _ in pairs]), values("ndcg@10", [other for _, other in pairs])
        differences = [now - was for was, now in zip(old, new, strict=True)]
        if not pairs:
            continue
        moved += [Moved(suite.name, one, other, by) for (one, other), by in zip(pairs, differences, strict=True) if by]
        worse, better = sum(by < 0 for by in differences), sum(by > 0 for by in differences)
        means = (sum(old) / len(old), sum(new) / len(new))
        changes.append(SearchChange(suite.name, *means, len(pairs), worse, better, randomisation(differences)))
    return tuple(sorted(moved, key=lambda one: one.change)), tuple(changes)


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[str, str, str]]:
    names = [*before, *(name for name in after if name not in before)] if before and after else []
    return [(name, before.get(name, "not set"), after.get(name, "not set")) for name in names if before.get(name) != after.get(name)]


def _articles(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    if not before or not after:
        return []
    gone = [
        Change(
            "article",
            slug,
            f"The article “{slug}” is no longer in the index.",
            f"Put the article “{slug}” back and run “rapport ingest”, or, if it was taken out on purpose, take it out of “must cite”",
        )
        for slug in before
        if slug not in after
    ]
    new = [Change("article", slug, f"The article “{slug}” is new.") for slug in after if slug not in before]
    both = [slug for slug in before if slug in after and before[slug] and after[slug] and before[slug] != after[slug]]
    changed = [
        Change("article", slug, f"The text of the article “{slug}” has changed.", f"Compare the new text of “{slug}” with the old one")
        for slug in both
    ]
    return [*gone, *changed, *new]


@dataclass(frozen=True)
class _RuleFile:
    """A rule file in which some rules differ; ``name`` is as in ``About.files``."""

    name: str
    parts: tuple[Change, ...]


def _rules(before: About, after: About) -> list[_RuleFile]:
    """Guard rules that are gone, changed or new, by file: each by its name, or, where they are many, counted."""
    by_file: dict[str, list[tuple[str, str, str, str]]] = {}
    for name, old, new in _differing(before.rules, after.rules):
        was, now = old.split(" "), new.split(" ")
        file, kind = (now if old == "not set" else was)[:2]
        if (f"guard/rules/{file}" in before.files) != (f"guard/rules/{file}" in after.files):
            continue  # the whole file came or went: that is told once
        what = "is gone" if new == "not set" else "is new" if old == "not set" else "has changed"
        by_file.setdefault(file, []).append((what, name, kind, file))
    made = []
    for file, found in by_file.items():
        order = ("is gone", "has changed", "is new")
        found.sort(key=lambda part: order.index(part[0]))
        parts = tuple(_rule_change(*part) for part in found)
        if len(parts) > MOST_RULES:
            names = ", ".join(f"“{name}” {what}" for what, name, _, _ in found[:MOST_RULES])
            words = f"{len(parts)} guard rules differ in app/guard/rules/{file}: {names} …"
            parts = (Change("file", f"guard/rules/{file}", words, f"Compare app/guard/rules/{file} with the version before"),)
        made.append(_RuleFile(f"guard/rules/{file}", parts))
    return made


def _rule_change(what: str, name: str, kind: str, file: str) -> Change:
    words = f"The guard rule “{name}” ({kind.replace('_', ' ')}) {what}; it stands in app/guard/rules/{file}."
    words = words.replace("it stands in", "it stood in") if what == "is gone" else words
    undo = {
        "is gone": f"Put the guard rule “{name}” back into app/guard/rules/{file}",
        "has changed": f"Compare the guard rule “{name}” in app/guard/rules/{file} with the version before",
        "is new": f"Look at the new guard rule “{name}” in app/guard/rules/{file}",
    }[what]
    return Change("rule", name, words, undo, kind)


def _files(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    found = []
    for name, old, new in _differing(before, after):
        what = "is gone" if new == "not set" else "is new" if old == "not set" else "has changed"
        undo = f"Put the file app/{name} back" if what == "is gone" else f"Compare the file app/{name} with the version before"
        found.append(Change("file", name, f"The file app/{name} {what}.", undo))
    return found
