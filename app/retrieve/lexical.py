"""Keyword search over passages: BM25 by tantivy, on our own terms (``words.terms``), the same at build and at question time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.retrieve.words import terms, words

TITLE_BOOST = 0.5  # a title stands in every passage of its article, so it says less about one passage than the text does
VOCABULARY = "vocabulary.json"
WRITER_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class LexicalDocument:
    """A passage as keyword search sees it; ``row`` is its number in the build."""

    row: int
    title: str
    section: str
    text: str
    aliases: str = ""


def build_lexical(folder: Path, documents: Iterable[LexicalDocument]) -> None:
    """Write the keyword index and the vocabulary of ``documents`` into ``folder``, which must be empty or absent."""
    import tantivy

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "terms").mkdir()
    writer = tantivy.Index(_schema(), path=str(folder / "terms")).writer(WRITER_BYTES, 1)
    counts: Counter[str] = Counter()
    for document in documents:
        body = f"{document.section}\n{document.text}"
        name = f"{document.title}\n{document.aliases}"
        counts.update(words(body))
        counts.update(words(name))
        writer.add_document(tantivy.Document(row=document.row, text=" ".join(terms(body)), title=" ".join(terms(name))))
    writer.commit()
    writer.wait_merging_threads()
    (folder / VOCABULARY).write_text(json.dumps(dict(sorted(counts.items())), ensure_ascii=False), "utf-8")


class LexicalIndex:
    """An open keyword index. Reading is thread-safe."""

    def __init__(self, searcher: Any, schema: Any, vocabulary: Mapping[str, int]) -> None:
        self._searcher = searcher
        self._schema = schema
        self.vocabulary = vocabulary

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """Open what ``build_lexical`` wrote. Raises ``ValueError`` or ``OSError`` when it isn't there or isn't whole."""
        import tantivy

        schema = _schema()
        index = tantivy.Index(schema, path=str(folder / "terms"), reuse=True)
        vocabulary = json.loads((folder / VOCABULARY).read_text("utf-8"))
        return cls(index.searcher(), schema, vocabulary)

    def search(self, query: str, k: int) -> list[tuple[int, float]]:
        """At most ``k`` (row, BM25) pairs, best first; only rows that share a term with the query."""
        import tantivy

        wanted = list(dict.fromkeys(terms(query)))
        if not wanted or k < 1:
            return []
        clauses = []
        for term in wanted:
            clauses.append((tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "text", term, "freq")))
            by_title = tantivy.Query.term_query(self._schema, "title", term, "freq")
            clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(by_title, TITLE_BOOST)))
        hits = self._searcher.search(tantivy.Query.boolean_query(clauses), k).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return [(int(row), float(score)) for row, (score, _) in zip(rows, hits, strict=True)]

    def rarity(self, term: str) -> int:
        """In how many passages the stem ``term`` stands, in the text."""
        return int(self._searcher.doc_freq("text", term))

    @property
    def size(self) -> int:
        """How many passages there are."""
        return int(self._searcher.num_docs)


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", stored=False, indexed=False, fast=True)
    for name in ("text", "title"):
        builder.add_text_field(name, stored=False, tokenizer_name="whitespace", index_option="freq")
    return builder.build()
