"""What the commands do, without a command line: values in, text and an exit code out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.cases import Suite, SuiteError
from evals.compare import Comparison, compare
from evals.gaps import Gap, read_gaps
from evals.gates import Judged, failed, judge
from evals.junit import junit
from evals.limits import GATES_FILE, Gates, load_gates
from evals.records import Run, load_run, save_run
from evals.retrieval import RankOwn, RetrievalSuite, is_retrieval, load_retrieval, scores
from evals.run import Progress, past_of, run_suites
from evals.sheets import ENDINGS, load_suite
from evals.summary import referral_by_kind, retrieval, shares, times
from evals.sweep import combinations, sweep_table
from evals.target import ModelOnly, Target, open_in_process
from evals.texts import comparison_text, run_text

if TYPE_CHECKING:
    from app.settings import Settings
    from evals.bench.beir import Dataset

SHIPPED = Path(__file__).with_name("suites")
LONGEST_TREND = 24


@dataclass(frozen=True)
class RunRequest:
    """What ``rapport eval run`` was asked."""

    suites: tuple[Path, ...] = ()
    report: Path | None = None
    against: Path | None = None
    server: str | None = None
    sets: tuple[str, ...] = ()
    gates: Path | None = None
    judge: str | None = None
    workers: int = 4
    index: Path | None = None
    counts: tuple[Path, ...] = ()
    as_json: bool = False


def run(request: RunRequest, progress: Progress) -> tuple[str, int]:
    """Run the suites; (what to print, exit code). Raises ``RapportError`` when they can't be run at all."""
    suites, folders = load_all(request.suites or (SHIPPED,))
    gates = load_gates(request.gates or GATES_FILE)
    before = load_run(request.against) if request.against else None
    tried = combinations(request.sets)
    if len(tried) > 1:
        return _sweep(request, suites, folders, gates, tried, progress)
    made = _run(request, suites, folders, gates, tried[0], before, progress)
    against = compare(before, made) if before else None
    judged = judge(made, gates, against)
    written = write_files(made, judged, before, against, request.report, read_gaps(request.counts)) if request.report else ()
    text = json.dumps(_beside(made, judged), indent=1) if request.as_json else run_text(made, judged, against, written)
    return text, 1 if failed(judged) else 0


def load_suites(paths: Sequence[Path]) -> list[Suite]:
    """The sheets alone; see ``load_all``."""
    return load_all(paths)[0]


def load_all(paths: Sequence[Path]) -> tuple[list[Suite], list[RetrievalSuite]]:
    """The sheets and the retrieval suites (BEIR-format folders) of some paths, each under a name of its own. Raises ``SuiteError``.

    Of a folder that is no retrieval suite itself: all sheets in it, and the retrieval suites right below it.
    """
    files: list[Path] = []
    folders: list[Path] = []
    for path in paths:
        if is_retrieval(path):
            folders.append(path)
        elif path.is_dir():
            inside = sorted(path.iterdir())
            files += [found for found in inside if found.suffix.lower() in ENDINGS]
            folders += [found for found in inside if is_retrieval(found)]
        else:
            files.append(path)
    suites = [load_suite(file) for file in files]
    retrieval = [load_retrieval(folder) for folder in folders]
    names = [*(suite.name for suite in suites), *(suite.name for suite in retrieval)]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SuiteError(f"Two sheets are called “{min(twice)}”: rename one.")
    if not names:
        raise SuiteError(f"There is no sheet in {paths[0]}: make one with “rapport eval new questions.xlsx”.")
    return suites, retrieval


def write_files(
    made: Run, judged: Sequence[Judged], before: Run | None, against: Comparison | None, report: Path, counted: Sequence[Gap] = ()
) -> tuple[Path, ...]:
    """The report, and JSON and JUnit beside it under the same name."""
    from evals.report import render

    files = (report, report.with_suffix(".json"), report.with_suffix(".xml"))
    save_run(made, files[1], **_beside(made, judged))
    files[0].write_text(render(made, judged, before, against, counted), encoding="utf-8")
    files[2].write_text(junit(made, judged), encoding="utf-8")
    return files


def compare_files(before: Path, after: Path, report: Path | None, *, as_json: bool) -> str:
    """Two runs side by side, as text or JSON; with ``report``, also the later run's report against the earlier."""
    earlier, later = load_run(before), load_run(after)
    against = compare(earlier, later)
    if report is not None:
        write_files(later, judge(later, load_gates(), against), earlier, against, report)
    if as_json:
        return json.dumps(_comparison_json(against), indent=1, ensure_ascii=False)
    return comparison_text(earlier, later, against)


def _run(
    request: RunRequest,
    suites: list[Suite],
    folders: list[RetrievalSuite],
    gates: Gates,
    values: dict[str, str],
    before: Run | None,
    progress: Progress,
) -> Run:
    earlier = (*before.earlier, past_of(before))[-LONGEST_TREND:] if before else ()
    opinion: Callable[..., Any] | None = None
    if request.judge:
        from evals.judge import open_judge

        opinion = open_judge(request.judge)
    own = None if request.server else _rank_own(_settings(request.index, values))
    asks = bool(suites) or not all(folder.has_corpus for folder in folders)
    with closing(_target(request, values, asks=asks)) as target:
        return run_suites(
            suites,
            target,
            gates,
            workers=request.workers,
            progress=progress,
            earlier=earlier,
            judge=opinion,
            retrieval=folders,
            rank_own=own,
        )


def _rank_own(settings: Settings) -> RankOwn:
    """Ranks the documents that a retrieval suite brings, with our own build and the settings of this run."""

    def rank(data: Dataset, progress: Progress) -> Mapping[str, Sequence[str]]:
        from app.models.embed import open_embedder
        from evals.bench.retrieval import ours

        return ours(data, open_embedder(settings.embedding_model, settings.models_dir, settings.threads), settings, progress)

    return rank


def _sweep(
    request: RunRequest,
    suites: list[Suite],
    folders: list[RetrievalSuite],
    gates: Gates,
    tried: list[dict[str, str]],
    progress: Progress,
) -> tuple[str, int]:
    runs: list[tuple[dict[str, str], Run, list[Judged]]] = []
    for place, values in enumerate(tried, 1):
        made = _run(request, suites, folders, gates, values, None, _numbered(progress, place))
        judged = judge(made, gates)
        runs.append((values, made, judged))
        if request.report:
            write_files(made, judged, None, None, request.report.with_stem(f"{request.report.stem}-{place}"))
    text = sweep_table(runs, as_json=request.as_json)
    return text, 1 if all(failed(judged) for _, _, judged in runs) else 0


def _numbered(progress: Progress, place: int) -> Progress:
    return lambda _phase, done, total: progress(f"run {place}", done, total)


def _target(request: RunRequest, values: dict[str, str], *, asks: bool) -> Target:
    if request.server:
        from evals.server_target import Server

        if values:
            raise SuiteError("--set changes the settings of this process: leave out --server, or set them where the server starts.")
        return Server(request.server)
    settings = _settings(request.index, values)
    return open_in_process(settings) if asks else ModelOnly(settings)


def _settings(index: Path | None, values: dict[str, str]) -> Settings:
    from app.settings import load

    overrides: dict[str, Any] = {"index_dir": index} if index else {}
    for name, value in values.items():
        group, _, part = name.rpartition(".")
        if group:
            overrides.setdefault(group, {})[part] = value
        else:
            overrides[part] = value
    return load(**overrides)


def _beside(made: Run, judged: Sequence[Judged]) -> dict[str, Any]:
    """Figures and gates, for machines."""
    counted = [*shares(made.outcomes), *referral_by_kind(made.outcomes)]
    return {
        "passed": not failed(judged),
        "gates": [{"name": found.gate.name, "verdict": found.verdict, "words": found.words} for found in judged],
        "search": {
            suite.name: {
                "queries": len(suite.queries),
                "documents": suite.documents or len(made.about.articles),
                **{one.name.lower(): {"value": one.value, "interval95": one.interval} for one in scores(suite.queries)},
            }
            for suite in made.retrieval
        },
        "metrics": {
            **{share.name: {"value": share.value, "hits": share.hits, "of": share.of, "interval95": share.interval} for share in counted},
            **{mean.name: {"value": mean.value, "of": mean.of, "interval95": mean.interval} for mean in retrieval(made.outcomes)},
            **{f"seconds {name}": {"value": value} for name, value in times(made.outcomes).items()},
        },
    }


def _comparison_json(against: Comparison) -> dict[str, Any]:
    def plain(pairs: Sequence[Any]) -> list[dict[str, str]]:
        return [
            {"id": p.after.case.id, "question": p.after.case.question, "before": p.before.status, "after": p.after.status} for p in pairs
        ]

    return {
        "worse": plain(against.worse),
        "better": plain(against.better),
        "same": against.same,
        "new": len(against.new),
        "gone": against.gone,
        "p": against.p,
        "changes": [change.words for change in against.changes],
        "search": [asdict(change) for change in against.search],
    }
