"""Other tools' questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.cases import Case, SuiteError
from evals.imports import import_file
from evals.sheets import load_suite

PROMPTFOO = """
prompts: [x]
tests:
  - description: first session
    vars: {question: "what happens first?"}
    assert:
      - {type: icontains, value: questions}
      - {type: contains-any, value: [private, confidential]}
      - {type: not-contains, value: guaranteed}
      - {type: llm-rubric, value: is kind}
      - {type: assert-set, assert: [{type: contains-all, value: [notes, "a;b|c"]}]}
  - vars: {topic: "how long does CBT take?"}
"""


def _imported(tmp_path: Path, name: str, text: str) -> tuple[tuple[Case, ...], str]:
    (tmp_path / name).write_text(text, "utf-8")
    said = import_file(tmp_path / name, tmp_path / "out.csv")
    return load_suite(tmp_path / "out.csv").cases, said


def test_promptfoo(tmp_path: Path) -> None:
    cases, said = _imported(tmp_path, "promptfooconfig.yaml", PROMPTFOO)
    assert cases[0].question == "what happens first?"
    assert cases[0].must_say == (("questions",), ("private", "confidential"), ("notes",), ("a,b/c",))
    assert cases[0].must_not_say == ("guaranteed",)
    assert cases[1].question == "how long does CBT take?"
    assert "Wrote 2 questions" in said
    assert "1 checks that need a model" in said


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ragas.jsonl", '{"user_input": "q1", "reference": "r1", "retrieved_contexts": ["c"]}\n{"user_input": "q2"}\n'),
        ("squad.json", json.dumps({"data": [{"question": "q1", "answers": ["r1"]}, {"question": "q2"}]})),
        ("columns.json", json.dumps({"question": ["q1", "q2"], "ground_truth": ["r1", ""], "contexts": [["c"], ["d"]]})),
        ("list.json", json.dumps([{"query": "q1", "expected_output": "r1"}, {"query": "q2"}, {"other": 1}])),
        ("table.csv", "question,ground_truth\nq1,r1\nq2,\n"),
        ("langsmith.json", json.dumps([{"input": "q1", "output": "r1"}, {"input": "q2"}])),
    ],
)
def test_rag_data_sets(tmp_path: Path, name: str, text: str) -> None:
    cases, _ = _imported(tmp_path, name, text)
    assert [case.question for case in cases] == ["q1", "q2"]
    assert cases[0].why == "imported; the reference answer was: r1"
    assert cases[0].must_say == ()


def test_history_and_plain_lines(tmp_path: Path) -> None:
    record = {
        "question": "why?",
        "chat_history": [{"role": "human", "content": "what is cbt"}, {"role": "ai", "content": "It is || short."}],
    }
    (case,), _ = _imported(tmp_path, "chat.json", json.dumps([record]))
    assert [(turn.role, turn.content) for turn in case.history] == [("user", "what is cbt"), ("assistant", "It is / short.")]
    (tmp_path / "out.csv").unlink()
    cases, _ = _imported(tmp_path, "lines.txt", "- how long?\n\n* what is cbt?\n")
    assert [case.question for case in cases] == ["how long?", "what is cbt?"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "{", "isn't JSON"),
        ("a.yaml", "[: x", "isn't YAML"),
        ("a.json", "[]", "holds no questions"),
        ("a.json", '"text"', "holds no questions"),
        ("a.parquet", "x", "end in"),
    ],
)
def test_what_can_not_be_imported(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(SuiteError, match=words):
        _imported(tmp_path, name, text)
    with pytest.raises(SuiteError, match="can't be read"):
        import_file(tmp_path / "none.json", tmp_path / "x.csv")
