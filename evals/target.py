"""What is asked: the service in this process, or one that runs elsewhere (``server_target.py``). Checks can't tell which it was."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import app
from app.domain import Citation, Conversation, Reply
from app.errors import RapportError
from evals.records import About

if TYPE_CHECKING:
    from app.settings import Settings
    from app.wiring import Rapport

DATA = ("guard/**/*.toml", "guard/**/*.npz", "guard/**/*.json", "compose/**/*.toml", "compose/**/*.md", "retrieve/*.toml", "models/*.toml")
PACKAGES = ("rapport", "chromadb", "onnxruntime", "tokenizers", "tantivy")
KEPT_SETTINGS = ("embedding_model", "region", "locale", "cite_overdue", "retrieve", "model", "composer")  # nothing secret, no addresses


class TargetError(RapportError):
    """A question could not be asked; the case is unknown. Holds no text of the question."""

    code = "target"
    exit_code = 4


class Target(Protocol):
    """What the evals need of a service. ``ask`` and ``search`` are called from several threads; all raise ``TargetError``."""

    def ask(self, conversation: Conversation) -> Reply: ...

    def search(self, query: str, k: int) -> Sequence[str]:
        """Slugs of the articles found, best first, each once."""
        ...

    def stands(self, citation: Citation) -> bool:
        """Whether the article holds the quote, exactly where the citation says."""
        ...

    def about(self) -> About: ...

    def close(self) -> None: ...


class InProcess:
    """The service, built here from settings. ``stands`` compares with the article's own text: ``quote == text[start:end]``."""

    def __init__(self, rapport: Rapport) -> None:
        self._rapport = rapport
        self._texts: dict[str, str] = {}

    def ask(self, conversation: Conversation) -> Reply:
        return self._rapport.answer(conversation)

    def search(self, query: str, k: int) -> Sequence[str]:
        try:
            hits = self._rapport.search(query, 2 * k)
        except RapportError as error:
            raise TargetError(str(error)) from None
        return list(dict.fromkeys(hit.passage.article for hit in hits))[:k]

    def stands(self, citation: Citation) -> bool:
        text = self._text(citation.article)
        return 0 <= citation.start < citation.end <= len(text) and text[citation.start : citation.end] == citation.quote

    def about(self) -> About:
        ready = self._rapport.readiness()
        articles = {card.slug: _hash(self._text(card.slug).encode("utf-8", "replace")) for card in self._rapport.articles()}
        return About(
            target="in process",
            build=ready.build,
            model=ready.model,
            versions={name: _version(name) for name in PACKAGES},
            settings=kept_settings(self._rapport.settings),
            articles=articles,
            files=data_files(),
        )

    def close(self) -> None:
        self._rapport.close()

    def _text(self, slug: str) -> str:
        if slug not in self._texts:
            article = self._rapport.article(slug)
            self._texts[slug] = article.text if article else ""
        return self._texts[slug]


def open_in_process(settings: Settings) -> InProcess:
    """The service with its model and index open. Raises ``RapportError`` saying what is missing and what to do."""
    from app.wiring import build

    return InProcess(build(settings, wait=True))


def kept_settings(settings: Settings) -> dict[str, str]:
    """The settings that can change an answer, flat: ``retrieve.cutoff`` and so on. None is secret or an address."""
    flat: dict[str, str] = {}
    for name, value in settings.model_dump(mode="json").items():
        if name in KEPT_SETTINGS:
            flat |= {f"{name}.{part}": _word(inner) for part, inner in value.items()} if isinstance(value, dict) else {name: _word(value)}
    return flat


def data_files(root: Path | None = None) -> dict[str, str]:
    """A short hash of each file of words, rules and weights that the service reads, by its path below ``app/`` (or ``root``)."""
    root = root or Path(app.__file__).parent
    found = sorted({path for pattern in DATA for path in root.glob(pattern)})
    return {str(path.relative_to(root)): _hash(path.read_bytes()) for path in found}


def _word(value: Any) -> str:
    return "default" if value is None else str(value)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def _version(package: str) -> str:
    return version(package)
