from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.guard.features import BUCKETS, hashed


@given(st.text(max_size=300))
def test_any_text_gives_a_row_of_length_about_one(text: str) -> None:
    row = hashed(text)
    assert row.buckets.dtype == np.int32
    assert list(row.buckets) == sorted(set(row.buckets.tolist()))
    assert all(0 <= bucket < BUCKETS for bucket in row.buckets)
    assert np.isfinite(row.weights).all()
    assert 0.6 < float(np.linalg.norm(row.weights)) < 1.5


def test_disguised_letters_give_the_same_row() -> None:
    plain, disguised = hashed("I want to die"), hashed("I w\u200bant to \uff44\uff49\uff45")
    assert plain.buckets.tolist() == disguised.buckets.tolist()


def test_a_slip_of_the_fingers_keeps_most_letter_runs() -> None:
    plain, slipped, other = (set(hashed(text).buckets.tolist()) for text in ("suicidal", "suicdal", "fees"))
    assert len(plain & slipped) > 2 * len(plain & other)


def test_word_order_matters() -> None:
    assert set(hashed("he hit me").buckets.tolist()) != set(hashed("me hit he").buckets.tolist())


def test_scripts_without_spaces_are_read_letter_by_letter() -> None:
    assert len(set(hashed("我想死").buckets.tolist()) & set(hashed("我真的想死了").buckets.tolist())) >= 5
