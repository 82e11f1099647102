"""Our own library has no errors. What the model adds are warnings at most, so it is not needed here."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import Settings
from ingest.check.report import Severity
from ingest.check.run import run

CORPUS = Path(__file__).resolve().parents[3] / "corpus"


@pytest.mark.slow
def test_our_articles_have_no_errors() -> None:
    report = run(CORPUS, Settings(), with_model=False)
    assert report.articles > 100
    assert [finding for finding in report.findings if finding.severity == Severity.ERROR] == []
