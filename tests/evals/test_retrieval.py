"""Retrieval suites: read, run, judged, compared and reported."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from evals import metrics
from evals.cases import SuiteError
from evals.cli import eval_cli
from evals.commands import SHIPPED, load_all
from evals.compare import compare
from evals.gates import failed, judge
from evals.junit import junit
from evals.limits import load_gates
from evals.records import Ranked, Run, load_run, save_run
from evals.report import render
from evals.retrieval import METRICS, is_retrieval, load_retrieval, missing_articles, scores
from evals.run import run_suites
from evals.target import TargetError
from evals.texts import comparison_text, run_text
from tests.evals.fakes import FakeTarget

WORSE = "No suite does worse than last time"
ASKED = "Every question was asked and answered"


def make_folder(folder: Path, wanted: dict[str, str], documents: dict[str, str] | None = None) -> Path:
    """A retrieval suite of queries and the one document that each wants."""
    (folder / "qrels").mkdir(parents=True)
    queries = [json.dumps({"_id": f"q{n}", "text": text}) for n, text in enumerate(wanted)]
    (folder / "queries.jsonl").write_text("\n".join(queries) + "\n", "utf-8")
    rows = [f"q{n}\t{name}\t1" for n, name in enumerate(wanted.values())]
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "\n".join(rows) + "\n", "utf-8")
    if documents is not None:
        lines = [json.dumps({"_id": name, "title": name, "text": text}) for name, text in documents.items()]
        (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


class Searching(FakeTarget):
    """Finds, for each query, the articles it is told to; the rest first."""

    def __init__(self, found: dict[str, list[str]], held: tuple[str, ...] = ("cbt", "dbt", "cost")) -> None:
        super().__init__()
        self.found = found
        self.told = replace(self.told, articles=dict.fromkeys(held, "a"), settings={"retrieve.cutoff": "0.4"})

    def search(self, query: str, k: int) -> list[str]:
        if query not in self.found:
            raise TargetError("No index is open.")
        return self.found[query][:k]


def _run(folder: Path, found: dict[str, list[str]], held: tuple[str, ...] = ("cbt", "dbt", "cost")) -> Run:
    return run_suites([], Searching(found, held), load_gates(), retrieval=[load_retrieval(folder)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "mine", {"thoughts and feelings?": "cbt", "skills group": "dbt", "what does it cost": "cost"})


def test_queries_without_documents_of_their_own_are_asked_of_the_service(folder: Path) -> None:
    run = _run(folder, {"thoughts and feelings?": ["cbt"], "skills group": ["x", "dbt"]})
    (suite,) = run.retrieval
    assert [(query.rank, bool(query.problem), query.row) for query in suite.queries] == [(1, False, 1), (2, False, 2), (None, True, 3)]
    assert suite.documents == 0
    figures = {score.name: (round(score.value, 4), score.of) for score in scores(suite.queries)}
    assert figures == {"nDCG@10": (round((1 + 0.63093) / 3, 4), 3), "MRR@10": (0.5, 3), "recall@5": (0.6667, 3), "recall@10": (0.6667, 3)}
    for score in scores(suite.queries):
        assert score.interval[0] <= score.value <= score.interval[1]
    assert ASKED in [found.gate.name for found in failed(judge(run, load_gates()))], "a query that could not be asked is not a pass"


def test_scores_are_the_means_of_the_metrics() -> None:
    queries = [Ranked(f"q{n}", n, "q", {"a": 2.0, "b": 1.0, "c": 0.0}, tuple("xyzabc"[n:])) for n in range(6)]
    rankings, wanted = {query.id: query.found for query in queries}, {query.id: query.wanted for query in queries}
    for score, (metric, k) in zip(scores(queries), METRICS.values(), strict=True):
        assert score.value == pytest.approx(metrics.mean(metric, rankings, wanted, k), abs=1e-9)


def test_a_folder_among_sheets_is_found(folder: Path) -> None:
    (folder.parent / "sheet.csv").write_text("question\nhello\n", "utf-8")
    sheets, found = load_all([folder.parent])
    assert ([sheet.name for sheet in sheets], [suite.name for suite in found]) == (["sheet"], ["mine"])
    assert load_all([folder])[0] == []
    (folder.parent / "mine.csv").write_text("question\nhello\n", "utf-8")
    with pytest.raises(SuiteError, match="Two sheets are called “mine”"):
        load_all([folder.parent])


def test_the_suite_that_ships_is_one_and_names_articles_that_there_are() -> None:
    shipped = SHIPPED / "retrieval"
    assert is_retrieval(shipped)
    data = load_retrieval(shipped).data
    slugs = {path.stem for path in Path("corpus/articles").glob("*.md")}
    assert {slug for wanted in data.relevances.values() for slug in wanted} <= slugs
    assert len(data.queries) >= 80
    assert len(set(data.queries.values())) == len(data.queries)


def test_mistakes_are_named(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text("q0\tcbt\tmany\nq1\n", "utf-8")
    with pytest.raises(SuiteError, match=r"test.tsv, line 2"):
        load_retrieval(folder)
    (folder / "qrels" / "test.tsv").write_text("q0\tcbt\t0\n", "utf-8")
    with pytest.raises(SuiteError, match="no judged queries"):
        load_retrieval(folder)


def test_another_file_of_judgements_is_read_when_it_is_the_only_one(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").rename(folder / "qrels" / "dev.tsv")
    assert len(load_retrieval(folder).data.queries) == 3


def test_a_run_with_retrieval_survives_its_file(folder: Path, tmp_path: Path) -> None:
    run = _run(folder, {"skills group": ["dbt"]})
    save_run(run, tmp_path / "run.json")
    assert load_run(tmp_path / "run.json") == run


@pytest.fixture
def many(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "many", {f"query {n}": ("cbt", "dbt")[n % 2] for n in range(20)})


def _good() -> dict[str, list[str]]:
    return {f"query {n}": [("cbt", "dbt")[n % 2], "cost"] for n in range(20)}


def test_a_lost_article_is_named_and_explained_on_the_first_screen(many: Path) -> None:
    before = _run(many, _good())
    after = _run(many, _good() | {f"query {n}": ["cost"] for n in range(0, 20, 2)}, held=("dbt", "cost"))
    against = compare(before, after)
    (change,) = against.search
    assert (change.worse, change.better, change.before, change.after) == (10, 0, 1.0, 0.5)
    assert change.p == pytest.approx(2 / 2**10)
    judged = judge(after, load_gates(), against)
    assert WORSE in [found.gate.name for found in failed(judged)]
    html = render(after, judged, before, against)
    first = unescape(html[: html.index('id="gates"')])
    assert "many: nDCG@10 fell from 1.000 to 0.500 over 20 queries (10 worse, 0 better" in first
    assert "The article “cbt” is no longer in the index." in first
    assert "Put the article “cbt” back" in first
    assert "10 searches did worse." in first
    assert "1st → not found" in html
    assert missing_articles(after) == {"cbt": 10}
    said = run_text(after, judged, against) + comparison_text(before, after, against)
    assert "“query 0”: 1st → not found. The article “cbt” is no longer in the index." in said
    assert "many nDCG@10" in said


def test_a_small_loss_is_told_and_fails_nothing(many: Path) -> None:
    before, after = _run(many, _good()), _run(many, _good() | {"query 3": ["cost", "dbt"]})
    against = compare(before, after)
    assert [moved.after.query for moved in against.moved] == ["query 3"]
    judged = judge(after, load_gates(), against)
    assert failed(judged) == []
    html = render(after, judged, before, against)
    assert "Safe; some searches find their article later than last time." in html
    assert "1st → 2nd" in html
    assert compare(after, before).search[0].better == 1


def test_queries_whose_judgements_changed_are_not_compared(many: Path) -> None:
    before = _run(many, _good())
    text = (many / "qrels" / "test.tsv").read_text("utf-8")
    (many / "qrels" / "test.tsv").write_text(text.replace("q0\tcbt", "q0\tcost"), "utf-8")
    assert compare(before, _run(many, _good())).search[0].of == 19


def test_gates_on_search(many: Path) -> None:
    gate = "Search finds the article that answers"
    verdicts = {
        lost: next(
            found.verdict
            for found in judge(_run(many, _good() | {f"query {n}": ["cost"] for n in range(lost)}), load_gates())
            if found.gate.name == gate
        )
        for lost in (0, 4, 5)
    }
    assert verdicts == {0: "pass", 4: "pass", 5: "fail"}


def test_junit_names_the_queries_that_found_nothing(many: Path) -> None:
    run = _run(many, {name: found for name, found in _good().items() if name != "query 1"} | {"query 0": ["cost"]})
    suite = ET.fromstring(junit(run, judge(run, load_gates()))).find("testsuite[@name='many']")  # noqa: S314  # we wrote it
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("20", "1", "1")


@pytest.mark.slow
def test_documents_of_its_own_go_through_the_real_build_and_need_no_index(tmp_path: Path) -> None:
    documents = {
        "sleep": "A dark room and a fixed hour help many people fall asleep.",
        "money": "A sliding scale means that the fee follows your income.",
        "calm": "Naming five things that you can see brings attention back to the room.",
    }
    wanted = {"how do I get to sleep": "sleep", "cheap therapy when I earn little": "money", "calm down by looking around": "calm"}
    folder = make_folder(tmp_path / "own", wanted, documents)
    done = CliRunner().invoke(eval_cli, [str(folder), "--index", str(tmp_path / "none"), "--report", str(tmp_path / "r.html"), "--json"])
    assert done.exit_code == 0, done.output
    search = json.loads(done.stdout)["search"]["own"]
    assert (search["queries"], search["documents"]) == (3, 3)
    assert {name: search[name]["value"] for name in METRICS} == dict.fromkeys(METRICS, 1.0)
    assert search["ndcg@10"]["interval95"] == [1.0, 1.0]
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["search"]["own"]["queries"] == 3
    again = CliRunner().invoke(eval_cli, [str(folder), "--against", str(tmp_path / "r.json"), "--json"])
    assert again.exit_code == 0
    assert load_run(tmp_path / "r.json").retrieval[0].documents == 3


def test_a_server_has_no_documents_of_the_folder(tmp_path: Path) -> None:
    suite = load_retrieval(make_folder(tmp_path / "own", {"a": "b"}, {"b": "text"}))
    with pytest.raises(SuiteError, match="leave out --server"):
        run_suites([], FakeTarget(), load_gates(), retrieval=[suite])
