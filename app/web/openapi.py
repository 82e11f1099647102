"""The OpenAPI file, where FastAPI can't see for itself: bodies that we parse ourselves, and our error shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from app.web.schemas import ErrorReply

REFERENCE = "#/components/schemas/{model}"
MEANING = {
    400: "The body is not JSON",
    401: "The key is missing or wrong",
    404: "Nothing is here",
    408: "The body took too long",
    413: "The body is too large",
    415: "The body is not declared as JSON",
    422: "The request needs mending; the message says what",
    429: "Too many questions; Retry-After says how long to wait",
    500: "A failure on our side",
    503: "Busy, restarting, or no index open; Retry-After says how long to wait",
}


def errors_of(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors a route may answer with, all in the one shape."""
    return {status: {"model": ErrorReply, "description": MEANING[status]} for status in statuses}


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """A request body that the route parses itself."""
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": REFERENCE.format(model=model.__name__)}}}}
    }


def describe(app: FastAPI, bodies: Iterable[type[BaseModel]]) -> None:
    """Make ``app.openapi()`` include the schemas of ``body_of``."""
    schemas: dict[str, Any] = {}
    for model in bodies:
        schema = model.model_json_schema(ref_template=REFERENCE)
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            document["components"]["schemas"] |= schemas
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents
