from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.guard.fold import canonical, fold, safe, tidy


@settings(max_examples=400, deadline=None)
@given(st.text())
def test_canonical_is_idempotent(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_canonical_holds_no_marks_and_no_symbols(text: str) -> None:
    categories = {unicodedata.category(char) for char in canonical(text)}
    assert not {category for category in categories if category in ("Mn", "Me", "Cf", "Cc", "Cs", "So", "Sc", "Sm")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I  WANT\nhelp", "i want help"),
        ("Ｉ ｗａｎｔ", "i want"),
        ("𝐡𝐞𝐥𝐩", "help"),
        ("h\u200be\u0301l\u00adp", "help"),
        ("don’t", "don't"),
        ("'quoted' it's", "quoted it's"),
        ("wait... what?!", "wait what ?"),
        ("one. two! three", "one . two . three"),
        ("a.b", "a b"),
        ("...", ""),
        ("Straße Łódź", "strasse lodz"),
        ("&lt;b&gt;&#104;elp", "b help"),
        ("&amp;amp;#104;elp", "help"),
        ("मरना", "मरना"),
        ("مدرسة", "مدرسه"),
        ("\u3164help", "help"),
    ],
)
def test_canonical_of(text: str, expected: str) -> None:
    assert canonical(text) == expected


def test_spacing_vowel_signs_are_kept() -> None:
    assert "ा" in canonical("मारना")


def test_fold_keeps_symbols_and_tidy_drops_them() -> None:
    assert fold("K1LL *") == "k1ll *"
    assert tidy("k1ll *") == "k1ll"


def test_lone_surrogates_become_harmless() -> None:
    assert safe("a\ud800b") == "a?b"
    canonical("&#xD800; \ud800").encode()
