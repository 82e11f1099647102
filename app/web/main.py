"""The web application: which parts there are, and the order of the middleware."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware import Middleware

from app.web.assets import Assets
from app.web.chat import chat_routes
from app.web.completions import PATHS, CompletionRequest, completions_routes
from app.web.context import Stopping, Web
from app.web.errors import add_handlers
from app.web.feedback import FeedbackRequest, feedback_routes
from app.web.health import health_routes
from app.web.library import load_topics
from app.web.limits.client_ip import ClientAddress
from app.web.limits.rate import RateLimiter
from app.web.limits.slots import Slots
from app.web.metrics import WebMetrics
from app.web.middleware.access_log import AccessLogMiddleware
from app.web.middleware.body_limit import BodyLimitMiddleware
from app.web.middleware.cors import CorsMiddleware
from app.web.middleware.failures import FailuresMiddleware
from app.web.middleware.headers import HeadersMiddleware, load_headers
from app.web.middleware.request_id import RequestIdMiddleware
from app.web.openapi import describe
from app.web.pages import Pages, page_routes
from app.web.ports import Service
from app.web.public import public_routes
from app.web.schemas import SearchRequest, chat_request
from app.web.search import search_routes
from app.web.texts import load_texts
from app.web.widget import widget_routes

STATIC = Path(__file__).with_name("static")


def create_app(rapport: Service, *, close: bool = True) -> FastAPI:
    """The application around a service; ``close`` says whether the service is closed when the server ends.

    ``app.state.web`` holds what ``server.py`` needs. Raises ``SettingsError`` when a data file or a setting is not in its form.
    """
    web = _context(rapport)
    assets = Assets(STATIC)
    pages = Pages(web, assets, load_topics(rapport.settings.corpus_dir))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        web.stopping.attach(asyncio.get_running_loop())
        yield
        if close:
            rapport.close()

    app = FastAPI(
        title="Rapport", version=release(), lifespan=lifespan, middleware=_middleware(web), docs_url=None, redoc_url=None, openapi_url=None,
        redirect_slashes=False,
    )  # fmt: skip
    app.state.web = web
    completions = bool(rapport.settings.completions_key.get_secret_value())
    app.state.completions_paths = PATHS if completions else ()
    for router in (
        health_routes(web),
        chat_routes(web),
        *((completions_routes(web),) if completions else ()),
        search_routes(web),
        feedback_routes(web),
        widget_routes(),
        public_routes(web, assets, pages, app.version),
        page_routes(web, pages),
    ):
        app.include_router(router)
    add_handlers(app, web.texts, pages.error)
    describe(app, [chat_request(rapport.settings.limits), SearchRequest, FeedbackRequest, *((CompletionRequest,) if completions else ())])
    return app


def application() -> FastAPI:
    """The factory for ``uvicorn app.web.main:application --factory``; ``rapport serve`` is the usual way."""
    from app.settings import load
    from app.wiring import build

    return create_app(build(load()))


def release() -> str:
    """The installed version of the product."""
    try:
        return version("rapport")
    except PackageNotFoundError:
        return "0"


def _context(rapport: Service) -> Web:
    limits = rapport.settings.limits
    metrics = WebMetrics()
    web = Web(
        rapport=rapport,
        texts=load_texts(),
        metrics=metrics,
        address=ClientAddress(rapport.settings.trusted_proxies),
        chat_rate=RateLimiter(limits.per_minute, limits.burst, limits.per_day),
        search_rate=RateLimiter(limits.per_minute, limits.burst, limits.per_day),
        feedback_rate=RateLimiter(limits.per_minute, limits.burst, limits.per_day),
        slots=Slots(limits.slots, limits.queue, limits.queue_seconds),
        stopping=Stopping(),
    )
    metrics.gauge("rapport_ready", "1 when a verified index is open.", lambda: float(rapport.readiness().ready))
    metrics.gauge("rapport_working", "Questions worked on now.", lambda: web.slots.working)
    metrics.gauge("rapport_waiting", "Questions that wait for a slot.", lambda: web.slots.waiting)
    return web


def _middleware(web: Web) -> list[Middleware]:
    """Outermost first. The failures net is inside the headers, so that a 500 has them too."""
    settings = web.rapport.settings
    return [
        Middleware(RequestIdMiddleware),
        Middleware(AccessLogMiddleware, metrics=web.metrics),
        Middleware(HeadersMiddleware, table=load_headers(), tls=settings.public_url.startswith("https://")),
        Middleware(CorsMiddleware, texts=web.texts, origins=settings.allowed_origins),
        Middleware(FailuresMiddleware, texts=web.texts),
        Middleware(BodyLimitMiddleware, texts=web.texts, most_bytes=settings.limits.body_bytes, seconds=settings.limits.body_seconds),
    ]
