"""Where a citation leads: the article's page, opened at the quote and highlighted there."""

from __future__ import annotations

from urllib.parse import quote

CITED = "cited"  # the id of the highlighted words on the article page


def citation_url(slug: str, start: int, end: int) -> str:
    """The path of the article's page, opened at ``article.text[start:end]`` (characters, ``end`` exclusive)."""
    return f"/articles/{quote(slug, safe='')}?s={start}&e={end}#{CITED}"
