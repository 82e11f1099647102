"""The whole check over a folder: ours by the guide, others gently."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.errors import SourceError
from app.settings import Settings
from ingest.check.command import main
from ingest.check.report import CheckReport, Finding, Severity
from ingest.check.run import run
from tests.ingest.check.conftest import CLEAN, TODAY, swap

FOREIGN = (
    "Our car park\n\nThis is where you must park! They open it at eight and close it at six each day.\n\nYou should not park on the lawn.\n"
)


def check(folder: Path) -> CheckReport:
    return run(folder, Settings(), today=TODAY, with_model=False)


def errors(report: CheckReport) -> list[Finding]:
    return [finding for finding in report.findings if finding.severity == Severity.ERROR]


def test_the_clean_library_has_nothing_but_the_info_that_nobody_reviewed_it(library: Path) -> None:
    report = check(library)
    assert [(finding.check, finding.severity) for finding in report.findings] == [("review", Severity.INFO)]
    assert (report.articles, report.exit_code()) == (1, 0)


def test_a_fault_is_an_error_and_exit_code_1(library: Path) -> None:
    (library / "articles" / "knitting-therapy.md").write_text(swap("picks up the wool", "simply picks up the wool"), "utf-8")
    report = check(library)
    assert [finding.check for finding in errors(report)] == ["wording"]
    assert report.exit_code() == 1


def test_a_document_dropped_in_is_checked_gently(library: Path) -> None:
    (library / "parking.txt").write_text(FOREIGN, "utf-8")
    report = check(library)
    mine = [finding for finding in report.findings if finding.article == "parking.txt"]
    assert report.articles == 2
    assert {"wording", "sentence alone"} <= {finding.check for finding in mine}
    assert errors(report) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [("empty.txt", b""), ("old.doc", b"x"), ("broken.pdf", b"%PDF-1.7 nothing"), ("articles/bad.md", b"---\ntitle: [\n---\nText.\n")],
)
def test_what_ingest_would_set_aside_is_an_error(library: Path, name: str, data: bytes) -> None:
    (library / name).write_bytes(data)
    assert (name, "readable") in [(finding.article, finding.check) for finding in errors(check(library))]


def test_addresses_are_not_fetched(library: Path) -> None:
    (library / "pages.urls").write_text("https://clinic.example/a\nhttps://clinic.example/sitemap.xml\n", "utf-8")
    assert errors(check(library)) == []


def test_checks_that_need_the_model_say_that_they_were_left_out(library: Path, tmp_path: Path) -> None:
    report = run(library, Settings(models_dir=tmp_path / "none"), today=TODAY)
    assert report.left_out
    assert all("rapport models get" in left.reason for left in report.left_out)
    assert (report.exit_code(), report.exit_code(complete=True)) == (0, 5)


def test_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no folder"):
        check(tmp_path / "none")


def test_the_command_prints_json_and_gives_the_exit_code(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (library / "topics.toml").write_text('[[group]]\nid = "approaches"\ntitle = "Kinds"\narticles = ["knitting-therapy", "cbt"]\n', "utf-8")
    assert main(library, Settings(), json=True, with_model=False) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["counts"] == {"error": 1, "warning": 0, "info": 1}
    assert report["findings"][0] == {
        "article": "topics.toml",
        "line": 0,
        "check": "coverage",
        "severity": "error",
        "message": "There is no article “cbt”.",
        "what_to_do": "Write articles/cbt.md, or take it off the list.",
    }


def test_one_call_prints_lines_and_steps_apart(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (library / "articles" / "knitting-therapy.md").write_text(CLEAN.replace("[clients]", "[all of us]"), "utf-8")
    assert main(library, Settings(), with_model=False) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("articles/knitting-therapy.md:5: error: [front matter]")
    assert "Reading the articles" in printed.err
    assert "Reading the articles" not in printed.out
