"""``POST /v1/chat/completions`` and ``GET /v1/models``: Rapport as a model, for front ends that speak OpenAI's protocol.

The same pipeline, limits and checks as ``/v1/chat``; only the shape differs. The routes exist when ``completions_key`` is set. Whatever a
front end tells its model (system, developer and tool messages) is left out; assistant turns are history, trusted no more than elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import re
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from time import perf_counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.sse import format_sse_event
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError, to_json
from starlette.responses import JSONResponse, Response

from app.domain import Block, Citation, Conversation, Reply
from app.settings import Limits
from app.web.admission import admit, is_crisis
from app.web.body import json_of, salvaged, validated
from app.web.chat import SEND_SECONDS, late, reply_events, unless_left
from app.web.context import Web
from app.web.errors import WebError, completions_error_body, log_failure
from app.web.limits.slots import Ticket
from app.web.openapi import body_of, errors_of
from app.web.schemas import ChatRequest, chat_request, reply_out, whole
from app.web.stream import EventStream, Overdue, Restarting
from app.web.texts import Texts

MODEL = "rapport"
PATHS = ("/v1/chat/completions", "/v1/models")
SOURCES = "\n\nSources:\n"
USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}  # clients want the field; nothing is counted
ENTRY = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
_SPOKEN = ("user", "assistant")
_LINKS = re.compile(r"(?<=\])(?=[(\[])|(?<=!)(?=\[)")


def _joined(value: Any) -> Any:
    """The text of a message, which may come in parts, or not at all."""
    if value is None:
        return ""
    if not isinstance(value, list):
        return value
    texts = [part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None for part in value]
    if not all(isinstance(text, str) for text in texts):
        raise PydanticCustomError("all_text", "is not text")
    return "\n".join(texts)  # type: ignore[arg-type]  # all are text, as was just seen


Content = Annotated[
    str,
    BeforeValidator(_joined),
    AfterValidator(whole),
    Field(json_schema_extra={"type": ["string", "array", "null"]}),
]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class MessageIn(_Lenient):
    """A message as OpenAI's protocol has it."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content = ""


class StreamOptions(_Lenient):
    """What a stream ends with."""

    include_usage: bool | None = None


class CompletionRequest(_Lenient):
    """A request as OpenAI's protocol has it; what else it holds (temperature, tools …) is left out. ``region`` and ``locale`` are ours."""

    model: str
    messages: Annotated[list[MessageIn], Field(min_length=1)]
    n: Literal[1] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    region: str | None = None
    locale: str | None = None


def completions_routes(web: Web) -> APIRouter:
    """The routes; only to be added when a key is set."""
    router = APIRouter()
    asked = chat_request(web.rapport.settings.limits)
    key = _digest(web.rapport.settings.completions_key.get_secret_value().encode())
    documented = {
        **errors_of(400, 401, 404, 408, 413, 415, 429, 500, 503),
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
    }

    def check_key(request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        known = hmac.compare_digest(_digest(given.strip().encode("utf-8", "replace")), key)
        if scheme.lower() != "bearer" or not known:
            web.metrics.refusal("bad_key")
            raise WebError(401, "bad_key", web.texts.error("bad_key"), headers={"WWW-Authenticate": "Bearer"})

    @router.post(PATHS[0], responses=documented, openapi_extra=body_of(CompletionRequest))
    async def completions(request: Request) -> Response:
        """A reply in OpenAI's shape; the whole reply, as ``/v1/chat`` gives it, stands in ``rapport``."""
        check_key(request)
        wanted, conversation, ticket = await _taken(web, asked, request)
        reply = _Completion(web, request, conversation)
        if wanted.stream:
            usage = wanted.stream_options is not None and bool(wanted.stream_options.include_usage)
            seconds = web.rapport.settings.limits.reply_seconds + SEND_SECONDS
            return EventStream(reply.chunks(usage=usage), seconds, ticket.release)
        return await unless_left(request, reply.whole(ticket))

    @router.get(PATHS[1], responses=errors_of(401))
    async def models(request: Request) -> dict[str, Any]:
        """The one model."""
        check_key(request)
        return {"object": "list", "data": [ENTRY]}

    @router.get(f"{PATHS[1]}/{{name}}", responses=errors_of(401, 404))
    async def model(request: Request, name: str) -> dict[str, Any]:
        """The one model, by its name."""
        check_key(request)
        if name != MODEL:
            raise _unknown(web.texts)
        return ENTRY

    return router


def _digest(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()  # of one length, so that comparing tells nothing of the key's


def _unknown(texts: Texts) -> WebError:
    return WebError(404, "unknown_model", texts.error("unknown_model"))


async def _taken(web: Web, asked: type[ChatRequest], request: Request) -> tuple[CompletionRequest, Conversation, Ticket]:
    """The request, its conversation, and leave to work on it. Danger is taken even when the request is not in order."""
    data = await json_of(request, web.texts)
    try:
        wanted, conversation = _read(data, asked, web)
    except WebError:
        found = _salvaged(data)
        if found is None or not await is_crisis(web, found):
            raise
        return CompletionRequest.model_construct(model=MODEL, messages=[], stream=data.get("stream") is True), found, Ticket(None)
    return wanted, conversation, await admit(web, request, conversation)


def _read(data: Any, asked: type[ChatRequest], web: Web) -> tuple[CompletionRequest, Conversation]:
    try:
        wanted = validated(CompletionRequest, data, web.texts)
        if wanted.model != MODEL:
            raise _unknown(web.texts)
        turns = [{"role": message.role, "content": message.content} for message in wanted.messages if message.role in _SPOKEN]
        if not turns or turns[-1]["role"] != "user" or not turns[-1]["content"].strip():
            words = f"messages: {web.texts.problems['ends_with_user']}"
            raise WebError(400, "invalid", web.texts.error("invalid", problems=words))
        given: dict[str, Any] = {"message": turns[-1]["content"], "history": newest(turns[:-1], web.rapport.settings.limits)}
        given |= {name: value for name, value in (("region", wanted.region), ("locale", wanted.locale)) if value is not None}
        return wanted, validated(asked, given, web.texts).conversation()
    except WebError as error:
        if error.status != 422:
            raise
        raise WebError(400, error.code, error.message) from None  # what OpenAI answers


def newest(turns: Sequence[Mapping[str, str]], limits: Limits) -> list[dict[str, str]]:
    """The newest turns within the limits: front ends send all there ever was. Our own lists of sources are left out."""
    kept: list[dict[str, str]] = []
    chars = 0
    for turn in reversed(turns):
        content = turn["content"].partition(SOURCES)[0] if turn["role"] == "assistant" else turn["content"]
        chars += len(content)
        if len(kept) >= limits.history_turns or chars > limits.history_chars:
            break
        kept.append({"role": turn["role"], "content": content})
    return kept[::-1]


def _salvaged(data: Any) -> Conversation | None:
    """What the user wrote, of a request that is not in order."""
    messages = data.get("messages") if isinstance(data, dict) else None
    said: list[str] = []
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.get("role") == "user":
            content = message.get("content")
            parts = content if isinstance(content, list) else [{"text": content}]
            texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
            said += ["\n".join(texts)] if texts else []
    if not said:
        return None
    history = [{"role": "user", "content": text} for text in said[:-1]]
    return salvaged({"message": said[-1], "history": history, "region": data.get("region")})


class _Completion:
    """One reply in OpenAI's shape."""

    def __init__(self, web: Web, request: Request, conversation: Conversation) -> None:
        self._web, self._request, self._conversation = web, request, conversation
        self._base = (web.rapport.settings.public_url or str(request.base_url)).rstrip("/")
        self._head: dict[str, Any] = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": MODEL}
        self._started = perf_counter()

    async def whole(self, ticket: Ticket) -> Response:
        """The reply as JSON."""
        try:
            async with contextlib.aclosing(reply_events(self._web, self._conversation)) as events:
                async for event in events:
                    if isinstance(event.data, Reply):
                        return JSONResponse(self._json(event.data))
            raise AssertionError("limited() ends with a done event or an error")
        except (Overdue, Restarting) as error:
            raise late(self._web, error) from None
        finally:
            ticket.release()

    async def chunks(self, *, usage: bool) -> AsyncIterator[bytes]:
        """The reply as OpenAI streams it: a piece for each block that has passed, the sources, the end."""
        sent = 0
        yield self._chunk({"role": "assistant", "content": ""})
        try:
            async with contextlib.aclosing(reply_events(self._web, self._conversation)) as events:
                async for event in events:
                    blocks: Sequence[Block] = (event.data,) if isinstance(event.data, Block) else ()
                    if isinstance(event.data, Reply):
                        blocks = event.data.blocks[sent:]
                    for block in blocks:
                        yield self._chunk({"content": ("\n\n" if sent else "") + marked(block)})
                        sent += 1
                    if isinstance(event.data, Reply):
                        for part in self._end(event.data, usage=usage):
                            yield part
        except (Overdue, Restarting) as error:
            yield self._failed(late(self._web, error))
        except Exception as error:  # noqa: BLE001  # the stream has begun: say so honestly, and log no words
            log_failure(error, self._request.scope, "stream")
            yield self._failed(WebError(500, "internal", self._web.texts.error("internal")))

    def _json(self, reply: Reply) -> dict[str, Any]:
        self._web.metrics.reply(reply, perf_counter() - self._started)
        content = "\n\n".join(marked(block) for block in reply.blocks) + sources(reply.citations, self._base)
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": USAGE, "rapport": _rapport(reply)}

    def _end(self, reply: Reply, *, usage: bool) -> list[bytes]:
        self._web.metrics.reply(reply, perf_counter() - self._started)
        listed = sources(reply.citations, self._base)
        parts = [self._chunk({"content": listed})] if listed else []
        parts.append(self._chunk({}, finish="stop", rapport=_rapport(reply)))
        if usage:
            parts.append(_data({**self._head, "object": "chat.completion.chunk", "choices": [], "usage": USAGE}))
        return [*parts, format_sse_event(data_str="[DONE]")]

    def _chunk(self, delta: dict[str, str], finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _data({**self._head, "object": "chat.completion.chunk", "choices": [choice], **more})

    def _failed(self, error: WebError) -> bytes:
        return _data(completions_error_body(error, self._request.scope))


def marked(block: Block) -> str:
    """A block in text, with ``[1]`` after what rests on the first source."""
    if any(item.citations for item in block.items):
        return "\n".join(f"• {_inert(item.text)}{_marks(item.citations)}" for item in block.items)
    return _inert(block.text) + _marks(block.citations)


def sources(citations: Sequence[Citation], base: str) -> str:
    """The list that the marks point to; empty when nothing is cited."""
    lines = []
    for citation in citations:
        named = " – ".join(part for part in (citation.title, citation.section) if part)
        lines.append(f"[{citation.n}] {_inert(named)}: {base}{citation.url}")
    return SOURCES + "\n".join(lines) if lines else ""


def _marks(numbers: Sequence[int]) -> str:
    return "".join(f" [{number}]" for number in numbers)


def _inert(text: str) -> str:
    """Text that a front end may draw as Markdown: no link, picture or markup comes of it. The exact words are in ``rapport``."""
    return _LINKS.sub(" ", text).replace("<", "‹").replace(">", "›")


def _rapport(reply: Reply) -> dict[str, Any]:
    return reply_out(reply).model_dump(mode="json")


def _data(value: Mapping[str, Any]) -> bytes:
    return format_sse_event(data_str=to_json(value).decode("utf-8"))
