"""Review: has a clinician read it, and is the next reading overdue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from ingest.check.draft import Draft
from ingest.check.report import Finding, Severity

CHECK = "review"


def check(draft: Draft, today: dt.date) -> Iterator[Finding]:
    """An overdue review is a warning; never reviewed is an info."""
    due = draft.meta.review_due
    if due and due < today:
        message = f"Its review was due on {due.isoformat()}."
        what = "Have a clinician read it, then set reviewed_by, reviewed_on and review_due."
        yield Finding(draft.name, draft.line_of("review_due"), CHECK, Severity.WARNING, message, what)
    if draft.ours and not draft.meta.reviewed_by:
        message = "No clinician has reviewed it; its page and each citation say so."
        yield Finding(
            draft.name, draft.line_of("reviewed_by"), CHECK, Severity.INFO, message, "Have a clinician of yours read and sign it."
        )
