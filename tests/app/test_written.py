"""Written answers through the whole service, with a model that behaves; one that doesn't: test_written_faults.py."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.compose.rewrite import Rewriter
from app.compose.verify import Verifier
from app.compose.written import Writer
from app.domain import Conversation, Turn
from app.models.chat import Chat, open_chat
from app.settings import Settings
from app.wiring import Rapport
from tests.fakes.model_server import Call, ModelServer, faithful_lines, saying

ROOT = Path(__file__).parents[2]
TWO_PARTS = Conversation("What is EMDR, and what colour is the moon?")
FOLLOW_UP = "how long does it take?"
EARLIER = (Turn("user", "What is EMDR?"), Turn("assistant", "EMDR is a therapy for trauma."))
DANGER = "I want to kill myself"
ADVICE = "Should I stop taking my sertraline?"
UNSAID = ("everyone would be happier if i had never been here", "is it normal that my husband holds me down when i say no")


def _obliging(call: Call) -> str:
    """A rewritten question when asked for one, else lines from the passages."""
    return "how long does EMDR therapy take?" if "<conversation " in call.prompt else "\n".join(faithful_lines(call))


def _stubborn(call: Call) -> str:
    """As above, but the question is about something nobody said."""
    return "How much does hypnosis cost in 2031?" if "<conversation " in call.prompt else "\n".join(faithful_lines(call))


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer({"obliging": saying(_obliging), "stubborn": saying(_stubborn)}) as running:
        yield running


@pytest.fixture
def write_with(library: Rapport, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Chat]:
    """Lets the library's pipeline write and rewrite with one of the server's modes, for one test."""

    def set_model(mode: str) -> Chat:
        chat = open_chat(Settings(model="openai:scripted", model_base_url=server.base_url(mode)))
        assert chat is not None
        assert library.embedder is not None
        guard = library.guard
        writer = Writer(chat, Verifier(), guard.check_out)
        monkeypatch.setattr(library._pipeline, "writer", writer)
        monkeypatch.setattr(library._pipeline, "rewriter", Rewriter(chat, lambda text: guard.screen_rules(Conversation(text)).blocks))
        server.calls.clear()
        return chat

    return set_model


def test_settings_alone_switch_it_on(server: ModelServer, models_dir: Path) -> None:
    settings = Settings(
        index_dir=ROOT / "index", models_dir=models_dir, corpus_dir=ROOT / "corpus", threads=1,
        model="openai:scripted", model_base_url=server.base_url("obliging"),
    )  # fmt: skip
    rapport = Rapport(settings)
    try:
        rapport.open()
        reply = rapport.answer(Conversation("What is CBT?"))
        assert reply.receipt["composer"] == "written"
        assert rapport.readiness().degraded == ()
        for asked in ("are you a real person?", "do you save my messages", "what can you do?"):
            assert "language model" in rapport.answer(Conversation(asked)).text, "people are told what writes, and where their words go"
            assert rapport.answer(Conversation(asked)).status == "about"
    finally:
        rapport.close()


def test_a_follow_up_is_rewritten_and_then_written(library: Rapport, server: ModelServer, write_with: Callable[[str], Chat]) -> None:
    write_with("obliging")
    reply = library.answer(Conversation(FOLLOW_UP, EARLIER))
    rewriting, writing = server.calls
    assert f"user: {FOLLOW_UP}\n" in rewriting.prompt
    assert "assistant: EMDR is a therapy for trauma." in rewriting.prompt
    assert "how long does EMDR therapy take?" in writing.prompt
    assert FOLLOW_UP not in writing.prompt
    assert "emdr" in {citation.article for citation in reply.citations}


def test_a_rewriting_that_adds_something_is_not_used(library: Rapport, server: ModelServer, write_with: Callable[[str], Chat]) -> None:
    write_with("stubborn")
    reply = library.answer(Conversation(FOLLOW_UP, EARLIER))
    assert "hypnosis" not in server.calls[-1].prompt
    assert FOLLOW_UP in server.calls[-1].prompt, "the model-free way joins the topic and the message"
    assert "emdr" in {citation.article for citation in reply.citations}


def test_a_question_that_stands_alone_is_not_rewritten(library: Rapport, server: ModelServer, write_with: Callable[[str], Chat]) -> None:
    write_with("obliging")
    library.answer(Conversation("What happens in the first session?", EARLIER))
    assert ["<conversation " in call.prompt for call in server.calls] == [False]


@pytest.mark.parametrize("blocked", [DANGER, ADVICE, *UNSAID])
def test_blocked_turns_are_never_sent(library: Rapport, server: ModelServer, write_with: Callable[[str], Chat], blocked: str) -> None:
    write_with("obliging")
    assert library.guard.screen(Conversation(blocked), library.embed).blocks
    history = (Turn("user", blocked), Turn("assistant", "A referral was here."), *EARLIER)
    library.answer(Conversation(FOLLOW_UP, history))
    sent = "\n".join(call.prompt for call in server.calls)
    assert blocked not in sent
    assert "A referral was here." not in sent


def test_some_of_these_turns_only_the_classifier_blocks(library: Rapport) -> None:
    """Else the test above would not see whether the whole guard looks at what is sent."""
    assert not all(library.guard.screen_rules(Conversation(text)).blocks for text in UNSAID)


def test_what_is_only_partly_covered_says_so(library: Rapport, write_with: Callable[[str], Chat]) -> None:
    quoted = library.answer(TWO_PARTS)
    assert quoted.status == "partial"
    write_with("obliging")
    reply = library.answer(TWO_PARTS)
    assert reply.receipt["composer"] == "written"
    assert reply.status == "partial"
    assert reply.blocks[-1] == quoted.blocks[-1]
    assert reply.suggestions == quoted.suggestions


def test_the_receipt_counts_what_was_shown_and_dropped(library: Rapport, write_with: Callable[[str], Chat]) -> None:
    write_with("obliging")
    receipt = library.answer(Conversation("What is CBT?")).receipt
    assert set(receipt) == {"build", "composer", "model", "score", "cutoff", "writer", "prompt", "sentences", "verbatim", "dropped"}
    assert int(receipt["sentences"]) >= 2


ASKS = """
import json, sys
blocked = {blocked!r}
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from pathlib import Path
from app.domain import Conversation, Turn
from app.settings import Settings
from app.web.schemas import reply_out
from app.web.stream import encode
from app.wiring import Rapport
from app.pipeline import events
from dataclasses import replace
rapport = Rapport(Settings(index_dir=Path("index"), models_dir=Path(".models"), corpus_dir=Path("corpus"), threads=1, region="US"))
rapport.open()
for message in ("What happens in the first session?", "what is CBT and what does it cost?", "how do I fix a flat tyre", "{danger}"):
    reply = replace(rapport.answer(Conversation(message)), id="0")
    sys.stdout.buffer.write(b"".join(map(encode, events(reply))))
print(sorted(blocked & set(sys.modules)))
"""


def test_quotes_mode_is_the_same_byte_for_byte_without_the_extra() -> None:
    """Two fresh processes: one can import the vendors' packages, one can't. Neither does."""
    extra = {"langchain", "langchain_core", "langchain_openai", "langgraph", "langsmith", "openai", "tiktoken", "jiter"}

    def said(program: str) -> bytes:
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, timeout=120)
        return done.stdout

    with_extra = said(ASKS.replace("{blocked!r}", "set()").replace("{danger}", DANGER))
    without = said(ASKS.replace("{blocked!r}", repr(extra)).replace("{danger}", DANGER))
    assert with_extra == without
    replies = [json.loads(line[6:]) for line in without.decode().splitlines() if line.startswith("data: ") and '"receipt"' in line]
    assert [reply["status"] for reply in replies] == ["answered", "answered", "off_topic", "crisis"]
    assert without.decode().endswith("[]\n")
