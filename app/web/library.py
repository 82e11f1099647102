"""The library: every article under its topic, in the order of ``corpus/topics.toml`` where there is one."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from app.errors import SettingsError
from app.web.ports import ArticleEntry


class Topic(BaseModel):
    """A group of articles: ``articles`` are slugs in order."""

    id: str
    title: str
    articles: tuple[str, ...] = ()


class _Topics(BaseModel):
    group: tuple[Topic, ...] = ()


@dataclass(frozen=True)
class Shelf:
    """A topic with its articles."""

    id: str
    title: str
    entries: tuple[ArticleEntry, ...]


def load_topics(corpus: Path) -> tuple[Topic, ...]:
    """The topics of ``topics.toml`` in the corpus folder; none when there is no such file.

    Raises ``SettingsError`` when it is not in its form.
    """
    try:
        text = (corpus / "topics.toml").read_text(encoding="utf-8")
    except OSError:
        return ()
    try:
        return _Topics.model_validate(tomllib.loads(text)).group
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"topics.toml in {corpus.name} can't be read ({type(error).__name__}).") from None


def shelves(entries: Sequence[ArticleEntry], topics: Sequence[Topic]) -> list[Shelf]:
    """The articles by their first topic: known topics in their order, then others by name; an article without a topic comes last."""
    titles = {topic.id: topic.title for topic in topics}
    places = {slug: (n, m) for n, topic in enumerate(topics) for m, slug in enumerate(topic.articles)}
    groups: dict[str, list[ArticleEntry]] = {topic.id: [] for topic in topics}
    for entry in sorted(entries, key=lambda e: (places.get(e.slug, (len(topics), 0)), e.title.casefold())):
        groups.setdefault(entry.topics[0] if entry.topics else "", []).append(entry)
    order = [*titles, *sorted(key for key in groups if key and key not in titles), ""]
    return [Shelf(key or "other", titles.get(key) or _named(key), tuple(groups[key])) for key in order if groups.get(key)]


def _named(topic: str) -> str:
    return topic.replace("-", " ").replace("_", " ").capitalize() if topic else "More"
