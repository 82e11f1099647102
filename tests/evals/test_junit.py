"""JUnit XML as other tools read it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from evals.gates import judge
from evals.junit import junit
from evals.limits import load_gates
from evals.target import TargetError
from tests.evals.fakes import FakeTarget, make_case, make_run


def test_counts_and_texts() -> None:
    cases = [make_case("good"), make_case("bad \x00 <b>", should_be=("declined",)), make_case("lost", "other")]
    run = make_run(cases, FakeTarget({"lost": TargetError("gone")}))
    root = ET.fromstring(junit(run, judge(run, load_gates())))  # noqa: S314  # ours
    counts = {suite.attrib["name"]: (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]) for suite in root}
    assert counts["mine"] == ("2", "1", "0")
    assert counts["other"] == ("1", "0", "1")
    assert counts["gates"][0] == str(len(load_gates().gate))
    failure = root.find("./testsuite[@name='mine']/testcase/failure")
    assert failure is not None
    assert failure.text == "Should be declined; it was answered."
    assert root.findall("./testsuite[@name='gates']/testcase/skipped")
