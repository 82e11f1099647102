from __future__ import annotations

from pathlib import Path

import pytest

from app.guard.lexicon import Lexicon, load_lexicon
from app.guard.replies import Book, load_book
from app.guard.rules import RuleSet, load_rules
from app.guard.screen import Guard, load_guard


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    return load_rules()


@pytest.fixture(scope="session")
def lexicon(rules: RuleSet) -> Lexicon:
    return load_lexicon().knowing(rules.words())


@pytest.fixture(scope="session")
def guard() -> Guard:
    return load_guard()


@pytest.fixture(scope="session")
def book() -> Book:
    return load_book()


@pytest.fixture(scope="session")
def benign() -> list[str]:
    return (Path(__file__).parent / "benign.txt").read_text(encoding="utf-8").splitlines()
