"""How a report is shown."""

from __future__ import annotations

import io
import json

from ingest.check.report import CheckReport, Finding, LeftOut, Severity, in_order
from ingest.check.show import as_json, show, summary

INFO = Finding("a.md", 3, "review", Severity.INFO, "Not reviewed.", "Review it.")
WARNING = Finding("b.md", 0, "links", Severity.WARNING, "Five links.", "Keep four.")
ERROR = Finding("c.md", 7, "wording", Severity.ERROR, "A [bold] word.", "Take it out.")
REPORT = CheckReport(3, in_order([INFO, WARNING, ERROR, ERROR]), (LeftOut("numbers differ", "No model."),))


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(*, infos: bool = False, terminal: bool = False) -> str:
    stream = _Terminal() if terminal else io.StringIO()
    show(REPORT, infos=infos, out=stream)
    return stream.getvalue()


def test_plain_lines_gravest_first() -> None:
    lines = shown().splitlines()
    assert lines[0] == "c.md:7: error: [wording] A [bold] word. Take it out."
    assert lines[1] == "b.md: warning: [links] Five links. Keep four."
    assert lines[-1] == "3 articles: 1 error, 1 warning, 1 info."


def test_infos_are_counted_or_listed() -> None:
    assert "Good to know (--infos lists them): review 1" in shown()
    assert "a.md:3: info" not in shown()
    assert "a.md:3: info" in shown(infos=True)


def test_a_terminal_gets_a_table_with_the_words_as_they_are() -> None:
    text = shown(terminal=True)
    assert "What to do" in text
    assert "c.md:7" in text
    assert "[bold]" in text


def test_what_was_left_out_is_said() -> None:
    assert summary(REPORT)[0] == "Left out: numbers differ. No model."


def test_json_holds_everything() -> None:
    data = json.loads(as_json(REPORT))
    assert [finding["article"] for finding in data["findings"]] == ["c.md", "b.md", "a.md"]
    assert data["left_out"] == [{"check": "numbers differ", "reason": "No model."}]
