"""The command line: ``rapport serve | ingest | ask | search | screen | eval | bench | check | models | embed``.

The one place that joins app, ingest and evals; each command imports what it needs, so that ``rapport ask`` doesn't wait for parsers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from app.errors import RapportError
from app.settings import Settings, load
from evals.cli import eval_cli

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Cited answers about therapy, from articles a clinic stands behind.",
)
models_cli = typer.Typer(no_args_is_help=True, help="Embedding models: list them, get one.")
bench_cli = typer.Typer(no_args_is_help=True, help="Benchmarks: what to measure, side by side in one run.")
cli.add_typer(models_cli, name="models")
cli.add_typer(bench_cli, name="bench")
cli.add_typer(eval_cli, name="eval")

IndexOption = Annotated[Path | None, typer.Option("--index", help="Folder of index builds (INDEX_DIR).", show_default="index")]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines: JSON on standard output.")]


@cli.command()
def serve(index: IndexOption = None, host: str | None = None, port: int | None = None) -> None:
    """Serve the chat and the articles (http://127.0.0.1:8000 unless HOST and PORT say otherwise)."""
    from app.web.server import serve as serve_web
    from app.wiring import build

    settings = _settings(index_dir=index, host=host, port=port)
    typer.echo(f"Rapport is starting on http://{settings.host}:{settings.port}", err=True)
    serve_web(build(settings))


@cli.command()
def ingest(
    sources: Annotated[list[str] | None, typer.Argument(help="Files, folders, addresses or lists of addresses. [default: corpus]")] = None,
    index: IndexOption = None,
    status: Annotated[bool, typer.Option("--status", help="Show the builds instead of making one.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Serve the build before the current one.")] = False,
    erase: Annotated[
        bool, typer.Option("--erase", help="Also delete older builds, so that nothing removed from the articles is left.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read articles, build an index, check it, publish it. Exit code 1 when a document was set aside."""
    from ingest import build as building

    settings = _settings(index_dir=index)
    if status:
        _show_status(building.status(settings.index_dir), as_json)
        return
    if rollback:
        typer.echo(f"Now serving build {building.rollback(settings.index_dir)}.")
        return
    _get_model(settings)
    with _Progress(quiet=as_json) as progress:
        report = building.run(sources or [str(settings.corpus_dir)], settings, on_progress=progress)
    removed = building.drop_backups(settings.index_dir, settings.chroma_url) if erase else []
    if as_json:
        typer.echo(json.dumps(asdict(report) | {"erased": removed}, indent=2))
    else:
        state = "Published" if report.changed else "Up to date:"
        typer.echo(f"{state} build {report.name}: {report.articles} articles, {report.passages} passages, {report.seconds:.1f} s.")
        for item in report.set_aside:
            typer.echo(f"  set aside: {item.origin} ({item.code}): {item.reason}", err=True)
    if report.set_aside:
        raise typer.Exit(1)


@cli.command()
def ask(
    question: str,
    index: IndexOption = None,
    region: Annotated[str | None, typer.Option(help="Country code for help lines, such as US.")] = None,
    locale: Annotated[str | None, typer.Option(help="Language of fixed replies, such as en or es.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask one question, and read the reply as /v1/chat would give it."""
    from app.domain import Conversation
    from app.web.schemas import reply_out
    from app.wiring import Rapport

    rapport = Rapport(_settings(index_dir=index))
    problem = _open(rapport)
    reply = rapport.answer(Conversation(question, region=region, locale=locale))
    if as_json:
        typer.echo(reply_out(reply).model_dump_json(indent=2))
    else:
        typer.echo(reply.text)
        for citation in reply.citations:
            typer.echo(f"[{citation.n}] {citation.title} › {citation.section}  {citation.url}")
        for suggestion in reply.suggestions:
            typer.echo(f"  → {suggestion}")
    if reply.status == "error":
        typer.echo(problem, err=True)
        raise typer.Exit(4)


@cli.command()
def search(
    query: str,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 8,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the passages nearest to a query, best first."""
    from app.citation_url import citation_url
    from app.web.schemas import result_out
    from app.wiring import build

    rapport = build(_settings(index_dir=index), wait=True)
    found = rapport.search(query, k)
    rows = [result_out(hit, citation_url(hit.passage.article, hit.passage.start, hit.passage.end)) for hit in found]
    if as_json:
        typer.echo(json.dumps({"results": [row.model_dump() for row in rows]}, indent=2, ensure_ascii=False))
        return
    for place, hit in enumerate(found, start=1):
        text = " ".join(hit.passage.text.split())
        typer.echo(
            f"{place}. {hit.score:.2f}  {hit.passage.article} › {hit.passage.section}\n   {text[:160]}{'…' if len(text) > 160 else ''}"
        )


@cli.command()
def screen(index: IndexOption = None) -> None:
    """Screen JSON lines {"id","text"} or {"id","history","text"} from standard input; one JSON line each on standard output."""
    from app.guard.batch import screen_lines
    from app.wiring import Rapport

    rapport = Rapport(_settings(index_dir=index))
    try:
        rapport.open_model()
    except RapportError as error:
        typer.echo(f"{error} Screening with rules only.", err=True)
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
    for line in screen_lines(sys.stdin, rapport.guard, rapport.embed):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


@cli.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="A corpus folder.", show_default="corpus")] = None,
    infos: Annotated[bool, typer.Option("--infos", help="Also list what is merely good to know.")] = False,
    complete: Annotated[bool, typer.Option("--complete", help="A check that had to be left out counts as an error.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check the articles against corpus/README.md. Exit code 1 when an error is found."""
    from ingest.check.command import main as run_check

    settings = _settings()
    raise typer.Exit(run_check(folder or settings.corpus_dir, settings, json=as_json, infos=infos, complete=complete))


@cli.command()
def embed(
    address: Annotated[str | None, typer.Argument(help="The address people reach this service at. [default: PUBLIC_URL]")] = None,
    attributes: Annotated[list[str] | None, typer.Option("--set", help="An attribute of the tag, such as position=left.")] = None,
) -> None:
    """Print what to paste into the clinic's site: the tag with its hash, and the two policy lines."""
    from app.embed import snippet

    settings = _settings()
    base = address or settings.public_url or f"http://{settings.host}:{settings.port}"
    pairs = (pair.partition("=") for pair in attributes or ())
    typer.echo(snippet(base, {name: value for name, _, value in pairs}))


@models_cli.command("list")
def models_list() -> None:
    """The catalogue: which models are known, and which are ready."""
    from app.models.catalogue import load_catalogue

    settings = _settings()
    catalogue = load_catalogue()
    for entry in catalogue.model:
        ready = "ready" if (settings.models_dir / entry.name / "model.onnx").is_file() else "not here yet"
        mark = " (default)" if entry.name == catalogue.default else ""
        typer.echo(f"{entry.name}{mark}: {entry.dimension} dimensions, {entry.licence}, {ready}")


@models_cli.command("get")
def models_get(
    name: Annotated[str, typer.Argument(help="A catalogue name, a sentence-transformers name, or a folder.")] = "default",
) -> None:
    """Fetch a model, check its SHA-256, and prepare it for serving."""
    from app.models.fetch import ensure_model

    settings = _settings()
    used = ensure_model(name, settings.models_dir, lambda text: typer.echo(text, err=True))
    typer.echo(f"{used} is ready in {settings.models_dir}.")


@bench_cli.command("retrieval")
def bench_retrieval(
    folder: Annotated[Path, typer.Argument(help="A BEIR-format folder: corpus.jsonl, queries.jsonl, qrels/test.tsv.")],
    as_json: JsonOption = False,
    compare: Annotated[bool, typer.Option("--compare", help="Also run BM25, plain MiniLM, rank fusion and the tutorial pipeline.")] = False,
) -> None:
    """Retrieval quality through our own ingest and ranking: ndcg@10, mrr@10, recall@5, recall@10."""
    from evals.bench.retrieval import run

    settings = _settings()
    _get_model(settings)
    with _Progress(quiet=as_json) as progress:
        results = run(folder, settings, progress, compare=compare)
    if as_json:
        typer.echo(json.dumps(results, indent=2))
        return
    for name, row in results["systems"].items():
        typer.echo(f"{name:24}" + "  ".join(f"{metric} {value:.4f}" for metric, value in row.items()))


@bench_cli.command("latency")
def bench_latency(questions: int = 100, as_json: JsonOption = False) -> None:
    """The time of a question beside the time of one bare embedding of it, interleaved in one run; cold start and memory."""
    from evals.bench.latency import run

    results = run(_settings(), questions)
    typer.echo(json.dumps(results, indent=2) if as_json else "\n".join(f"{name}: {value}" for name, value in results.items()))


@bench_cli.command("verification")
def bench_verification(as_json: JsonOption = False) -> None:
    """Written sentences against their quotes: what is shown and what is dropped, beside plain cosine and word overlap."""
    from evals.bench.verification import describe, run

    settings = _settings()
    _get_model(settings)
    results = run(settings)
    typer.echo(json.dumps(results, indent=2) if as_json else describe(results))


@bench_cli.command("widget")
def bench_widget(
    folder: Annotated[Path, typer.Argument(help="Where the other widgets' packages are.")] = Path("artefacts/packages"),
    loads: Annotated[int, typer.Option(min=1, help="How often each is loaded.")] = 15,
    ours: Annotated[bool, typer.Option("--ours", help="Only our own pages, a bare one and an empty script; needs no packages.")] = False,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Get the packages with npm pack first; the one step that needs the network.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """What a chat widget costs the page it stands on: ours beside others', in Debian's Chromium, interleaved in one run."""
    from evals.bench.widget import describe, run
    from evals.bench.widget_site import fetch as fetch_packages

    if fetch and not ours:
        fetch_packages(folder)
    with _Progress(quiet=as_json) as progress:
        results = run(None if ours else folder, loads, progress)
    typer.echo(json.dumps(results, indent=2) if as_json else describe(results))


def main() -> None:
    """Entry point: our own errors become one clear sentence and their exit code."""
    try:
        cli()
    except RapportError as error:
        typer.echo(f"rapport: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def _settings(**overrides: Any) -> Settings:
    return load(**{name: value for name, value in overrides.items() if value is not None})


def _open(rapport: Any) -> str:
    """Open model and index; the guard needs neither, so a problem is returned rather than raised."""
    try:
        rapport.open()
    except RapportError as error:
        return str(error)
    return ""


def _get_model(settings: Settings) -> None:
    from app.guard.classifier import FOLDER
    from app.models.fetch import ensure_model, ensure_multilingual, ensure_reader

    def say(text: str) -> None:
        typer.echo(text, err=True)

    ensure_model(settings.embedding_model, settings.models_dir, say)
    ensure_reader(settings.embedding_model, settings.models_dir, FOLDER, say)
    ensure_multilingual(settings.models_dir, say)


def _show_status(builds: Any, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(build) for build in builds], indent=2))
        return
    if not builds:
        typer.echo("There is no index yet. Run: rapport ingest")
    for build in builds:
        mark = "current" if build.current else "kept   "
        age = f"{build.age_seconds / 3600:.1f} h"
        typer.echo(f"{mark} {build.name}  {build.articles} articles, {build.passages} passages, {build.model}, {age} old")
        for problem in build.problems:
            typer.echo(f"        {problem}")


class _Progress:
    """A bar on a terminal, a plain line a phase elsewhere, nothing when ``quiet``."""

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        self._quiet = quiet
        self._bar = None
        self._tasks: dict[str, Any] = {}
        if console.is_terminal and not quiet:
            columns = (TextColumn("{task.description:20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=console)

    def __enter__(self) -> Callable[[str, int, int], None]:
        if self._bar is not None:
            self._bar.start()
        return self._show

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _show(self, phase: str, done: int, total: int) -> None:
        if self._bar is not None:
            if phase not in self._tasks:
                self._tasks[phase] = self._bar.add_task(phase, total=total)
            self._bar.update(self._tasks[phase], completed=done, total=total)
        elif not self._quiet and done >= total and phase not in self._tasks:
            self._tasks[phase] = True
            typer.echo(f"{phase}: {done} of {total}", err=True)
