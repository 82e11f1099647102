"""What the chat says in its own voice, by locale, from ``texts/<locale>.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.domain import Block, Link
from app.errors import SettingsError
from app.settings import Clinic

FOLDER = Path(__file__).with_name("texts")
FALLBACK = "en"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FixedTexts(_Strict):
    """A reply for each intent of ``fixed.toml``."""

    greeting: str
    thanks: str
    bye: str
    human: str
    abilities: str
    privacy: str
    prompt: str
    contact: str
    report: str
    nonsense: str


class WrittenTexts(_Strict):
    """What is said instead of the fixed reply of the same name while a language model writes the answers."""

    human: str
    abilities: str
    privacy: str


class AnswerTexts(_Strict):
    """The words around quotes and in place of them."""

    partial: str
    no_answer: str
    off_topic: str
    contact_some: str
    contact_none: str
    offer: str
    unavailable: str
    cut_short: str
    phone: str
    email: str
    website: str
    hours: str


class Texts(_Strict):
    """One locale's texts."""

    fixed: FixedTexts
    written: WrittenTexts
    answer: AnswerTexts


@cache
def load_texts(locale: str) -> Texts:
    """The texts of ``locale`` ("es-MX" is read as "es"), or the English ones when there are none.

    Raises ``SettingsError`` on a malformed file.
    """
    path = FOLDER / f"{locale.partition('-')[0]}.toml"
    if not path.is_file():
        path = FOLDER / f"{FALLBACK}.toml"
    try:
        return Texts.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"The texts in {path.name} are malformed: {error}") from None


def contact_block(clinic: Clinic, texts: Texts) -> Block | None:
    """How to reach the clinic, as a block with links, or None when no contact is set."""
    links: list[Link] = []
    lines: list[str] = []
    words = texts.answer
    if clinic.phone:
        number = "".join(char for char in clinic.phone if char.isdigit() or char == "+")
        links.append(Link(f"{words.phone}: {clinic.phone}", f"tel:{number}"))
    if clinic.email:
        links.append(Link(f"{words.email}: {clinic.email}", f"mailto:{clinic.email}"))
    if clinic.url:
        links.append(Link(f"{words.website}: {clinic.url}", clinic.url))
    lines += [link.label for link in links]
    if clinic.hours:
        lines.append(f"{words.hours}: {clinic.hours}")
    return Block("contact", "\n".join([clinic.name, *lines]), links=tuple(links)) if links else None
