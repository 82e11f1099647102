"""Small articles and a quick embedder, for tests of index builds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from app.domain import Article, TextBlock

TOPICS = ("panic", "grief", "sleep", "anger", "worry", "trust", "shame", "habits", "memory", "family")
KINDS = ("breathing", "writing", "talking", "walking", "resting", "planning", "listening", "noticing")


@dataclass(frozen=True)
class WordEmbedder:
    """A bag of words thrown on a sphere: texts that share words are near. Stands in for a model where only the index is tested."""

    name: str = "words"
    fingerprint: str = "0123456789abcdef"
    dimension: int = 48

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.stack([sum((self._word(word) for word in text.lower().split()), self._word("")) for text in texts])
        unit: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.passages(texts)

    def knows(self, word: str) -> bool:
        return word in TOPICS

    def _word(self, word: str) -> NDArray[np.float64]:
        return _word_vector(self.fingerprint + word, self.dimension)


@lru_cache(20_000)
def _word_vector(word: str, dimension: int) -> NDArray[np.float64]:
    seed = int.from_bytes(sha256(word.encode("utf-8", "surrogatepass")).digest()[:8], "little")
    return np.random.default_rng(seed).standard_normal(dimension)


def make_article(number: int, *, sections: int = 4, extra: str = "") -> Article:
    """An article of ``sections`` questions with two sentences each, all different; ``extra`` goes into the last sentence."""
    topic = TOPICS[number % len(TOPICS)]
    parts: list[str] = []
    blocks: list[TextBlock] = []
    start = 0
    for section in range(sections):
        way = KINDS[(number + section) % len(KINDS)]
        heading = f"How does {way} help with {topic} in case {number}?"
        body = f"Some people find that {way} eases {topic}, as in case {number}-{section}. "
        body += f"A therapist can practise {way} with you in session {number * 10 + section}{extra if section == sections - 1 else ''}."
        for text, level in ((heading, 2), (body, 0)):
            blocks.append(TextBlock("heading" if level else "paragraph", start, start + len(text), level))
            parts.append(text)
            start += len(text) + 2
    slug = f"{topic}-{number:03d}"
    return Article(
        slug=slug,
        title=f"Living with {topic} {number}",
        text="\n\n".join(parts),
        blocks=tuple(blocks),
        summary=f"What helps with {topic}.",
        topics=("difficulties", topic),
        aliases=(f"{topic} problems",),
        questions=(f"what can i do about {topic} {number}",),
        origin=f"{slug}.md",
    )


def make_articles(count: int, *, extra: str = "") -> list[Article]:
    """Articles 0 to ``count`` - 1."""
    return [make_article(number, extra=extra) for number in range(count)]
