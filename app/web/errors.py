"""One shape for every error: ``{"error": {"code", "message", "request_id"}}``, never with anything the client wrote."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from app.web.texts import Texts

logger = logging.getLogger("rapport.error")

HTTP_CODES = {400: "bad_json", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "not_json", 422: "invalid"}

COMPLETIONS_TYPES = {401: "authentication_error", 429: "rate_limit_error"}

ErrorPage = Callable[[Request, int, str], Response]


class WebError(Exception):
    """A refusal with a status, a stable code and a sentence for people. ``retry_after`` is in seconds."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)


def request_id(scope: Scope) -> str:
    """The id that this request's log line has too; empty outside the middleware."""
    return str(scope.get("state", {}).get("request_id", ""))


def error_body(code: str, message: str, scope: Scope) -> dict[str, dict[str, str]]:
    """The body of an error reply."""
    return {"error": {"code": code, "message": message, "request_id": request_id(scope)}}


def completions_error_body(error: WebError, scope: Scope) -> dict[str, dict[str, str | None]]:
    """The body of an error reply as OpenAI's clients expect it; ``request_id`` is ours."""
    kind = COMPLETIONS_TYPES.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    return {"error": {"message": error.message, "type": kind, "param": None, "code": error.code, "request_id": request_id(scope)}}


def error_response(error: WebError, scope: Scope) -> Response:
    """An error as JSON; in OpenAI's shape where the application has that endpoint and the request is for it."""
    app = scope.get("app")
    paths = getattr(app.state, "completions_paths", ()) if app is not None else ()
    as_openai = scope.get("path", "").startswith(paths) if paths else False
    body = completions_error_body(error, scope) if as_openai else error_body(error.code, error.message, scope)
    return JSONResponse(body, error.status, {"Cache-Control": "no-store", **error.headers})


def add_handlers(app: FastAPI, texts: Texts, page: ErrorPage) -> None:
    """Answer every refusal in the one shape; ``page`` draws it for a browser that asked for a page outside the API."""

    def answer(request: Request, error: WebError) -> Response:
        if request.method == "GET" and not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", ""):
            response = page(request, error.status, error.message)
            response.headers.update(error.headers)
            return response
        return error_response(error, request.scope)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, WebError)  # noqa: S101  # what it is registered for
        return answer(request, error)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        code = HTTP_CODES.get(error.status_code, "internal")
        message = texts.error(code, limit="", problems=texts.problems["other"])
        return answer(request, WebError(error.status_code, code, message, headers=dict(error.headers or {})))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        return answer(request, WebError(422, "invalid", texts.error("invalid", problems=texts.problems["other"])))

    app.add_exception_handler(WebError, refused)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)


def log_failure(error: BaseException, scope: Scope, where: str) -> None:
    """Log an unexpected error as its class, its code and its place in our source: never its words, which may hold a person's."""
    logger.error(
        "failure where=%s class=%s code=%s at=%s request_id=%s",
        where, type(error).__name__, getattr(error, "code", ""), place(error.__traceback__), request_id(scope),
    )  # fmt: skip


def place(traceback: TracebackType | None) -> str:
    """``file.py:12`` of the innermost frame."""
    if traceback is None:
        return "?"
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return f"{Path(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno}"
