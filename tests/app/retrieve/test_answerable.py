from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import SettingsError
from app.retrieve import answerable
from app.retrieve.answerable import FEW_QUESTIONS, load_answerable
from app.retrieve.find import Signs
from app.retrieve.outside import outside_examples

NOTHING = Signs(passage=-1, sentence=-1, asked=-1, outside=1, covered=0, article=-1, length=0, named=0)
PLENTY = Signs(passage=0.95, sentence=0.95, asked=0.95, outside=0.7, covered=1, article=0.95, length=2, named=1)


@pytest.mark.parametrize("model", ["gte-small", "a model nobody measured"])
@pytest.mark.parametrize("questions", [0, 1_000])
def test_probabilities_follow_the_signs(model: str, questions: int) -> None:
    judge = load_answerable(model, questions)
    assert 0 <= judge.probability(NOTHING) < judge.topic_from <= judge.answer_from < judge.probability(PLENTY) <= 1


def test_a_library_with_few_questions_of_its_own_is_judged_by_its_passages() -> None:
    assert load_answerable("gte-small", FEW_QUESTIONS - 1).asked == 0
    assert load_answerable("gte-small", FEW_QUESTIONS).asked > 0


def test_the_setting_replaces_the_cut_off_alone() -> None:
    assert load_answerable("gte-small", 0, 0.9).answer_from == 0.9
    assert load_answerable("gte-small", 0, 0.9).passage == load_answerable("gte-small", 0).passage


def test_a_malformed_file_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "answerable.toml"
    path.write_text('["any".listed]\nbias = 1\n')
    monkeypatch.setattr(answerable, "FILE", path)
    answerable._tables.cache_clear()
    with pytest.raises(SettingsError, match="answer_from"):
        load_answerable("gte-small", 0)
    answerable._tables.cache_clear()


def test_outside_examples_are_many_and_none_stands_twice() -> None:
    examples = outside_examples()
    assert len(examples) > 200
    assert len(set(examples)) == len(examples)
