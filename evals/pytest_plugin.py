"""A pytest plugin: a clinic's repository of articles gates on its sheets by having them beside its tests.

``pytest -p evals.pytest_plugin`` collects every sheet that ``rapport_suites`` in the ini file names (default ``*.cases.csv``,
``*.cases.xlsx``, ``*.cases.yaml``): a test a question, and at the end a test a gate. ``--rapport-server``, ``--rapport-index`` and
``--rapport-against`` are as in ``rapport eval``. Gates look at the sheets collected in this run, together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from evals.cases import Case, Suite
from evals.compare import compare
from evals.gates import Judged, judge
from evals.limits import load_gates
from evals.records import Outcome, Run, SuiteInfo, load_run
from evals.run import run_case
from evals.sheets import load_suite
from evals.target import Target

PATTERNS = ["*.cases.csv", "*.cases.xlsx", "*.cases.yaml"]


class CaseFailed(Exception):
    """A question did not pass; the text is what the checks found."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's options."""
    parser.addini("rapport_suites", "patterns of the sheets to run", type="args", default=PATTERNS)
    group = parser.getgroup("rapport")
    group.addoption("--rapport-server", default="", help="ask a running service at this address")
    group.addoption("--rapport-index", default="", help="folder of index builds (INDEX_DIR)")
    group.addoption("--rapport-against", default="", help="an earlier run's JSON: no suite may do worse")


def pytest_configure(config: pytest.Config) -> None:
    """One session of evals for the whole run."""
    config.pluginmanager.register(EvalSession(config), "rapport-evals")


class EvalSession:
    """What one pytest run asks: the target, opened once when first needed, and the outcomes so far."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._target: Target | None = None
        self.suites: list[Suite] = []
        self.outcomes: list[Outcome] = []
        self._judged: dict[str, Judged] = {}

    @pytest.hookimpl
    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.File | None:
        """A sheet that a pattern names."""
        patterns: Sequence[str] = self._config.getini("rapport_suites")
        if not any(fnmatchcase(file_path.name, pattern) for pattern in patterns):
            return None
        sheet: Sheet = Sheet.from_parent(parent, path=file_path)
        sheet.evals = self
        return sheet

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """The gates come last, once for all sheets."""
        if any(isinstance(item, CaseItem) for item in items):
            for gate in load_gates().gate:
                item: GateItem = GateItem.from_parent(session, name=f"gate: {gate.name}")
                item.evals, item.gate = self, gate.name
                items.append(item)

    def pytest_unconfigure(self) -> None:
        """Let go of the service."""
        if self._target is not None:
            self._target.close()

    def ask(self, case: Case) -> Outcome:
        """Ask one case and remember the outcome."""
        outcome = run_case(case, self.target(), load_gates())
        self.outcomes.append(outcome)
        return outcome

    def target(self) -> Target:
        """The service, opened when first asked for."""
        if self._target is None:
            self._target = self._open()
        return self._target

    def judged(self, gate: str) -> Judged:
        """A gate over everything asked so far."""
        if not self._judged:
            infos = tuple(SuiteInfo(suite.name, suite.file, suite.sha256, len(suite.cases)) for suite in self.suites)
            run = Run("", 0.0, self.target().about(), infos, tuple(self.outcomes))
            against = self._config.getoption("--rapport-against")
            self._judged = {
                found.gate.name: found for found in judge(run, load_gates(), compare(load_run(Path(against)), run) if against else None)
            }
        return self._judged[gate]

    def _open(self) -> Target:
        server, index = self._config.getoption("--rapport-server"), self._config.getoption("--rapport-index")
        if server:
            from evals.server_target import Server

            return Server(server)
        from app.settings import load
        from evals.target import open_in_process

        return open_in_process(load(index_dir=Path(index)) if index else load())


class Sheet(pytest.File):
    """A sheet: an item a question."""

    evals: EvalSession

    def collect(self) -> Iterator[CaseItem]:
        """Raises ``SuiteError``, with rows and columns, as a collection error."""
        suite = load_suite(self.path)
        self.evals.suites.append(suite)
        for case in suite.cases:
            item: CaseItem = CaseItem.from_parent(self, name=f"row {case.row}: {case.question[:60]}")
            item.evals, item.case = self.evals, case
            yield item


class CaseItem(pytest.Item):
    """A question: passes when every check that decides does."""

    evals: EvalSession
    case: Case

    def runtest(self) -> None:
        """Ask, and raise ``CaseFailed`` with what the checks found."""
        outcome = self.evals.ask(self.case)
        if outcome.result != "pass":
            raise CaseFailed("\n".join(check.detail for check in outcome.checks if check.weight == "must" and check.result != "pass"))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The checks' own words, without a traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, CaseFailed) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The sheet and its row."""
        return self.path, self.case.row - 1, self.name


class GateItem(CaseItem):
    """A gate over all questions; skipped when nothing was there to judge."""

    gate: str

    def runtest(self) -> None:
        """Raise ``CaseFailed`` with the count and the bar."""
        found = self.evals.judged(self.gate)
        if found.verdict == "not judged":
            pytest.skip(found.words)
        if found.verdict == "fail":
            raise CaseFailed(f"{found.words}\n{found.gate.what_to_do}")

    def reportinfo(self) -> tuple[Path, int, str]:
        """No place of its own."""
        return self.path, 0, self.name
