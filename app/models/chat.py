"""A language model that nobody trusts: opened by LangChain's ``init_chat_model``, streamed within deadlines, spared when it fails.

LangChain and the vendors' packages are imported here alone, and only when a model is set. What comes out is text in pieces, or an
``UpstreamError`` with a code; a vendor's exception, its message and whatever a server sent are never shown and never logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import math
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from importlib import import_module
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from app.errors import SettingsError, UpstreamError
from app.models.breaker import Breaker, Budget
from app.models.upstream import Failed, guarded_client
from app.settings import Settings, Written, tracing_variables

LONGEST_PAUSE = 1.0  # seconds that a server may ask us to wait before the one retry
BYTES_A_TOKEN = 1_024  # on the wire: a token in an event of its own is about 300 bytes
CHARS_A_TOKEN = 4
MOST_CHARS_A_TOKEN = 8  # beyond, a server sends more text than it was asked for
SLACK = 16  # events without text: the first, the last, counts
ALERTS = ("refused_key", "certificate", "redirect", "no_such_model")  # no retry will mend these: someone must look
CHATTY = ("openai", "anthropic", "ollama", "httpx", "httpx2", "httpcore", "httpcore2", "langchain", "langchain_core", "langsmith")
log = logging.getLogger("rapport.chat")


@dataclass(frozen=True, slots=True)
class Vendor:
    """A provider: where it lives unless told otherwise, and the module that its extra brings."""

    extra: str
    module: str
    base_url: str


VENDORS = {
    "openai": Vendor("openai", "langchain_openai", "https://api.openai.com/v1"),
    "anthropic": Vendor("anthropic", "langchain_anthropic", "https://api.anthropic.com"),
    "ollama": Vendor("ollama", "langchain_ollama", "http://127.0.0.1:11434"),
}


class Chat:
    """One model. Safe to share between requests and event loops."""

    def __init__(self, model: Any, name: str, limits: Written, *, clock: Callable[[], float] = monotonic) -> None:
        self._model = model
        self.name = name
        self._limits = limits
        self._breaker = Breaker(clock=clock)
        self._budget = Budget(limits.daily_tokens, clock=clock)
        self._alert = ""

    @property
    def problem(self) -> str:
        """Why answers are not written at the moment, in one sentence; empty when they are."""
        if self._alert:
            return self._alert
        return "The language model's server fails; answers are quoted meanwhile." if self._breaker.is_open else ""

    async def stream(self, system: str, user: str, *, seconds: float = math.inf, most_tokens: int | None = None) -> AsyncGenerator[str]:
        """The model's text in pieces, as they come. ``seconds`` and ``most_tokens`` can only make the settings' limits tighter.

        Raises ``UpstreamError``: before the first piece after at most one retry, or in the middle. Close it to stop the model.
        """
        end = asyncio.get_running_loop().time() + min(seconds, self._limits.total_seconds)
        most = min(most_tokens or self._limits.max_tokens, self._limits.max_tokens)
        self._budget.enter()
        for last in (False, True):
            probing = self._breaker.is_open
            self._breaker.enter()
            self._budget.spend(_tokens(system) + _tokens(user))
            begun = False
            try:
                async with contextlib.aclosing(self._once(system, user, end, most)) as pieces:
                    async for piece in pieces:
                        begun = True
                        self._budget.spend(_tokens(piece))
                        yield piece
            except UpstreamError as error:
                self._note(error)
                pause = self._pause(error, end)
                if last or begun or probing or pause is None:
                    raise
                await asyncio.sleep(pause)
                continue
            except GeneratorExit:  # the reader has enough
                self._well()
                raise
            self._well()
            return

    async def _once(self, system: str, user: str, end: float, most: int) -> AsyncGenerator[str]:
        """One call. Everything that can go wrong becomes an ``UpstreamError``; our own cancellation passes through."""
        loop = asyncio.get_running_loop()
        answer = self._model.astream([("system", system), ("user", user)])
        pieces, chars = 0, 0
        try:
            while True:
                limit = self._limits.gap_seconds if pieces else self._limits.first_byte_seconds
                when = min(loop.time() + limit, end)
                try:
                    async with asyncio.timeout_at(when):
                        text = str((await anext(answer)).text)
                except StopAsyncIteration:
                    break
                except TimeoutError:
                    code = "total" if when == end else "gap" if pieces else "first_byte"
                    raise UpstreamError("The language model was too slow.", code=code) from None
                pieces += 1
                chars += len(text)
                if pieces > most + SLACK or chars > most * MOST_CHARS_A_TOKEN:
                    raise UpstreamError("The language model did not stop.", code="too_long")
                if text:
                    yield text
        except (UpstreamError, asyncio.CancelledError, GeneratorExit):
            raise
        except Exception as error:  # noqa: BLE001 - a vendor's client may raise anything
            raise _ours(error) from None
        finally:
            with contextlib.suppress(Exception):  # what a vendor's client says while it is closed changes nothing
                await answer.aclose()
        if not chars:
            raise UpstreamError("The language model wrote nothing.", code="empty")

    def _pause(self, error: UpstreamError, end: float) -> float | None:
        """Seconds to wait before the one retry, or None when it is not worth it."""
        wait = error.retry_after if isinstance(error, Failed) else None
        left = end - asyncio.get_running_loop().time()
        return None if wait is None or wait > min(LONGEST_PAUSE, left) or self._breaker.is_open else wait

    def _note(self, error: UpstreamError) -> None:
        self._breaker.failed()
        if error.code in ALERTS:
            self._alert = str(error)
            log.error("event=chat_alert code=%s", error.code)
        else:
            log.warning("event=chat_failed code=%s", error.code)

    def _well(self) -> None:
        self._breaker.succeeded()
        self._alert = ""


def open_chat(settings: Settings, *, clock: Callable[[], float] = monotonic) -> Chat | None:
    """The model that the settings name, or None when none is set: then nothing is imported.

    Raises ``SettingsError``: an unknown provider, a package that is not installed, an address that would send words in the clear,
    or variables that would send or write down what people say. Nothing is called: a wrong key shows at the first question.
    """
    if not settings.model:
        return None
    provider, _, name = settings.model.partition(":")
    vendor = VENDORS.get(provider)
    if vendor is None or not name:
        known = ", ".join(f"{known}:…" for known in VENDORS)
        raise SettingsError(f"model: must be one of {known}. Any OpenAI-compatible server is openai:… with model_base_url.")
    told = tracing_variables()
    if told and not settings.written.tracing:
        raise SettingsError(
            f"{', '.join(told)} would send or write down what people say. Unset it, or set written.tracing = true if the clinic wants that."
        )
    base_url = settings.model_base_url or vendor.base_url
    _check_address(base_url)
    model = _open(provider, name, vendor, base_url, settings)
    return Chat(model, settings.model, settings.written, clock=clock)


def _open(provider: str, name: str, vendor: Vendor, base_url: str, settings: Settings) -> Any:
    try:
        import_module(vendor.module)
        from langchain.chat_models import init_chat_model
    except ImportError:
        raise SettingsError(f"model: {provider}:… needs a package that is not installed: pip install 'rapport[{vendor.extra}]'.") from None
    for chatty in (*CHATTY, vendor.module):  # at DEBUG these write down what is sent and what comes back
        logging.getLogger(chatty).setLevel(logging.ERROR)
    limits, key = settings.written, settings.model_key.get_secret_value()
    most_bytes = limits.max_tokens * BYTES_A_TOKEN + 65_536
    given: dict[str, Any] = {"base_url": base_url}
    if limits.temperature is not None:
        given["temperature"] = limits.temperature
    if provider == "ollama":
        return _ollama(init_chat_model, name, given, base_url, most_bytes, settings)
    if key or settings.model_base_url:
        given["api_key"] = key or "none"  # a server of one's own often wants none, but the vendor's client wants one
    given |= {"max_retries": 0, "timeout": limits.total_seconds}
    try:
        if provider == "openai":
            import openai

            client = guarded_client(openai.DefaultAsyncHttpxClient, base_url, most_bytes, limits.total_seconds)
            given |= {"http_async_client": client, "use_responses_api": False, "stream_usage": False, "stream_chunk_timeout": None}
            # Servers that follow OpenAI's older form know max_tokens alone; OpenAI's own newer models know the other name alone.
            given |= {"extra_body": {"max_tokens": limits.max_tokens}} if settings.model_base_url else {"max_tokens": limits.max_tokens}
            return init_chat_model(name, model_provider="openai", **given)
        model = init_chat_model(name, model_provider="anthropic", max_tokens=limits.max_tokens, **given)
        anthropic: Any = import_module("anthropic")
        client = guarded_client(anthropic.DefaultAsyncHttpxClient, base_url, most_bytes, limits.total_seconds)
        # LangChain's wrapper has no parameter for the HTTP client; it keeps its own in this cached property.
        model.__dict__["_async_client"] = anthropic.AsyncClient(**{**model._client_params, "http_client": client})
        return model
    except Exception as error:  # noqa: BLE001 - whatever a vendor's class doesn't like about the settings
        hint = "is model_key set?" if not key else "check model, model_base_url and model_key."
        raise SettingsError(f"model: {provider} can't be opened ({type(error).__name__}): {hint}") from None


def _ollama(init_chat_model: Any, name: str, given: dict[str, Any], base_url: str, most_bytes: int, settings: Settings) -> Any:
    from app.models.upstream import CONNECT_SECONDS, guarded_transport, httpx_of

    ollama: Any = import_module("ollama")
    httpx = httpx_of(type(ollama.AsyncClient(host=base_url)._client))
    limits = settings.written
    wire = {
        "transport": guarded_transport(httpx, base_url, most_bytes),
        "timeout": httpx.Timeout(limits.total_seconds, connect=CONNECT_SECONDS),
        "follow_redirects": False,
    }
    return init_chat_model(name, model_provider="ollama", num_predict=limits.max_tokens, async_client_kwargs=wire, **given)


def _check_address(base_url: str) -> None:
    """Plain http only where it stays on the machine or in the house: what people ask is health data."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "http" and host:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            if "." not in host or host.endswith((".local", ".internal", ".lan")):
                return
        else:
            if address.is_loopback or address.is_private:
                return
    raise SettingsError("model_base_url: must start with https://, or with http:// when the server is on this machine or network.")


def _ours(error: BaseException) -> UpstreamError:
    """A vendor's exception as ours: the kind is kept where our own transport gave it, the words never."""
    seen: BaseException | None = error
    for _ in range(8):
        if isinstance(seen, UpstreamError):
            return seen
        seen = (seen.__cause__ or seen.__context__) if seen is not None else None
    return UpstreamError("The language model's answer could not be read.", code="garbled")


def _tokens(text: str) -> int:
    return -(-len(text) // CHARS_A_TOKEN)
