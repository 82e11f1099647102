"""The ways a language model's server goes wrong, one mode each, for ``ModelServer``."""

from __future__ import annotations

import asyncio
import json
import zlib

from tests.fakes.model_server import Call, Exchange, Mode, event, faithful_lines, saying, sentences_of, status

LONG = 60.0  # seconds: longer than any limit under test
MEGABYTE = 1_000_000


async def hangs_before_headers(exchange: Exchange) -> None:
    await asyncio.sleep(LONG)


async def hangs_before_the_first_byte(exchange: Exchange) -> None:
    await exchange.begin()
    await asyncio.sleep(LONG)


async def hangs_at_once(exchange: Exchange) -> None:
    """One piece of the first line, then nothing."""
    await exchange.begin()
    await exchange.say(faithful_lines(exchange.call)[0][:30])
    await asyncio.sleep(LONG)


async def hangs_after_three(exchange: Exchange) -> None:
    await exchange.begin()
    for line in faithful_lines(exchange.call)[:3]:
        await exchange.say(line + "\n")
    await asyncio.sleep(LONG)


async def breaks_off_after_three(exchange: Exchange) -> None:
    """A chunked body that ends without its last chunk."""
    await exchange.head(Content_Type="text/event-stream", Transfer_Encoding="chunked")
    for line in faithful_lines(exchange.call)[:3]:
        data = event(line + "\n")
        await exchange.raw(f"{len(data):x}\r\n".encode() + data + b"\r\n")


async def one_byte_at_a_time(exchange: Exchange) -> None:
    """The wire drips: no event is ever whole in time."""
    await exchange.begin()
    for byte in event("[1]") * 100:
        await exchange.raw(bytes([byte]))
        await asyncio.sleep(0.05)


async def one_letter_at_a_time(exchange: Exchange) -> None:
    """Each event is whole, and holds one letter: no gap is too long, the whole is."""
    await exchange.begin()
    for letter in "\n".join(faithful_lines(exchange.call)):
        await exchange.say(letter)
        await asyncio.sleep(0.05)


async def endless(exchange: Exchange) -> None:
    await exchange.begin()
    while True:
        await exchange.say("word " * 20)


async def endless_empty(exchange: Exchange) -> None:
    """Events without text, for ever."""
    await exchange.begin()
    while True:
        await exchange.raw(event("") * 50)


async def endless_event(exchange: Exchange) -> None:
    """One event that never ends: nothing would bound what a parser keeps of it."""
    await exchange.begin()
    await exchange.raw(b'data: {"choices": [{"delta": {"content": "')
    while True:
        await exchange.raw(b"x" * 65_536)


async def garbage(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.raw(b"\x00\xff\xfe<<<garbage-canary>>>\n\ndata: garbage-canary\n\n" * 20)


async def half_json(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.raw(event("[1] half-canary")[:60] + b"\n\n")


async def wrong_json(exchange: Exchange) -> None:
    """JSON, of a form that nobody knows."""
    await exchange.begin()
    await exchange.raw(b'data: {"choices": "json-canary"}\n\ndata: [1, 2]\n\ndata: [DONE]\n\n')


async def not_utf8(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.raw(b'data: {"choices": [{"index": 0, "delta": {"content": "caf\xe9 \xff"}}]}\n\n')


async def names_utf16(exchange: Exchange) -> None:
    await exchange.head(Content_Type="text/event-stream; charset=utf-16")
    await exchange.raw(event("[1]").decode().encode("utf-16"))


async def html(exchange: Exchange) -> None:
    await exchange.head(Content_Type="text/html; charset=utf-8")
    await exchange.raw(b"<html><h1>html-canary</h1></html>")


async def gzip_bomb(exchange: Exchange) -> None:
    """200 MB in 200 kB, whether it was asked for or not."""
    await exchange.head(Content_Type="text/event-stream", Content_Encoding="gzip")
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(200):
        await exchange.raw(packer.compress(bytes(MEGABYTE)))
    await exchange.raw(packer.flush())


async def an_error_in_the_stream(exchange: Exchange) -> None:
    await exchange.begin()
    await exchange.raw(b'data: {"error": {"message": "error-canary", "code": 500}}\n\n')


def misnumbered(call: Call) -> str:
    """Good lines with the numbers of other passages, of none that was given, and of none that could be."""
    bodies = [line.split("] ", 1)[1] for line in faithful_lines(call)]
    return "\n".join(f"[{number}] {body}" for number, body in zip((2, 1, 9, 0), bodies, strict=False))


def _altered(call: Call) -> str:
    """Each quote, and what is said of it, with a word changed."""
    return "\n".join(line.replace(" a ", " every ").replace(" the ", " any ").replace(" is ", " was ") for line in faithful_lines(call))


def _not_given(call: Call) -> str:
    """What stands in an article of the library, and in no passage that was given."""
    said = "In 5-4-3-2-1 grounding, you name five things you see, four you can feel, three you hear, two you smell and one you taste."
    return "\n".join(f'[{n}] "{said}" => {said}' for n in call.passages)


def _the_question(call: Call) -> str:
    asked = "What happens in the first session"
    return "\n".join(f'[{n}] "{asked}" => What happens in the first session is up to you.' for n in call.passages)


def _invented(call: Call) -> str:
    return "\n".join(
        f'[{n}] "therapists have known this for many years" => Therapists have known this for many years.' for n in call.passages
    )


def _no_citation(call: Call) -> str:
    return "\n".join(line.split(" => ")[1] for line in faithful_lines(call))


def _mid_word(call: Call) -> str:
    """One good line, and one that stops inside a word."""
    first, second = faithful_lines(call)[:2]
    return f"{first}\n{second[:-6]}"


def _repeated(call: Call) -> str:
    return f"{faithful_lines(call)[0]}\n" * 200


def _prose(call: Call) -> str:
    return " ".join(sentences_of(next(iter(call.passages.values()))))


def _linked(call: Call) -> str:
    return "\n".join(line[:-1] + " at https://evil.example/?q=1." for line in faithful_lines(call))


def _bold(call: Call) -> str:
    return "\n".join(line.replace(" => ", " => **") + "**" for line in faithful_lines(call))


def _html(call: Call) -> str:
    return "\n".join(line.replace(" => ", " => <img src=x onerror=alert(1)> ") for line in faithful_lines(call))


def _json(call: Call) -> str:
    return json.dumps({"answer": faithful_lines(call)})


def _unquoted(call: Call) -> str:
    return "\n".join(f"[{n}] => {sentences_of(text)[0][:-1]} for everyone." for n, text in call.passages.items())


def _two_words(call: Call) -> str:
    return "\n".join(
        f'[{n}] "{" ".join(text.split()[:2])}" => {sentences_of(text)[0][:-1]} for everyone.' for n, text in call.passages.items()
    )


def _question(call: Call) -> str:
    return "\n".join(line[:-1] + "?" for line in faithful_lines(call))


def _medicine(call: Call) -> str:
    return "\n".join(
        line.replace(" => ", " => You should take 50 mg of sertraline a day. ").split(" a day. ")[0] + " a day."
        for line in faithful_lines(call)
    )


# What a model may write that must not be shown: each must end in quotes mode.
DRAFTS: dict[str, Mode] = {
    "nothing": saying("NOTHING"),
    "white_space": saying("   \n\n \n"),
    "one_line": saying(lambda call: faithful_lines(call)[0]),
    "mid_word": saying(_mid_word),
    "repeats": saying(_repeated),
    "one_long_line": saying("word " * 5_000),
    "prose": saying(_prose),
    "no_citation": saying(_no_citation),
    "no_quote": saying(_unquoted),
    "quote_of_two_words": saying(_two_words),
    "quote_altered": saying(_altered),
    "quote_not_given": saying(_not_given),
    "quote_invented": saying(_invented),
    "quotes_the_question": saying(_the_question),
    "link": saying(_linked),
    "bold": saying(_bold),
    "markup": saying(_html),
    "json": saying(_json),
    "question": saying(_question),
    "medicine": saying(_medicine),
}

# What a server may do before two sentences have been shown, and the code it is known by.
FAULTS: dict[str, tuple[Mode, str]] = {
    "hangs_before_headers": (hangs_before_headers, "first_byte"),
    "hangs_before_the_first_byte": (hangs_before_the_first_byte, "first_byte"),
    "hangs_at_once": (hangs_at_once, "gap"),
    "500": (status(500, '{"error": {"message": "error-canary"}}'), "upstream"),
    "503": (status(503), "upstream"),
    "429": (status(429), "too_many"),
    "429_soon": (status(429, Retry_After="1"), "too_many"),
    "429_later": (status(429, Retry_After="2"), "too_many"),
    "401": (status(401), "refused_key"),
    "404": (status(404), "no_such_model"),
    "400": (status(400), "upstream"),
    "redirect": (status(307, Location="http://127.0.0.2:9/v1/chat/completions"), "redirect"),
    "one_byte_at_a_time": (one_byte_at_a_time, "first_byte"),
    "one_letter_at_a_time": (one_letter_at_a_time, "total"),
    "endless": (endless, "garbled"),
    "endless_empty": (endless_empty, "too_long"),
    "endless_event": (endless_event, "too_long"),
    "garbage": (garbage, "garbled"),
    "half_json": (half_json, "garbled"),
    "wrong_json": (wrong_json, "garbled"),
    "not_utf8": (not_utf8, "garbled"),
    "names_utf16": (names_utf16, "garbled"),
    "html": (html, "garbled"),
    "gzip_bomb": (gzip_bomb, "compressed"),
    "error_in_the_stream": (an_error_in_the_stream, "garbled"),
    "empty": (saying(""), "empty"),
}
