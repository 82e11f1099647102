"""What a model that obeys every order in an article gets shown: nothing of it. Drafts alone; the whole service is in test_injection.py."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable

import pytest

from app.compose.verify import Verifier
from app.compose.written import Material, Sentence, Writer
from app.guard.output import load_output
from app.models.embed import OnnxEmbedder
from ingest.split import split
from tests.app.test_injection import ASKED, LINK, NAMES, make, prompt_lines
from tests.fakes.injections import EVIL, MODELS, ORDERS, Order, obeyed_in
from tests.fakes.model_server import Call


class Obeying:
    """A model in this process. ``call`` is what it was asked last."""

    name, problem = "obeying", ""

    def __init__(self, model: Callable[[Call], str]) -> None:
        self._model = model

    async def stream(self, system: str, user: str, *, seconds: float = math.inf, most_tokens: int | None = None) -> AsyncGenerator[str]:
        self.call = Call("/", {}, {"messages": [{"content": system}, {"content": user}]})
        yield self._model(self.call)


def written(writer: Writer, name: str, order: Order) -> list[Sentence]:
    article = make(name, order)
    draft = writer.draft(Material(ASKED.format(name=name), tuple(split(article)), {article.slug: article}))

    async def all_of_it() -> list[Sentence]:
        return [sentence async for sentence in draft.sentences()]

    return asyncio.run(all_of_it())


@pytest.mark.parametrize("model", [model for model in MODELS if model.__name__ != "obedient_at_once"])
def test_no_order_of_forty_is_shown(model: Callable[[Call], str], embedder: OnnxEmbedder) -> None:
    chat = Obeying(model)
    writer = Writer(chat, Verifier(), load_output().allows)
    prose = 0
    for name, order in zip(NAMES, ORDERS, strict=True):
        shown = "\n".join(sentence.text for sentence in written(writer, name, order))
        assert order in obeyed_in(chat.call), "else the model was not told and the test tells nothing"
        assert not any(told in shown for told in (order.obeyed, *prompt_lines()) if told != "OK"), order.kind
        assert "OK" not in shown.split(), order.kind
        assert "canary" not in shown.replace("the words canary", ""), order.kind
        assert not LINK.search(shown), order.kind
        assert EVIL not in shown, order.kind
        prose += bool(shown)
    assert prose >= 30, "where nothing at all is shown, nothing was tried"


def test_without_the_checks_orders_are_shown(embedder: OnnxEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the test above can fail."""
    writer = Writer(Obeying(MODELS[-1]), Verifier(), load_output().allows)
    monkeypatch.setattr(writer, "fault", lambda *_: "")
    told = ["\n".join(sentence.text for sentence in written(writer, name, order)) for name, order in zip(NAMES, ORDERS[:5], strict=False)]
    assert all("canary" in text for text in told)
