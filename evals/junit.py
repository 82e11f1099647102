"""A run as JUnit XML, as continuous-integration services read it: a suite a sheet, a test a question, and a suite of the gates.

A query of a retrieval suite fails when nothing that it wants is among the first ten found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from evals.gates import Judged
from evals.records import Outcome, Ranked, Run
from evals.retrieval import DEPTH

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(run: Run, judged: Sequence[Judged]) -> str:
    """The XML. A failed check is a failure, an unknown case an error, a gate that was not judged is skipped."""
    root = ET.Element("testsuites", name="rapport eval", time=str(run.seconds))
    for suite in run.suites:
        outcomes = [outcome for outcome in run.outcomes if outcome.case.suite == suite.name]
        group = _group(root, suite.name, len(outcomes), _count(outcomes, "fail"), _count(outcomes, "unknown"))
        for outcome in outcomes:
            _case(group, outcome)
    for ranked in run.retrieval:
        lost = [query for query in ranked.queries if query.rank is None]
        failures = sum(not query.problem for query in lost)
        group = _group(root, ranked.name, len(ranked.queries), failures, len(lost) - failures)
        for query in ranked.queries:
            _query(group, ranked.name, query)
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


def _query(group: ET.Element, suite: str, query: Ranked) -> None:
    test = ET.SubElement(group, "testcase", classname=suite, name=_safe(f"line {query.row}: {query.query}"))
    if query.rank is None:
        wanted = ", ".join(name for name, grade in query.wanted.items() if grade > 0)
        words = query.problem or f"None of {wanted} is among the first {DEPTH} found."
        ET.SubElement(test, "error" if query.problem else "failure", message=_safe(words))


def _group(root: ET.Element, name: str, tests: int, failures: int, errors: int) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=name, tests=str(tests), failures=str(failures), errors=str(errors))


def _count(outcomes: Sequence[Outcome], result: str) -> int:
    return sum(outcome.result == result for outcome in outcomes)


def _safe(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
