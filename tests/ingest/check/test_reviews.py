"""Review dates."""

from __future__ import annotations

import datetime as dt

from ingest.check.report import Severity
from ingest.check.reviews import check
from tests.ingest.check.conftest import CLEAN, TODAY, MakeDraft, swap

REVIEWED = "reviewed_by: Dr Wool\nreviewed_on: 2026-11-02"


def test_never_reviewed_is_an_info_and_overdue_a_warning(draft: MakeDraft) -> None:
    assert [finding.severity for finding in check(draft(CLEAN), TODAY)] == [Severity.INFO]
    reviewed = draft(swap("reviewed_by: null\nreviewed_on: null", REVIEWED))
    assert list(check(reviewed, dt.date(2027, 5, 1))) == []
    assert [finding.severity for finding in check(reviewed, dt.date(2027, 5, 2))] == [Severity.WARNING]
