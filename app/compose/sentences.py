"""What can be known of an article's sentences before any question: their words, and whether they can be quoted alone."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.domain import Passage
from app.retrieve.index import Index
from app.retrieve.words import terms, words

DANGLING_FILE = Path(__file__).with_name("dangling.toml")
SHORTEST_WORDS = 4
KEPT = 8_192  # passages whose notes are kept: about 30 MB at the most


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence: its telling words, whether it says something by itself, and whether it leans on the sentence before."""

    terms: frozenset[str]
    quotable: bool
    dangles: bool


@dataclass(frozen=True, slots=True)
class Notes:
    """One passage: a note for each of its sentences, and whether it opens its section."""

    sentences: tuple[Note, ...]
    opens_section: bool


class Notebook:
    """Notes on the passages of one build, made when first asked for. Holds the clinic's text only, never a question's."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._notes: dict[int, Notes] = {}

    def of(self, row: int, passage: Passage) -> Notes:
        """The notes of the passage in ``row``."""
        notes = self._notes.get(row)
        if notes is None:
            if len(self._notes) >= KEPT:
                self._notes.clear()
            notes = self._notes[row] = Notes(tuple(note(text) for text in sentence_texts(passage)), self._opens_section(row, passage))
        return notes

    def _opens_section(self, row: int, passage: Passage) -> bool:
        if row == 0:
            return True
        before = self._index.passage(row - 1)
        return before.article != passage.article or before.section != passage.section


def sentence_texts(passage: Passage) -> list[str]:
    """The sentences of a passage, as they stand in it."""
    return [passage.text[span.start - passage.start : span.end - passage.start] for span in passage.sentences]


def note(sentence: str) -> Note:
    """The note of one sentence."""
    return Note(frozenset(terms(sentence)), quotable(sentence), dangles(sentence))


def quotable(sentence: str) -> bool:
    """False for what says nothing alone: a question, a fragment, a line that leads into a list or points to another page."""
    bare = sentence.strip()
    spoken = words(bare)
    return len(spoken) >= SHORTEST_WORDS and not bare.endswith(("?", ":")) and not _cues()["pointers"].search(f"{' '.join(spoken)} ")


def dangles(sentence: str) -> bool:
    """True when a sentence leans on the one before it ("This helps …", "However, it …")."""
    spoken = " ".join(words(sentence)[:8]) + " "
    cues = _cues()
    joined = cues["harmless"].match(spoken)  # "Moreover, trust …" reads well alone: what follows decides
    return bool(cues["openings"].match(spoken[joined.end() :] if joined else spoken))


@cache
def _cues() -> dict[str, Any]:
    import re2

    data = tomllib.loads(DANGLING_FILE.read_text("utf-8"))
    harmless = set(data["harmless"])
    groups = {
        "openings": [phrase for phrase in data["openings"] if phrase not in harmless],
        "harmless": data["harmless"],
        "pointers": [phrase.strip() for phrase in data["pointers"]],
    }
    return {name: re2.compile(f"(?:{'|'.join(phrases)}) ") for name, phrases in groups.items()}
