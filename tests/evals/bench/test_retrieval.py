"""The benchmark itself: the folder's form, and that our ranking comes through the real build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.errors import RapportError
from app.settings import Settings
from evals.bench import others
from evals.bench.beir import load_dataset
from evals.bench.retrieval import run

DOCUMENTS = [
    ("d1", "Sleep", "A dark room and a fixed hour help many people fall asleep."),
    ("d2", "", "A sliding scale means that the fee follows your income."),
    ("d3", "Grounding", "Naming five things that you can see brings attention back to the room.\nSlow breaths can help too."),
    ("d4", "Empty", ""),
]
QUERIES = [
    ("q1", "how do I get to sleep"),
    ("q2", "cheap therapy when I earn little"),
    ("q3", "calm down by looking around"),
    ("q4", "unjudged"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text("\n".join(json.dumps({"_id": i, "title": t, "text": x}) for i, t, x in DOCUMENTS) + "\n")
    (tmp_path / "queries.jsonl").write_text("\n".join(json.dumps({"_id": i, "text": x}) for i, x in QUERIES) + "\n")
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2\nq3\td3\t1\nq3\td1\t0\n")
    return tmp_path


def test_a_folder_is_read_as_it_is(folder: Path) -> None:
    data = load_dataset(folder)
    assert len(data.documents) == 4
    assert list(data.queries) == ["q1", "q2", "q3"], "a query nobody judged is left out"
    assert data.relevances["q3"] == {"d3": 1.0, "d1": 0.0}


def test_four_columns_are_trec_order(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text("q1\t0\td1\t1\n")
    assert load_dataset(folder).relevances == {"q1": {"d1": 1.0}}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("corpus.jsonl", "{}\n", "line 1"),
        ("queries.jsonl", "not json\n", "line 1"),
        ("qrels/test.tsv", "q1\td1\t1\nq2\td2\tmany\n", "line 2"),
        ("qrels/test.tsv", "q9\td1\t1\n", "no judged queries"),
    ],
)
def test_what_is_wrong_is_named(folder: Path, name: str, text: str, said: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(RapportError, match=said):
        load_dataset(folder)


def test_our_ranking_goes_through_the_real_build(folder: Path, models_dir: Path) -> None:
    results = run(folder, Settings(models_dir=models_dir, threads=1), lambda *_: None, compare=True)
    assert results["documents"] == 4
    assert results["ndcg@10"] == results["mrr@10"] == results["recall@5"] == 1.0
    assert set(results["systems"]) == {"rapport", "bm25", "minilm", "rrf(bm25, minilm)", "langchain tutorial"}


def test_rank_fusion_is_the_published_formula() -> None:
    fused = others.fuse([{"q": ["a", "b"]}, {"q": ["b", "c"]}])
    assert fused["q"] == ["b", "a", "c"]  # 1/62 + 1/61 > 1/61 > 1/62
