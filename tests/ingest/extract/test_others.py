"""Markdown, plain text, PDF and Word."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import SourceError
from ingest.document import RawDocument
from ingest.extract.docx import read_docx
from ingest.extract.encoding import decode
from ingest.extract.markdown import read_markdown
from ingest.extract.pdf import read_pdf
from ingest.extract.text import read_text
from tests.ingest.documents import docx, pdf

CORPUS = Path(__file__).parents[3] / "corpus" / "articles"
LONG = "Trust in therapy grows slowly, and a good therapist gives it time, week after week, without any hurry at all."


def shown(document: RawDocument) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in document.blocks]


def test_markdown_with_front_matter() -> None:
    document = read_markdown(
        b"---\ntitle: Growing trust\ntopics: starting\nwritten_on: 2026-11-22\nlayout: post\nsources:\n  - Some Book\n---\n"
        b"Trust *grows* [slowly](other.md).\n\n## How long?\n\n- One whole sentence.\n- Another one.\n\n"
        b"> **If you are in danger now:** call your local emergency number.\n\n> A quotation.\n"
    )
    assert document.title == "Growing trust"
    assert document.meta.topics == ("starting",)
    assert str(document.meta.written_on) == "2026-11-22"
    assert document.meta.sources[0].title == "Some Book"
    assert shown(document) == [
        ("paragraph", "Trust grows slowly."),
        ("heading", "How long?"),
        ("item", "One whole sentence."),
        ("item", "Another one."),
        ("callout", "If you are in danger now: call your local emergency number."),
        ("paragraph", "A quotation."),
    ]


def test_markdown_without_front_matter_takes_its_title_from_the_heading() -> None:
    document = read_markdown(b"# Growing trust\n\nTrust grows slowly.\n\n<!-- a note -->\n\n<p hidden>Unseen</p>\n")
    assert document.title == "Growing trust"
    assert shown(document) == [("paragraph", "Trust grows slowly.")]
    assert set(document.hidden) == {"a note", "Unseen"}


def test_the_whole_corpus_is_read() -> None:
    for path in sorted(CORPUS.glob("*.md")):
        document = read_markdown(path.read_bytes())
        assert document.title
        assert document.meta.questions
        assert sum(block.kind == "heading" for block in document.blocks) >= 4


def test_a_document_crosses_the_border_unchanged() -> None:
    for path in sorted(CORPUS.glob("*.md"))[:3]:
        document = read_markdown(path.read_bytes())
        assert RawDocument.from_json(document.to_json()) == document


def test_plain_text_headings_are_told_by_shape() -> None:
    document = read_text(
        f"Growing Trust: A Long Title That Says What the Page Is About and a Little More\n\n\n{LONG}\n\n"
        f"What Helps It Grow\n\n{LONG} More of\nit here.\n\n"
        f"Getting started\n\n- be patient\n- be kind\n  and honest\n\n{LONG}\n\nHow long does it take?\n{LONG}\n\n"
        f"A short line that ends.\n\nTHE END\n=======\n\n{LONG}\n".encode()
    )
    assert document.title.startswith("Growing Trust")
    assert [text for kind, text in shown(document) if kind == "heading"] == [
        "What Helps It Grow",
        "Getting started",
        "How long does it take?",
        "THE END",
    ]
    assert ("item", "be kind and honest") in shown(document)
    assert ("paragraph", "A short line that ends.") in shown(document)
    assert ("paragraph", f"{LONG} More of it here.") in shown(document)


def test_plain_text_without_a_title() -> None:
    document = read_text(f"{LONG}\n\n{LONG} Again.".encode())
    assert document.title == ""
    assert len(document.blocks) == 2


def lines(start: float, *texts: str) -> list[tuple[float, float, str]]:
    return [(11, start - 14 * at, text) for at, text in enumerate(texts)]


def test_pdf() -> None:
    running = [(8.0, 770.0, "Calm Rooms handbook"), (8.0, 30.0, "Page 1 of 2")]
    first = [
        running[0],
        (20.0, 720.0, "Growing trust"),
        *lines(690, "Trust in therapy grows slowly, and a good thera-", "pist gives it time. Self-", "compassion helps."),
    ]
    first += [
        (14.0, 620.0, "How long does it take?"),
        *lines(600, "Some people need weeks and others need months for", "it, and both are"),
        running[1],
    ]
    second = [
        running[0],
        *lines(700, "common. That is fine.", "A new paragraph starts here and it goes on for a while"),
        *lines(640, "\x95 first point"),
        *lines(620, "\x95 second point"),
    ]
    second += [(8.0, 30.0, "Page 2 of 2")]
    document = read_pdf(pdf([[(size, y, text.replace("\x95", "•")) for size, y, text in page] for page in (first, second)]))
    assert document.title == "Growing trust"
    texts = [text for _, text in shown(document)]
    assert "Trust in therapy grows slowly, and a good therapist gives it time." in texts[0]
    assert ("heading", "How long does it take?") in shown(document)
    assert "Some people need weeks and others need months for it, and both are common." in " ".join(texts)
    assert ("item", "first point") in shown(document)
    assert not any("handbook" in text or "Page" in text for text in texts)


def test_pdf_without_text_is_empty() -> None:
    with pytest.raises(SourceError) as error:
        read_pdf(pdf([[]]))
    assert error.value.code == "empty"


def test_docx() -> None:
    document = read_docx(docx([("Title", "Growing trust"), ("Normal", LONG), ("Heading1", "How long?"), ("Normal", f"{LONG} Yes.")]))
    assert document.title == "Growing trust"
    assert ("paragraph", LONG) in shown(document)
    assert [block.text for block in document.blocks if block.kind == "heading"] == ["How long?"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_decode(encoding: str) -> None:
    text = "Une thérapie, c’est un échange. Elle prend du temps et elle a des règles. " * 5
    assert decode(text.encode(encoding)) == text
