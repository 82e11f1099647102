"""Retrieval suites: BEIR-format folders inside ``rapport eval``.

A folder with queries.jsonl and qrels/ is one. With a corpus.jsonl, that corpus is built by itself, through our own splitting and
ranking, in a temporary index. Without one, the queries are asked of the service, and the ids in qrels are the short names of its articles:
that is how our own suite notices a lost article.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from app.errors import RapportError
from evals import metrics
from evals.bench.beir import Dataset, load_dataset
from evals.cases import SuiteError
from evals.intervals import bootstrap
from evals.records import Ranked, RankedSuite, Run
from evals.target import Target, TargetError

DEPTH = 10
METRICS: dict[str, tuple[metrics.Metric, int]] = {
    "ndcg@10": (metrics.ndcg, 10),
    "mrr@10": (metrics.mrr, 10),
    "recall@5": (metrics.recall, 5),
    "recall@10": (metrics.recall, 10),
}
NAMES = {"ndcg@10": "nDCG@10", "mrr@10": "MRR@10", "recall@5": "recall@5", "recall@10": "recall@10"}
MEANINGS = {
    "ndcg@10": "how well the first ten are ordered; 1 is perfect",
    "mrr@10": "1 when the first article found is right, ½ when the second is, and so on",
    "recall@5": "share of the right articles that are among the first five",
    "recall@10": "share of the right articles that are among the first ten",
}
Progress = Callable[[str, int, int], None]
RankOwn = Callable[[Dataset, Progress], Mapping[str, Sequence[str]]]


@dataclass(frozen=True)
class RetrievalSuite:
    """A folder, read. ``sha256`` is of its files in order."""

    name: str
    folder: str
    sha256: str
    data: Dataset

    @property
    def has_corpus(self) -> bool:
        """Whether it brings documents of its own; else the service's articles are searched."""
        return bool(self.data.documents)


@dataclass(frozen=True)
class Score:
    """A metric's mean over a suite's queries, with its 95 % bootstrap interval; ``of`` counts the queries."""

    name: str
    value: float
    interval: tuple[float, float]
    of: int

    @property
    def words(self) -> str:
        """ "0.812 over 80 queries, likely 0.75 to 0.87"."""
        low, high = self.interval
        return f"{self.value:.3f} over {self.of} queries, likely {low:.2f} to {high:.2f}"


def is_retrieval(path: Path) -> bool:
    """Whether a path is a retrieval suite's folder."""
    return (path / "queries.jsonl").is_file() and (path / "qrels").is_dir()


def load_retrieval(folder: Path) -> RetrievalSuite:
    """Read a folder. Raises ``SuiteError`` naming file and line to mend."""
    try:
        data = load_dataset(folder, corpus=(folder / "corpus.jsonl").exists())
    except RapportError as error:
        raise SuiteError(str(error)) from None
    files = [folder / "corpus.jsonl", folder / "queries.jsonl", *sorted((folder / "qrels").glob("*.tsv"))]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes() if file.exists() else b"")
    return RetrievalSuite(folder.resolve().name, str(folder), digest.hexdigest(), data)


def rank_suites(
    suites: Sequence[RetrievalSuite], target: Target, rank_own: RankOwn | None, workers: int, progress: Progress
) -> tuple[RankedSuite, ...]:
    """Every suite's queries, searched for. ``rank_own`` ranks a suite's own documents; raises ``SuiteError`` where it is missing."""
    made = []
    for suite in suites:
        if suite.has_corpus and rank_own is None:
            raise SuiteError(
                f"{suite.folder} holds documents of its own (corpus.jsonl), which a running service has not: leave out --server."
            )
        if suite.has_corpus and rank_own is not None:
            rankings = rank_own(suite.data, progress)
            queries = tuple(_ranked(suite, query, tuple(rankings.get(query, ()))) for query in suite.data.queries)
        else:
            queries = _asked(suite, target, workers, progress)
        made.append(RankedSuite(suite.name, suite.folder, suite.sha256, len(suite.data.documents), queries))
    return tuple(made)


def values(metric: str, queries: Sequence[Ranked]) -> list[float]:
    """The metric for each query, in order. A query that could not be searched for scores 0: unknown is not a pass."""
    measure, k = METRICS[metric]
    return [measure(query.found, query.wanted, k) for query in queries]


def scores(queries: Sequence[Ranked]) -> list[Score]:
    """All four metrics over some queries; none of nothing. Queries without a relevant document are left out when a folder is read."""
    return [score(name, queries) for name in METRICS] if queries else []


def score(metric: str, queries: Sequence[Ranked]) -> Score:
    """One metric over some queries."""
    found = values(metric, queries)
    return Score(NAMES[metric], sum(found) / len(found) if found else 0.0, bootstrap(found), len(found))


def missing_articles(run: Run) -> dict[str, int]:
    """Articles that queries want and the service doesn't hold, with how many queries want them; none when it doesn't tell."""
    held = run.about.articles
    counts: dict[str, int] = {}
    for suite in run.retrieval if held else ():
        for query in suite.queries if not suite.documents else ():
            for name, grade in query.wanted.items():
                if grade > 0 and name not in held:
                    counts[name] = counts.get(name, 0) + 1
    return counts


def _asked(suite: RetrievalSuite, target: Target, workers: int, progress: Progress) -> tuple[Ranked, ...]:
    made: dict[int, Ranked] = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="retrieval") as pool:
        jobs = {pool.submit(_search, suite, query, target): place for place, query in enumerate(suite.data.queries)}
        for done, job in enumerate(as_completed(jobs), 1):
            made[jobs[job]] = job.result()
            progress("searching", done, len(jobs))
    return tuple(made[place] for place in range(len(made)))


def _search(suite: RetrievalSuite, query: str, target: Target) -> Ranked:
    try:
        return _ranked(suite, query, tuple(target.search(suite.data.queries[query], DEPTH)))
    except TargetError as error:
        return _ranked(suite, query, (), str(error))
    except Exception as error:  # noqa: BLE001  # a fault in the service must not end the other queries; its text may hold the query
        return _ranked(suite, query, (), f"The service failed ({type(error).__name__}).")


def _ranked(suite: RetrievalSuite, query: str, found: tuple[str, ...], problem: str = "") -> Ranked:
    data = suite.data
    return Ranked(f"{suite.name}:{query}", data.lines[query], data.queries[query], data.relevances[query], found, problem)
