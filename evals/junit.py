"""A run as JUnit XML, as continuous-integration services read it: a suite a sheet, a test a question, and a suite of the gates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from evals.gates import Judged
from evals.records import Outcome, Run

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(run: Run, judged: Sequence[Judged]) -> str:
    """The XML. A failed check is a failure, an unknown case an error, a gate that was not judged is skipped."""
    root = ET.Element("testsuites", name="rapport eval", time=str(run.seconds))
    for suite in run.suites:
        outcomes = [outcome for outcome in run.outcomes if outcome.case.suite == suite.name]
        group = _group(root, suite.name, len(outcomes), _count(outcomes, "fail"), _count(outcomes, "unknown"))
        for outcome in outcomes:
            _case(group, outcome)
    gates = _group(root, "gates", len(judged), sum(found.verdict == "fail" for found in judged), 0)
    for found in judged:
        test = ET.SubElement(gates, "testcase", classname="gates", name=found.gate.name)
        if found.verdict != "pass":
            ET.SubElement(test, "failure" if found.verdict == "fail" else "skipped", message=_safe(found.words))
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(group: ET.Element, outcome: Outcome) -> None:
    name = _safe(f"row {outcome.case.row}: {outcome.case.question}")
    test = ET.SubElement(group, "testcase", classname=outcome.case.suite, name=name, time=f"{outcome.seconds:.3f}")
    wrong = [check for check in outcome.checks if check.weight == "must" and check.result != "pass"]
    if outcome.result != "pass":
        kind = "failure" if outcome.result == "fail" else "error"
        ET.SubElement(test, kind, message=_safe("; ".join(check.name for check in wrong))).text = _safe("\n".join(c.detail for c in wrong))


def _group(root: ET.Element, name: str, tests: int, failures: int, errors: int) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=name, tests=str(tests), failures=str(failures), errors=str(errors))


def _count(outcomes: Sequence[Outcome], result: str) -> int:
    return sum(outcome.result == result for outcome in outcomes)


def _safe(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
