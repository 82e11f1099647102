"""The topic list: what the library must cover."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import SettingsError


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    title: str
    articles: tuple[str, ...]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    group: tuple[_Group, ...]


@dataclass(frozen=True, slots=True)
class Topics:
    """``groups`` maps the id of each group to the slugs of its articles, in order."""

    groups: dict[str, tuple[str, ...]]

    @property
    def slugs(self) -> list[str]:
        return [slug for slugs in self.groups.values() for slug in slugs]

    def group_of(self, slug: str) -> str | None:
        """The group that lists an article, or None."""
        return next((group for group, slugs in self.groups.items() if slug in slugs), None)


def read_topics(path: Path) -> Topics | None:
    """The topic list, or None when there is no such file. Raises ``SettingsError`` when it is malformed."""
    if not path.is_file():
        return None
    try:
        file = _File.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError, UnicodeDecodeError):
        raise SettingsError(f"{path.name} is not a list of groups with id, title and articles.") from None
    return Topics({group.id: group.articles for group in file.group})
