"""What the verifier knows of a text it has read: words, numbers, clauses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Token:
    """A word or mark on the way to becoming a ``Word``: ``quoted`` counts the quotation marks before it, ``parted`` says that a mark parts
    its clause from the one before."""

    text: str
    stem: str
    mark: bool
    name: bool
    sentence: int
    quoted: int = 0
    clause: int = 0
    parted: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One word: as written in lower case, its stem, its clause, whether it is denied, whether the
    denial only frees from a duty ("do not have to"), whether it starts with a capital inside a sentence, and the marks
    that stand right before it (with ``"`` inside a quotation)."""

    text: str
    stem: str
    clause: int
    denied: bool
    freed: bool
    name: bool
    marks: str

    @property
    def comma(self) -> bool:
        """Whether a comma or a stronger mark stands before it."""
        return self.marks.strip('-"') != ""


@dataclass(frozen=True, slots=True)
class Number:
    """A number, what it counts and how often ("" when nothing is near), and the telling words that follow it."""

    value: str
    unit: str
    rate: str
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: which words it holds, whether it opens with a condition, how far it goes (see ``verify_words.toml``), and
    whether a mark parts it from the one before, or it has the verb of the one before ("people | who self-harm often …")."""

    sentence: int
    start: int
    end: int
    condition: bool
    strength: int
    universal: frozenset[str]
    duty: int
    denials: tuple[int, ...]
    parted: bool
    joined: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything the verifier compares."""

    words: tuple[Word, ...]
    clauses: tuple[Clause, ...]
    numbers: tuple[Number, ...]
    stems: tuple[str, ...]
    groups: tuple[frozenset[str], ...]
    capital: bool
    sentences: tuple[str, ...]
    spoken: tuple[str, ...]
