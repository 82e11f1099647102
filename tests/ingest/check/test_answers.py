"""What the check says of answers.csv."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.check.answers import check
from ingest.check.report import Severity
from tests.ingest.check.conftest import TODAY

HEADER = "questions,answer,signed by,signed on,expires on,articles\n"


@pytest.mark.parametrize(
    ("row", "severities"),
    [
        ("do you have parking,There is a car park behind the house.,Dr Wool,2026-11-01,2027-11-01,cbt", []),
        ("do you have parking,There is a car park.,,,2027-11-01,", [Severity.WARNING]),
        ("do you have parking,There is a car park.,Dr Wool,2026-11-01,,", [Severity.WARNING]),
        ("do you have parking,There is a car park.,Dr Wool,2025-11-01,2026-11-21,", [Severity.WARNING]),
        ("do you have parking,There is a car park.,Dr Wool,2026-12-01,2027-11-01,", [Severity.ERROR]),
        ("do you have parking,There is a car park.,Dr Wool,2026-11-01,2027-11-01,gone", [Severity.ERROR]),
        ("do you have parking,There is a car park.,Dr Wool,1 Nov,2027-11-01,", [Severity.ERROR]),
        ("do you have parking,You must park behind!,Dr Wool,2026-11-01,2027-11-01,", [Severity.WARNING, Severity.WARNING]),
        ("do you have parking,Call us on 0123 456 7890.,Dr Wool,2026-11-01,2027-11-01,", []),
    ],
)
def test_rows(tmp_path: Path, row: str, severities: list[Severity]) -> None:
    (tmp_path / "answers.csv").write_text(HEADER + row + "\n", "utf-8")
    findings = list(check(tmp_path / "answers.csv", {"cbt"}, TODAY))
    assert [finding.severity for finding in findings] == severities
    assert {finding.line for finding in findings} <= {2}


def test_no_file_is_fine(tmp_path: Path) -> None:
    assert list(check(tmp_path / "answers.csv", set(), TODAY)) == []
