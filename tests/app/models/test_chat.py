"""Opening a language model and streaming from it, by the vendor's real client and a scripted server; faults: test_written_faults.py."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from app.errors import SettingsError, UpstreamError
from app.models.chat import Chat, open_chat
from app.settings import TRACING, Settings, Written, load
from tests.fakes.faults import hangs_before_headers
from tests.fakes.model_server import Exchange, ModelServer, event, saying

ROOT = Path(__file__).parents[3]
ELSEWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*TRACING, "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "MODEL", "MODEL_KEY", "MODEL_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


async def _slowly(exchange: Exchange) -> None:
    await exchange.begin()
    for letter in "abc":
        await exchange.say(letter)
        await asyncio.sleep(0.2)
    await exchange.end()


async def _never_stops(exchange: Exchange) -> None:
    await exchange.begin()
    for _ in range(2_000):
        await exchange.raw(event("ab"))


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    modes = {"hangs": hangs_before_headers, "says": saying("Hello.\nThere é 🙂."), "slowly": _slowly, "never_stops": _never_stops}
    with ModelServer(modes) as running:
        yield running


def _open(base_url: str, written: Written | None = None, key: str = "") -> Chat:
    chat = open_chat(Settings(model="openai:some-model", model_base_url=base_url, model_key=key, written=written or Written()))
    assert chat is not None
    return chat


async def _text(chat: Chat, seconds: float = 30, most_tokens: int | None = None) -> str:
    async with aclosing(chat.stream("Be brief.", "Hello?", seconds=seconds, most_tokens=most_tokens)) as pieces:
        return "".join([piece async for piece in pieces])


# --- opening ------------------------------------------------------------------------------------------------------------


def test_the_promised_limits_are_the_defaults() -> None:
    written = Written()
    assert (written.first_byte_seconds, written.gap_seconds, written.total_seconds, written.max_tokens) == (5, 10, 30, 1_200)
    assert not written.rewrite
    assert not written.tracing


def test_no_model_is_no_model() -> None:
    assert open_chat(Settings()) is None


@pytest.mark.parametrize("model", ["gpt-4o", "openai:", "google_genai:gemini", "OpenAI:x", "ollama"])
def test_an_unknown_model_names_the_known_ones(model: str) -> None:
    with pytest.raises(SettingsError, match=r"openai:…, anthropic:…, ollama:…") as error:
        open_chat(Settings(model=model))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("provider", ["anthropic", "ollama"])
def test_a_missing_package_names_its_extra(provider: str) -> None:
    """Neither is in the test environment; with one installed, this test would have to install less."""
    with pytest.raises(SettingsError, match=rf"pip install 'rapport\[{provider}\]'") as error:
        open_chat(Settings(model=f"{provider}:some-model"))
    assert "\n" not in str(error.value)


def test_a_missing_key_is_one_sentence_without_it() -> None:
    with pytest.raises(SettingsError, match=r"is model_key set\?"):
        open_chat(Settings(model="openai:some-model"))


@pytest.mark.parametrize("name", TRACING)
def test_tracing_variables_end_the_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(model="openai:some-model", model_base_url=ELSEWHERE)
    for off in ("", "0", "false", "False", "off"):
        monkeypatch.setenv(name, off)
        open_chat(settings)
    monkeypatch.setenv(name, "true")
    with pytest.raises(SettingsError, match=name):
        open_chat(settings)
    assert open_chat(Settings()) is None, "without a model nothing could be traced"


def test_a_clinic_may_opt_in_to_tracing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    assert open_chat(Settings(model="openai:m", model_base_url=ELSEWHERE, written=Written(tracing=True))) is not None


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://llm.example/v1", True),
        ("http://127.0.0.1:8080/v1", True),
        ("http://[::1]:8080/v1", True),
        ("http://localhost:1234/v1", True),
        ("http://vllm:8000/v1", True),
        ("http://10.1.2.3/v1", True),
        ("http://gpu.clinic.internal/v1", True),
        ("http://llm.example/v1", False),
        ("http://8.8.8.8/v1", False),
        ("ftp://llm.example/v1", False),
        ("llm.example/v1", False),
        ("https:///v1", False),
    ],
)
def test_words_leave_the_house_only_encrypted(url: str, fine: bool) -> None:
    settings = Settings(model="openai:m", model_base_url=url)
    if fine:
        assert open_chat(settings) is not None
    else:
        with pytest.raises(SettingsError, match="model_base_url"):
            open_chat(settings)


def test_the_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", "s3cret-key")
    assert "s3cret-key" not in repr(load())
    assert "s3cret-key" not in repr(_open(ELSEWHERE, key="s3cret-key").__dict__)


def test_quotes_mode_imports_no_language_model_library() -> None:
    """In a fresh process: the service is made, and neither LangChain nor a vendor's client has been imported."""
    program = (
        "import sys; from app.settings import Settings; from app.wiring import Rapport; Rapport(Settings()).close();"
        "print([name for name in ('langchain', 'langchain_core', 'langchain_openai', 'openai', 'langgraph') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


# --- streaming ----------------------------------------------------------------------------------------------------------


def test_text_comes_as_the_server_says_it(server: ModelServer) -> None:
    assert asyncio.run(_text(_open(server.base_url("says")))) == "Hello.\nThere é 🙂."


def test_pieces_come_while_the_model_writes(server: ModelServer) -> None:
    async def first() -> float:
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with aclosing(_open(server.base_url("slowly")).stream("s", "u")) as pieces:
            async for _ in pieces:
                return loop.time() - started
        raise AssertionError

    asyncio.run(_text(_open(server.base_url("says"))))  # what is imported late is imported
    assert asyncio.run(first()) < 0.3


def test_one_model_serves_several_event_loops(server: ModelServer) -> None:
    chat = _open(server.base_url("says"))
    assert {asyncio.run(_text(chat)) for _ in range(3)} == {"Hello.\nThere é 🙂."}


def test_what_is_sent(server: ModelServer) -> None:
    asyncio.run(_text(_open(server.base_url("says"), Written(max_tokens=99, temperature=None), key="k")))
    call = server.calls[-1]
    assert call.body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}]
    assert (call.body["model"], call.body["stream"], call.body["max_tokens"]) == ("some-model", True, 99)
    assert "temperature" not in call.body
    assert call.headers["authorization"] == "Bearer k"


def test_limits_of_a_call_are_only_ever_tighter(server: ModelServer) -> None:
    chat = _open(server.base_url("slowly"), Written(first_byte_seconds=1, total_seconds=0.3))
    with pytest.raises(UpstreamError) as error:
        asyncio.run(_text(chat, seconds=100))
    assert error.value.code == "total"
    with pytest.raises(UpstreamError) as error:
        asyncio.run(_text(_open(server.base_url("slowly")), seconds=0.3))
    assert error.value.code == "total"


@pytest.mark.parametrize(("settings", "call"), [(50, None), (1_200, 50), (50, 5_000)])
def test_tokens_are_cut_where_the_server_does_not(server: ModelServer, settings: int, call: int | None) -> None:
    got: list[str] = []

    async def read() -> None:
        async with aclosing(
            _open(server.base_url("never_stops"), Written(max_tokens=settings)).stream("s", "u", most_tokens=call)
        ) as pieces:
            async for piece in pieces:
                got.append(piece)

    with pytest.raises(UpstreamError) as error:
        asyncio.run(read())
    assert error.value.code == "too_long"
    assert 50 <= len(got) <= 50 + 16


def test_a_reader_who_has_enough_is_no_failure(server: ModelServer) -> None:
    chat = _open(server.base_url("never_stops"))

    async def one_piece() -> None:
        async with aclosing(chat.stream("s", "u")) as pieces:
            async for _ in pieces:
                return

    for _ in range(6):
        asyncio.run(one_piece())
    assert chat.problem == ""


def test_no_library_logs_what_is_sent_or_said(server: ModelServer, caplog: pytest.LogCaptureFixture) -> None:
    """Even where somebody has turned everything up."""
    with caplog.at_level(logging.DEBUG):
        assert "Hello." in asyncio.run(_text(_open(server.base_url("says"), key="s3cret-key")))
    assert "Hello" not in caplog.text
    assert "Be brief" not in caplog.text
    assert "s3cret-key" not in caplog.text


def test_nothing_is_left_of_five_hundred_calls_that_were_cancelled(server: ModelServer) -> None:
    chat = _open(server.base_url("hangs"))

    async def leave() -> int:
        for _ in range(10):
            calls = [asyncio.ensure_future(_text(chat)) for _ in range(50)]
            await asyncio.sleep(0.05)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            assert all(call.cancelled() for call in calls)
        return len(asyncio.all_tasks()) - 1

    before = len(list(Path("/proc/self/fd").iterdir()))
    assert asyncio.run(leave()) == 0
    deadline = time.monotonic() + 5
    while len(list(Path("/proc/self/fd").iterdir())) > before and time.monotonic() < deadline:
        time.sleep(0.05)  # the server, in the same process, closes its side
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
    assert chat.problem == "", "who leaves is no failure of the server's"
