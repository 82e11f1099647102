"""What to do about a case that did not pass, in a sentence for staff; the words are in ``advice.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.cases import SuiteError
from evals.records import Check, Outcome
from evals.summary import fate

ADVICE_FILE = Path(__file__).with_name("advice.toml")


class _Missing(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    article: str


class Advice(BaseModel):
    """``advice.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    checks: dict[str, str]
    outcome: dict[str, str]
    missing: _Missing


@lru_cache(maxsize=1)
def load_advice() -> Advice:
    """The advice. Raises ``SuiteError`` when the file is not in its form."""
    try:
        return Advice.model_validate(tomllib.loads(ADVICE_FILE.read_text("utf-8")))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise SuiteError(f"{ADVICE_FILE.name} needs mending ({type(error).__name__}).") from None


def what_to_do(outcome: Outcome, articles: Collection[str]) -> list[str]:
    """One sentence for each thing that is wrong, without repeats; ``articles`` are the index's slugs (empty when it doesn't tell)."""
    advice = load_advice()
    gone = [slug for slugs in outcome.case.must_cite for slug in slugs if articles and slug not in articles]
    found = [advice.missing.article.format(slug=slug) for slug in gone if all(slug in slugs for slugs in outcome.case.must_cite)]
    found += [_for_check(check, outcome, advice) for check in outcome.checks if check.weight == "must" and check.result != "pass"]
    return list(dict.fromkeys(sentence for sentence in found if sentence))


def _for_check(check: Check, outcome: Outcome, advice: Advice) -> str:
    if check.name != "outcome":
        return advice.checks.get(check.name, "")
    return advice.outcome.get(f"{outcome.case.should_be[0]} but {fate(outcome)}", "")
