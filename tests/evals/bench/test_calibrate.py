from __future__ import annotations

import numpy as np

from app.retrieve.find import Signs
from evals.bench.calibrate import LISTED, PLAIN, Measured, chances_unseen, families_of


def test_questions_that_are_alike_are_one_family() -> None:
    vectors = np.array([[1, 0], [0.98, 0.199], [0, 1]], np.float32)
    first, twin, other = families_of(vectors)
    assert first == twin != other


def test_a_question_is_judged_by_weights_that_do_not_know_its_family() -> None:
    # A family of one kind of sign that is answered only there: whoever learned from it would be sure of it.
    rng = np.random.default_rng(1)
    matrix = np.vstack([rng.normal(0, 0.1, (40, 2)), rng.normal([3, 0], 0.1, (40, 2)), [[-3, 0]] * 3])
    answered = np.array([False] * 40 + [True] * 40 + [True] * 3)
    families = np.array([*range(80), 80, 80, 80])
    chances = chances_unseen(matrix, answered, families)
    assert chances[:40].max() < 0.5 < chances[40:80].min()
    assert chances[80:].max() < 0.5


def test_mere_names_are_learned_from_and_never_judged() -> None:
    matrix = np.array([[0.0], [1.0]] * 20 + [[1.0]] * 5)
    answered = np.array([False, True] * 20 + [True] * 5)
    families = np.array([*range(40), *[-1] * 5])
    assert (chances_unseen(matrix, answered, families)[40:] == 0).all()


def test_a_matrix_holds_the_signs_it_is_asked_for() -> None:
    signs = Signs(passage=0.9, sentence=0.8, asked=0.7, outside=0.6, covered=0.5, article=0.4, length=2, named=1)
    matrix = Measured((signs,), np.array([True]), np.array([0])).matrix(("passage", "covered", "named"))
    assert matrix.tolist() == [[9.0, 0.5, 1.0]]
    assert {*LISTED} == set(Signs.__dataclass_fields__)
    assert {*LISTED} - {*PLAIN} == {"asked"}
