"""The YAML between ``---`` lines at the head of a Markdown article: the schema of corpus/README.md.

All of it is optional, for foreign documents.
Words that other programs write there (``layout``, ``tags``) are ignored; ``rapport check`` is the one that is strict about ours.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from app.errors import SourceError

_FENCED = re.compile(r"\A---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*(?:\r?\n|\Z)", re.S | re.M)
_LISTS = ("topics", "audience", "region", "aliases", "questions")
_LONGEST = 50_000


class SourceEntry(BaseModel):
    """A publication that an article rests on."""

    model_config = ConfigDict(frozen=True)

    by: str = ""
    title: str
    year: int | None = None
    url: str | None = None


class FrontMatter(BaseModel):
    """Front matter as read. Dates are ISO (``2026-11-22``); a single word is taken as a list of one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str = ""
    summary: str = ""
    topics: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    region: tuple[str, ...] = ("all",)
    locale: str = "en"
    aliases: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    sources: tuple[SourceEntry, ...] = ()
    written_on: dt.date | None = None
    reviewed_by: str | None = None
    reviewed_on: dt.date | None = None
    review_due: dt.date | None = None

    @field_validator(*_LISTS, "sources", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        if value is None:
            return ()
        return value if isinstance(value, list | tuple) else (value,)

    @field_validator("sources", mode="before")
    @classmethod
    def _bare_source(cls, value: Any) -> Any:
        return tuple({"title": item} if isinstance(item, str) else item for item in value) if isinstance(value, list | tuple) else value

    @field_validator("title", "summary", mode="before")
    @classmethod
    def _no_text(cls, value: Any) -> Any:
        return "" if value is None else value


class _NoAliases(yaml.SafeLoader):
    """YAML without ``&`` and ``*``: a document of a hundred bytes must not become a gigabyte."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise SourceError("Its front matter uses YAML aliases, which are not read.", code="hostile")
        return super().compose_node(parent, index)


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """The front matter and the body after it. Without front matter: an empty one, and the whole text.

    Raises ``SourceError`` "front_matter" naming the entries to mend (never their values), or "hostile" when it uses YAML aliases.
    """
    head = _FENCED.match(text[: _LONGEST + 10])
    if head is None:
        return FrontMatter(), text
    return _parsed(head["yaml"]), text[head.end() :]


def _parsed(source: str) -> FrontMatter:
    try:
        data = yaml.load(source, Loader=_NoAliases)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near its line {mark.line + 2}" if mark else ""
        raise SourceError(f"Its front matter is not valid YAML{where}.", code="front_matter") from None
    except ValueError:  # a date such as 2026-13-45
        raise SourceError("Its front matter holds a date that does not exist.", code="front_matter") from None
    if data is None:
        return FrontMatter()
    if not isinstance(data, dict):
        raise SourceError("Its front matter is not a list of names and values.", code="front_matter")
    try:
        return FrontMatter.model_validate({str(name): value for name, value in data.items()})
    except ValidationError as error:
        names = sorted({str(e["loc"][0]) for e in error.errors(include_input=False)})
        raise SourceError(f"Its front matter needs mending: {', '.join(names)}.", code="front_matter") from None
