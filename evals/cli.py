"""``rapport eval``: what clinic staff type. Importing this is cheap; each command imports what it needs.

``rapport eval SUITE…`` runs; ``new``, ``import``, ``draft``, ``compare`` and ``gaps`` are beside it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click.core import Context


HELP = """Run question sheets, compare runs, see what to write next.

rapport eval SUITE… [--report FILE.html] [--against RUN.json] [--server URL] [--set NAME=VALUE,…] [--gates FILE] [--json]

SUITE is a sheet of questions (CSV, XLSX, YAML), a BEIR-format folder (retrieval), or a folder of both. Without one, all that ship in
evals/suites are run. "rapport eval run --help" explains the options."""


class RunUnlessNamed(TyperGroup):
    """``rapport eval safety.csv`` means ``rapport eval run safety.csv``: what isn't a command's name is what to run."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        named = bool(args) and (args[0] in self.commands or args == ["--help"])
        return super().parse_args(ctx, args if named else ["run", *args])


eval_cli = typer.Typer(
    cls=RunUnlessNamed,
    add_completion=False,
    help=HELP,
)
IndexOption = Annotated[Path | None, typer.Option("--index", help="Folder of index builds (INDEX_DIR).", show_default="index")]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines: JSON on standard output.")]


@eval_cli.command("run")
def run_command(
    suites: Annotated[list[Path] | None, typer.Argument(help="Sheets (CSV, XLSX, YAML), BEIR-format folders, or folders of them.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report here (HTML); JSON and JUnit go beside it.")] = None,
    against: Annotated[Path | None, typer.Option(help="An earlier run's JSON (beside its report), to see what got worse.")] = None,
    server: Annotated[str | None, typer.Option(help="Ask a running service at this address instead.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, or several values to try: retrieve.cutoff=0.3,0.35")
    ] = None,
    gates: Annotated[Path | None, typer.Option(help="Your own gates.toml.")] = None,
    judge: Annotated[str | None, typer.Option(help="A model to give its opinion too, such as ollama:llama3. Decides nothing.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=32, help="Questions asked at once.")] = 4,
    index: IndexOption = None,
    counts: Annotated[list[Path] | None, typer.Option("--gaps", help="A counts file of declined questions, to list in the report.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run sheets of questions, and write the report. Exit code 1 when a gate fails."""
    from evals.commands import RunRequest, run

    request = RunRequest(
        suites=tuple(suites or ()), report=report, against=against, server=server, sets=tuple(settings or ()), gates=gates, judge=judge,
        workers=workers, index=index, counts=tuple(counts or ()), as_json=as_json,
    )  # fmt: skip
    with Progress(quiet=as_json) as progress:
        lines, code = run(request, progress)
    typer.echo(lines)
    raise typer.Exit(code)


@eval_cli.command("new")
def new_command(file: Annotated[Path, typer.Argument(help="The sheet to make: .xlsx, .csv or .yaml.")]) -> None:
    """Make a starter sheet with examples and help."""
    from evals.starter import write_starter

    made = write_starter(file)
    typer.echo(f"Made {' and '.join(str(path) for path in made)}. Fill in your own questions, then run: rapport eval {file}")


@eval_cli.command("import")
def import_command(
    source: Annotated[
        Path, typer.Argument(help="A promptfoo file (YAML, JSON), a RAG data set (JSON, JSONL, CSV), or a text of questions.")
    ],
    sheet: Annotated[Path, typer.Argument(help="The sheet to write: .csv, .xlsx or .yaml.")],
) -> None:
    """Turn another tool's questions into a sheet."""
    from evals.imports import import_file

    typer.echo(import_file(source, sheet))


@eval_cli.command("draft")
def draft_command(
    sheet: Annotated[Path, typer.Argument(help="The sheet (CSV) to add to; made when it isn't there.")],
    question: Annotated[str, typer.Argument(help="A question that was declined, or whose answer got a thumbs-down.")],
    should_be: Annotated[str, typer.Option("--should-be", help="answered, declined or referred.")] = "answered",
    why: Annotated[str, typer.Option(help="What was wrong.")] = "",
) -> None:
    """Turn one pasted question into a draft case at the end of a sheet."""
    from evals.starter import add_draft

    typer.echo(add_draft(sheet, question, should_be, why))


@eval_cli.command("compare")
def compare_command(
    before: Annotated[Path, typer.Argument(help="The earlier run's JSON.")],
    after: Annotated[Path, typer.Argument(help="The later run's JSON.")],
    report: Annotated[Path | None, typer.Option(help="Write the later run's report, against the earlier, here (HTML).")] = None,
    as_json: JsonOption = False,
) -> None:
    """Two runs side by side: figures, what got worse, what improved, what changed."""
    from evals.commands import compare_files

    typer.echo(compare_files(before, after, report, as_json=as_json))


@eval_cli.command("gaps")
def gaps_command(
    counts: Annotated[list[Path], typer.Argument(help="Counts files that the service wrote (setting: gaps file).")],
    as_json: JsonOption = False,
) -> None:
    """What to write next: topics near which questions were declined, most first. No message is ever kept."""
    from evals.gaps import describe_gaps

    typer.echo(describe_gaps(counts, as_json=as_json))


class Progress:
    """A bar on a terminal, plain lines elsewhere (a line a quarter), nothing when ``quiet``; on standard error."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}
        self._told: dict[str, int] = {}

    def __enter__(self) -> Callable[[str, int, int], None]:
        if sys.stderr.isatty() and not self._quiet:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            columns = (TextColumn("{task.description:12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Bar(*columns, console=Console(stderr=True))
            self._bar.start()
        return self._show

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _show(self, phase: str, done: int, total: int) -> None:
        if self._bar is not None:
            if phase not in self._tasks:
                self._tasks[phase] = self._bar.add_task(phase, total=total)
            self._bar.update(self._tasks[phase], completed=done)
        elif not self._quiet and 4 * done // max(total, 1) > self._told.get(phase, 0):
            self._told[phase] = 4 * done // max(total, 1)
            typer.echo(f"{phase}: {done} of {total}", err=True)
