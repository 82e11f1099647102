"""The pages: a demo clinic, a plain chat, the library, the articles, the safety protocol.

Server-rendered; all can be read without a script.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from app.domain import Article, Block, Hit
from app.errors import IndexUnavailable
from app.web.admission import not_ready
from app.web.assets import Assets
from app.web.context import Web
from app.web.errors import WebError, request_id
from app.web.library import Topic, shelves
from app.web.ports import ArticleEntry
from app.web.reading import cited_span, plain_date, review_of, sections, titles_of
from app.web.schemas import LONGEST_QUERY
from app.web.search import hit_url, screened_search

TEMPLATES = Path(__file__).with_name("templates")
RESULTS = 8
SNIPPET = 280
ALSO = {"GB": ("GB", "UK")}  # the guard's code for the country that ISO calls GB


class Pages:
    """Draws each page; ``today`` decides whether a review is overdue."""

    def __init__(self, web: Web, assets: Assets, topics: Sequence[Topic], *, today: Callable[[], date] | None = None) -> None:
        self._web = web
        self._topics = topics
        self._today = today or (lambda: datetime.now(UTC).date())
        settings = web.rapport.settings
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.filters.update(plain_date=plain_date, snippet=snippet, dial=dial)
        self._environment.tests["mapping_like"] = lambda value: isinstance(value, Mapping)
        self._environment.tests["listing"] = lambda value: isinstance(value, list | tuple)
        self._environment.globals.update(
            asset=assets.url,
            clinic=settings.clinic,
            lang=settings.locale,
            disclosure=web.texts.disclosure.format(clinic=settings.clinic.name),
            limits=settings.limits,
        )

    def demo(self) -> Response:
        """A clinic's page with the widget on it, as a clinic would have it."""
        return self._draw("demo.html")

    def chat(self) -> Response:
        """A chat on a whole page."""
        return self._draw("chat.html")

    def library(self, entries: Sequence[ArticleEntry], results: Results | None = None) -> Response:
        """All articles by topic, or what a search found."""
        response = self._draw("library.html", shelves=shelves(entries, self._topics), results=results)
        if results is not None:
            response.headers["Cache-Control"] = "no-store"
        return response

    def article(self, article: Article, start: str | None, end: str | None) -> Response:
        """An article, with the words from ``start`` to ``end`` marked when they are offsets in it."""
        span = cited_span(start, end, article)
        found = sections(article, span)
        return self._draw(
            "article.html",
            article=article,
            sections=found,
            contents=titles_of(found),
            cited=span is not None,
            review=review_of(article, self._today()),
        )

    def safety(self) -> Response:
        """The published protocol, for people."""
        protocol, own = dict(self._web.rapport.safety()), self._web.rapport.settings.region
        protocol["regions"] = sorted(protocol.get("regions", ()), key=lambda region: region["region"] not in ALSO.get(own, (own,)))
        measured = protocol.pop("measured", None)
        tables = (measured["strangers"], measured) if measured else ()
        return self._draw("safety.html", protocol=protocol, regions=self._web.texts.regions, measured=measured, tables=tables)

    def error(self, request: Request, status: int, message: str) -> Response:
        """An error, for a browser."""
        return self._draw("error.html", status, code=status, message=message, request_id=request_id(request.scope))

    def _draw(self, template: str, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self._environment.get_template(template).render(**values), status)


class Results:
    """What a search of the library found: hits with their addresses, or the crisis reply."""

    def __init__(self, query: str, hits: Sequence[Hit] = (), blocks: Sequence[Block] = ()) -> None:
        self.query = query
        self.hits = [(hit.passage, hit_url(hit)) for hit in hits]
        self.blocks = blocks


def page_routes(web: Web, pages: Pages) -> APIRouter:
    """The pages' routes; they answer HTML and stand outside the OpenAPI file."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def demo() -> Response:
        return pages.demo()

    @router.get("/chat")
    async def chat() -> Response:
        return pages.chat()

    @router.get("/safety")
    async def safety() -> Response:
        return pages.safety()

    @router.get("/articles")
    async def library(request: Request) -> Response:
        query = request.query_params.get("q", "").strip()[:LONGEST_QUERY]
        results = None
        if query:
            _, blocks, hits = await screened_search(web, request, query, RESULTS)
            results = Results(query, hits, blocks)
        entries = await run_in_threadpool(_entries, web, results)
        return await run_in_threadpool(pages.library, entries, results)

    @router.get("/articles/{slug}")
    async def article(request: Request, slug: str) -> Response:
        found = await run_in_threadpool(_article, web, slug)
        return await run_in_threadpool(pages.article, found, request.query_params.get("s"), request.query_params.get("e"))

    return router


def _entries(web: Web, results: Results | None) -> Sequence[ArticleEntry]:
    try:
        return web.rapport.articles()
    except IndexUnavailable:
        if results is not None and results.blocks:
            return ()  # the crisis reply stands without an index
        raise _unavailable(web) from None


def _article(web: Web, slug: str) -> Article:
    try:
        found = web.rapport.article(slug)
    except IndexUnavailable:
        raise _unavailable(web) from None
    if found is None:
        raise HTTPException(404)
    return found


def _unavailable(web: Web) -> WebError:
    return not_ready(web, web.rapport.readiness().reason)


def dial(number: str) -> str:
    """A telephone number as a ``tel:`` or ``sms:`` link holds it."""
    return "".join(character for character in number if character in "+0123456789")


def snippet(text: str) -> str:
    """The opening of a passage, cut at a word."""
    flat = " ".join(text.split())
    return flat if len(flat) <= SNIPPET else flat[: flat.rfind(" ", 0, SNIPPET)] + " …"
