"""Plain text: headings are recognised by their shape, since nothing marks them.

A heading is one short line on its own that does not end like a sentence, reads like a title, and has a paragraph after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.errors import SourceError
from app.text import plain
from ingest.document import RawBlock, RawDocument
from ingest.extract.encoding import decode
from ingest.extract.unseen import refuse_unseen
from ingest.frontmatter import FrontMatter

_BLANK = re.compile(r"\n[ \t\r\f\v]*\n\s*")
_BULLET = re.compile(r"\s*(?:[-*•–‣▪◦·]|\d{1,2}[.)]|\(?[a-z]\))\s+")
_MARKED = re.compile(r"\s*(#{1,6})\s+(\S.*)")
_UNDERLINE = re.compile(r"\s*([=\-~])\1{2,}\s*")
_SENTENCE_END = re.compile(r"[.!;,:…][\"'”’)\]]*$")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_LONGEST_TITLE = 200
_LONGEST_HEADING = 100
_LONGEST_PLAIN_HEADING = 60
_PARAGRAPH = 80  # characters from which a line can only be prose


def read_text(data: bytes) -> RawDocument:
    """The document; its title is the first line when that reads like one.

    Raises what ``decode`` raises, "wrong_type" for a page or drawing, and "empty".
    """
    text = decode(data)
    if re.match(r"\s*<(?:!doctype|html|\?xml|svg)\b", text, re.I):
        raise SourceError("It is markup, not plain text.", code="wrong_type")
    refuse_unseen(text)
    blocks = text_blocks([chunk.split("\n") for chunk in _BLANK.split(text.replace("\r\n", "\n").replace("\r", "\n")) if chunk.strip()])
    if not blocks:
        raise SourceError("It has no text.", code="empty")
    title = blocks[0].text if blocks[0].kind == "heading" else ""
    return RawDocument(title, tuple(blocks[1:] if title else blocks), FrontMatter())


def text_blocks(chunks: Sequence[Sequence[str]]) -> list[RawBlock]:
    """Blocks of lines that stand apart, as headings, items and paragraphs. The first may be a title, which can be longer."""
    blocks: list[RawBlock] = []
    for at, lines in enumerate(chunks):
        following = plain(" ".join(chunks[at + 1])) if at + 1 < len(chunks) else ""
        blocks.extend(_chunk_blocks([line for line in lines if line.strip()], following, first=at == 0))
    return blocks


def reads_like_a_title(line: str, longest: int) -> bool:
    """Whether a line could be a heading: short enough, no sentence's end, opens with a capital or a digit, mostly capitalised when long."""
    if not 2 <= len(line) <= longest or _SENTENCE_END.search(line) or _BULLET.match(line) or not (line[0].isupper() or line[0].isdigit()):
        return False
    long_words = [word for word in _WORD.findall(line) if len(word) > 3]
    capitals = sum(word[0].isupper() for word in long_words)
    return line.endswith("?") or len(line) <= _LONGEST_PLAIN_HEADING or capitals >= 0.6 * len(long_words)


def _chunk_blocks(lines: list[str], following: str, *, first: bool) -> list[RawBlock]:
    if not lines:
        return []
    marked = _MARKED.fullmatch(lines[0])
    if marked:
        return [RawBlock("heading", plain(marked[2]), max(2, len(marked[1]))), *_body_blocks(lines[1:])]
    if len(lines) > 1 and _UNDERLINE.fullmatch(lines[1]) and len(plain(lines[0])) <= _LONGEST_TITLE:
        return [RawBlock("heading", plain(lines[0]), 2 if lines[1].strip()[0] == "=" else 3), *_body_blocks(lines[2:])]
    line = plain(lines[0])
    stands_alone = len(lines) == 1 and bool(following) and (first or not _heading_shaped(following))
    leads_a_paragraph = len(lines) > 1 and len(lines[1]) >= _PARAGRAPH > len(lines[0]) and not _BULLET.match(lines[1])
    if (stands_alone or leads_a_paragraph) and reads_like_a_title(line, _LONGEST_TITLE if first else _LONGEST_HEADING):
        return [RawBlock("heading", line, 2), *_body_blocks(lines[1:])]
    return _body_blocks(lines)


def _heading_shaped(following: str) -> bool:
    """Two short lines in a row are a list without marks, or a heading with a subtitle: the first of them is no heading."""
    return len(following) < _LONGEST_PLAIN_HEADING and reads_like_a_title(following, _LONGEST_HEADING) and not following.endswith("?")


def _body_blocks(lines: list[str]) -> list[RawBlock]:
    """Paragraphs and list items; a line without a mark goes on with the line before it."""
    blocks: list[tuple[str, list[str]]] = []
    for line in lines:
        bullet = _BULLET.match(line)
        if bullet:
            blocks.append(("item", [line[bullet.end() :]]))
        elif blocks:
            blocks[-1][1].append(line)
        else:
            blocks.append(("paragraph", [line]))
    texts = [(kind, plain(" ".join(parts))) for kind, parts in blocks]
    return [RawBlock("item" if kind == "item" else "paragraph", text) for kind, text in texts if text]
