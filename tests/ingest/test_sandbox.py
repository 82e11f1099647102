"""Hostile and broken files: each is set aside with a code, and the next document is read as if nothing had been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import SourceError
from ingest.document import Kind, SourceFile
from ingest.sandbox import Sandbox
from tests.ingest.documents import docx, encrypted_pdf, pdf, raw_pdf, zipped

ROOT = Path(__file__).parents[2]
LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">]>'
)
XXE = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
PLAIN_PDF = pdf([[(12, 700, "A line of text.")]])


def bomb_pdf() -> bytes:
    """A small file whose one page holds a stream that unpacks to 400 MB."""
    packer = zlib.compressobj(9)
    block = b" " * 1_000_000
    packed = b"".join(packer.compress(block) for _ in range(400)) + packer.flush()
    return raw_pdf([b"x"]).replace(
        b"<< /Length 1 >>\nstream\nx", b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s" % (len(packed), packed)
    )


def bomb_docx() -> bytes:
    return docx([("Normal", "hi")], extra={"word/media/a.xml": b"<a>" + b" " * 150_000_000})


HOSTILE: dict[str, tuple[Kind, bytes, set[str]]] = {
    "empty": ("text", b"", {"empty"}),
    "only spaces": ("markdown", b" \n\t \n", {"empty"}),
    "0xFF, a million times": ("text", b"\xff" * 1_000_000, {"unreadable"}),
    "NUL bytes": ("text", b"abc\x00\x01\x02" * 1_000, {"wrong_type"}),
    "a picture named .html": ("html", b"\x89PNG\r\n\x1a\n" + b"abc" * 100, {"wrong_type"}),
    "a PDF named .md": ("markdown", PLAIN_PDF, {"wrong_type"}),
    "a page named .pdf": ("pdf", b"<html><body>hello</body></html>", {"wrong_type"}),
    "a page named .txt": ("text", b"<!DOCTYPE html><html><body>hello</body></html>", {"wrong_type"}),
    "a drawing": ("html", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script><text>hi</text></svg>", {"wrong_type"}),
    "nested 200,000 deep": ("html", b"<body><p>Hello there</p>" + b"<div>" * 200_000 + b"deep" + b"</div>" * 200_000, {"hostile"}),
    "billion laughs": ("html", f"{LAUGHS}<html><body>&e;</body></html>".encode(), {"hostile"}),
    "outside entity": ("html", f"{XXE}<html><body>&file;</body></html>".encode(), {"hostile"}),
    "encrypted PDF": ("pdf", encrypted_pdf(PLAIN_PDF), {"encrypted"}),
    "PDF bomb": ("pdf", bomb_pdf(), {"too_large", "too_slow", "empty", "crashed"}),
    "PDF cut in half": ("pdf", PLAIN_PDF[: len(PLAIN_PDF) // 3], {"unreadable", "empty"}),
    "PDF of noise": ("pdf", b"%PDF-1.7\n" + bytes(range(256)) * 200, {"unreadable", "empty"}),
    "zip bomb": ("docx", bomb_docx(), {"too_large"}),
    "nested zip": ("docx", zipped({"a.zip": zipped({"b.zip": zipped({"c": b"0" * 1_000_000})})}), {"wrong_type"}),
    "zip that leaves its folder": ("docx", zipped({"../../etc/cron.d/x": b"hi"}), {"wrong_type"}),
    "old Word file": ("docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, {"encrypted"}),
    "docx with an outside entity": ("docx", docx([("Normal", "&file;")], head=XXE), {"hostile"}),
    "docx with billion laughs": ("docx", docx([("Normal", "&e;")], head=LAUGHS), {"hostile"}),
    "docx cut in half": ("docx", docx([("Normal", "hello")])[:300], {"unreadable"}),
    "YAML bomb": ("markdown", b"---\na: &a [1,2]\nb: &b [*a,*a]\n---\nText.\n", {"hostile"}),
    "front matter that is no YAML": ("markdown", b"---\ntitle: [unclosed\n---\nText.\n", {"front_matter"}),
    "front matter with a wrong date": ("markdown", b"---\nwritten_on: soon\n---\nText.\n", {"front_matter"}),
    "tag characters": ("text", "Title\n\nText\U000e0049\U000e0067\U000e006e here.\n".encode(), {"hidden_text"}),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(cpu_seconds=20) as box:
        yield box


@pytest.mark.parametrize(("kind", "data", "codes"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_set_aside_and_the_next_is_read(sandbox: Sandbox, kind: Kind, data: bytes, codes: set[str]) -> None:
    with pytest.raises(SourceError) as error:
        sandbox.read(SourceFile("x", data, kind))
    assert error.value.code in codes
    assert sandbox.read(SourceFile("y", b"# Fine\n\nThis one is fine.", "markdown")).title == "Fine"


def test_there_are_at_least_fifteen() -> None:
    assert len(HOSTILE) >= 15


def test_time_is_limited_and_the_next_document_is_read() -> None:
    slow = b"<main>" + b"<p class='a'>a <b>b</b></p>" * 700_000
    with Sandbox(cpu_seconds=1) as box:
        started = time.monotonic()
        with pytest.raises(SourceError) as error:
            box.read(SourceFile("x", slow, "html"))
        assert error.value.code in {"too_slow", "too_large"}
        assert time.monotonic() - started < 30
        assert box.read(SourceFile("y", b"# Fine\n\nThis one is fine.", "markdown")).title == "Fine"


def test_a_worker_that_is_killed_costs_one_document() -> None:
    with Sandbox(cpu_seconds=5) as box:
        assert box.read(SourceFile("y", b"# One\n\nText.", "markdown")).title == "One"
        worker = box._worker
        assert worker is not None
        os.kill(worker.pid, signal.SIGSEGV)
        worker.wait()
        assert box.read(SourceFile("y", b"# Two\n\nText.", "markdown")).title == "Two"


def test_one_worker_reads_many_documents() -> None:
    with Sandbox(cpu_seconds=5) as box:
        box.read(SourceFile("y", b"# One\n\nText.", "markdown"))
        first = box._worker
        for _ in range(20):
            box.read(SourceFile("y", b"# One\n\nText.", "markdown"))
        assert box._worker is first


def test_reasons_hold_nothing_of_the_document(sandbox: Sandbox) -> None:
    with pytest.raises(SourceError) as error:
        sandbox.read(SourceFile("x", b"---\nwritten_on: CANARY-7\n---\nText.\n", "markdown"))
    assert "CANARY" not in str(error.value)
    assert "written_on" in str(error.value)


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.socket()",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import os; os.posix_spawn('/bin/true', ['true'], os.environ)",
        "import os; f = os.open('{path}', os.O_CREAT | os.O_WRONLY); os.write(f, b'x')",
        "bytearray(3_000_000_000)",
    ],
)
def test_the_worker_may_do_nothing_but_read(attempt: str, tmp_path: Path) -> None:
    code = f"import ingest.worker as w; w._limit_process(); {attempt.format(path=tmp_path / 'x')}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, env={"PYTHONPATH": str(ROOT)})
    assert done.returncode != 0
    refusals = (b"not in the sandbox", b"MemoryError", b"File too large")
    assert done.returncode == -signal.SIGXFSZ or any(refusal in done.stderr for refusal in refusals)
