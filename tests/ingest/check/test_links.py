"""Links between articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.check.limits import limits
from ingest.check.links import check
from ingest.check.report import Severity
from tests.ingest.check.conftest import FRONT, MakeDraft


@pytest.mark.parametrize(
    ("links", "severities"),
    [
        ("[a](cbt.md)", []),
        ("[a](cbt.md#how)", []),
        ("[a](#how)", []),
        ("[a](gone.md)", [Severity.ERROR]),
        ("[a](https://clinic.example)", [Severity.ERROR]),
        ("[a](mailto:x@clinic.example)", [Severity.ERROR]),
        ("[a](//clinic.example/x)", [Severity.ERROR]),
        ("[a](knitting-therapy.md)", [Severity.WARNING]),
        ("[a](cbt.md) [b](cbt.md) [c](cbt.md) [d](cbt.md)", []),
        ("[a](cbt.md) [b](cbt.md) [c](cbt.md) [d](cbt.md) [e](cbt.md)", [Severity.WARNING]),
    ],
)
def test_links(draft: MakeDraft, tmp_path: Path, links: str, severities: list[Severity]) -> None:
    (tmp_path / "cbt.md").write_text("x", "utf-8")
    made = draft(f"{FRONT}\nSee {links}.\n")
    assert [finding.severity for finding in check(made, tmp_path, limits())] == severities
