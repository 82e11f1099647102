"""A running service, asked over HTTP as a widget would.

A quote is checked against what a reader sees: the words that the article page marks when the citation's link is opened, white space
apart (the page sets paragraphs apart; the text has blank lines). The page shows the article's stored text, so that this is as exact.
The service's own limits hold here too: when it says to wait, this waits. Start a staging server with LIMITS__PER_MINUTE and
LIMITS__PER_DAY raised.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import TypeAdapter, ValidationError

from app.domain import Citation, Conversation, Reply
from evals.records import About
from evals.target import TargetError

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
TRIES = 5
LONGEST_WAIT = 65.0  # the window of a limit by the minute


class Server:
    """The service at ``url``. Raises ``TargetError`` when it isn't there or isn't ready; ``close()`` when done."""

    def __init__(self, url: str, *, wait: Callable[[float], None] = time.sleep) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise TargetError("--server takes an address such as http://127.0.0.1:8000.")
        self._base = url.rstrip("/") + "/"
        self._wait = wait
        self._replies = TypeAdapter(Reply)
        self._http = httpx.Client(timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS), follow_redirects=False)
        self._ready = self._call("GET", "readyz").json()

    def ask(self, conversation: Conversation) -> Reply:
        history = [{"role": turn.role, "content": turn.content} for turn in conversation.history]
        body: dict[str, Any] = {"message": conversation.message, "history": history}
        body |= {name: value for name in ("region", "locale") if (value := getattr(conversation, name))}
        try:
            return self._replies.validate_python(self._call("POST", "v1/chat", body).json())
        except (ValidationError, ValueError):
            raise TargetError("The server's reply isn't in the form of /v1/chat.") from None

    def search(self, query: str, k: int) -> Sequence[str]:
        found = self._call("POST", "v1/search", {"query": query[:500], "k": min(2 * k, 20)}).json().get("results", [])
        return list(dict.fromkeys(str(result["article"]) for result in found))[:k]

    def standalone(self, conversation: Conversation) -> str | None:
        """Not told over HTTP, so that follow-ups get no rank there."""
        return conversation.message if not conversation.history else None

    def stands(self, citation: Citation) -> bool:
        page = self._call("GET", citation.url.lstrip("/").split("#")[0])
        return _bare(marked(page.text)) == _bare(citation.quote)

    def about(self) -> About:
        library = _Links()
        library.feed(self._call("GET", "articles").text)
        return About(
            target=self._base.rstrip("/"),
            build=str(self._ready.get("build", "")),
            model=str(self._ready.get("model", "")),
            versions={"rapport": str(self._call("GET", "v1/config").json().get("version", ""))},
            articles=dict.fromkeys(library.slugs, ""),
        )

    def close(self) -> None:
        self._http.close()

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        for attempt in range(TRIES):
            try:
                response = self._http.request(method, urljoin(self._base, path), json=body)
            except httpx.HTTPError as error:
                raise TargetError(f"The server at {self._base} doesn't answer ({type(error).__name__}).") from None
            if response.status_code not in (429, 503) or "retry-after" not in response.headers or attempt == TRIES - 1:
                break
            self._wait(_seconds(response.headers["retry-after"]))
        if response.status_code != httpx.codes.OK:
            raise TargetError(f"The server answered {response.status_code} to /{path.partition('?')[0]}.")
        return response


def marked(html: str) -> str:
    """The words that an article page marks as cited."""
    reader = _Marks()
    reader.feed(html)
    return " ".join(reader.words)


class _Marks(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # the parser's signature
        self._inside = self._inside or tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "mark"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.words.append(data)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.slugs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith("/articles/"):
            self.slugs.append(urlsplit(href).path.removeprefix("/articles/"))


def _bare(text: str) -> str:
    return "".join(text.split())


def _seconds(value: str) -> float:
    return min(max(float(value), 1.0), LONGEST_WAIT) if value.isdigit() else 5.0
