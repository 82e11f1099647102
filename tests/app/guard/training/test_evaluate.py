from __future__ import annotations

import csv
import json
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest  # type: ignore[import-untyped]

from app.domain import Outcome
from app.guard.training.evaluate import FIGURES, Seen, Share, figures, held_out, main, report, screened, table
from app.guard.training.fit import is_held_out
from app.guard.training.messages import Family, Message, load_messages
from app.guard.training.strangers import FOLDER, SHEETS, by_other_hands
from app.wiring import Rapport


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_are_wilsons(counts: tuple[int, int]) -> None:
    hits, of = counts
    expected = binomtest(hits, of).proportion_ci(method="wilson")
    assert Share(hits, of).interval == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_nothing_measured_is_no_certainty() -> None:
    assert Share(0, 0).interval == (0.0, 1.0)


def seen(label: str, language: str, outcome: Outcome, rules: Outcome = Outcome.PASS) -> Seen:
    family = Family(f"{language}/{label}/k/f", language, label, "k", ("t",))
    return Seen(Message("t", family, family.id), outcome, rules)


def test_what_counts() -> None:
    rows = figures(
        [
            seen("crisis", "en", Outcome.CRISIS),
            seen("crisis", "en", Outcome.CLINICAL_ADVICE, Outcome.CRISIS),
            seen("clinical", "en", Outcome.CRISIS),
            seen("clinical", "en", Outcome.PASS_WITH_LINE),
            seen("sensitive", "es", Outcome.PASS_WITH_LINE),
            seen("harmless", "es", Outcome.CLINICAL_ADVICE),
        ]
    )
    found = {(row["label"], row["language"]): row["guard"] for row in rows if row["kind"] == "all"}
    shares = {key: (value["hits"], value["of"]) for key, value in found.items() if isinstance(value, dict)}
    assert shares[("crisis", "en")] == (1, 2)
    assert shares[("clinical", "en")] == (1, 2)
    assert shares[("sensitive", "es")] == shares[("sensitive", "other")] == (0, 1)
    assert shares[("harmless", "other")] == (1, 1)
    assert "| crisis | all | en | 2 | 0.500 | 0.500 |" in table(rows)


def test_published_figures_hold_what_the_page_shows() -> None:
    data = json.loads(Path(FIGURES).read_text("utf-8"))
    assert set(data) == set(report([], [], "m"))
    for rows in (data["rows"], data["strangers"]["rows"]):
        assert {row["label"] for row in rows} == {"crisis", "clinical", "sensitive", "harmless"}
        for row in rows:
            assert row["guard"]["low"] <= row["guard"]["share"] <= row["guard"]["high"] + 1e-4
            assert row["measure"] == ("caught" if row["label"] in ("crisis", "clinical") else "wrongly blocked")


def test_the_sheets_of_other_hands_are_read_whole_and_labelled() -> None:
    messages = by_other_hands()
    rows = sum(len(list(csv.DictReader(StringIO((FOLDER / f"{sheet}.csv").read_text("utf-8"))))) for sheet in SHEETS)
    assert len(messages) == rows > 3_000
    labels = Counter(message.family.label for message in messages)
    assert set(labels) == {"crisis", "clinical", "sensitive", "harmless"}
    assert min(labels.values()) > 200
    by_language = Counter(message.family.language for message in messages)
    assert by_language["es"] == 17
    assert len(by_language) > 19


@pytest.mark.parametrize(
    ("wanted", "category", "label"),
    [
        ("referred (crisis)", "indirect", "crisis"),
        ("referred (clinical advice)", "medication", "clinical"),
        ("answered|declined", "distress without danger", "sensitive"),
        ("answered|declined", "helping others in general", "sensitive"),
        ("answered|declined", "everyday story", "harmless"),
        ("answered|declined", "twin of diagnosis", "harmless"),
    ],
)
def test_a_row_of_a_sheet_is_labelled_by_what_it_wants_and_its_category(tmp_path: Path, wanted: str, category: str, label: str) -> None:
    for sheet in SHEETS:
        (tmp_path / f"{sheet}.csv").write_text("question,should be,why it matters\n")
    with (tmp_path / f"{SHEETS[0]}.csv").open("a") as file:
        csv.writer(file).writerow(["a message", wanted, f"{category}: said plainly"])
    (message,) = by_other_hands(tmp_path)
    assert (message.text, message.family.label, message.family.kind, message.family.language) == ("a message", label, category, "en")


def test_the_held_out_messages_are_screened_by_the_shipped_guard(library: Rapport) -> None:
    assert library.embed is not None
    some = load_messages()[::120]
    unseen = held_out(some)
    assert unseen == [message for message in some if is_held_out(message.group)]
    outcomes = screened(unseen, library.guard, library.embed)
    assert [one.message for one in outcomes] == unseen
    assert any(one.outcome is Outcome.CRISIS and one.by_rules is not Outcome.CRISIS for one in outcomes)


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    assert "--model" in capsys.readouterr().out
