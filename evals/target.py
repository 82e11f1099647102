"""What is asked: the service in this process, or one that runs elsewhere (``server_target.py``). Checks can't tell which it was."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import app
from app.domain import Citation, Conversation, Reply
from app.errors import RapportError
from app.retrieve.followup import standalone
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

    def standalone(self, conversation: Conversation) -> str | None:
        """The message as a question that stands alone, given what was said before; None where the target can't say."""
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
            hits = self._rapport.search(query, k * self._rapport.settings.retrieve.per_article)
        except RapportError as error:
            raise TargetError(str(error)) from None
        return list(dict.fromkeys(hit.passage.article for hit in hits))[:k]

    def standalone(self, conversation: Conversation) -> str | None:
        # What the pipeline does before it searches. The product has no public call for it, since nobody else needs the question alone.
        turns = self._rapport._pipeline.history_before(conversation)
        try:
            with self._rapport._session.use() as opened:
                return standalone(conversation.message, turns, opened.topics).text
        except RapportError as error:
            raise TargetError(str(error)) from None

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
            rules=guard_rules(),
        )

    def close(self) -> None:
        self._rapport.close()

    def _text(self, slug: str) -> str:
        if slug not in self._texts:
            article = self._rapport.article(slug)
            self._texts[slug] = article.text if article else ""
        return self._texts[slug]


class ModelOnly:
    """For retrieval suites that bring their own documents: the model and the settings, and no service to ask."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def ask(self, conversation: Conversation) -> Reply:  # noqa: ARG002  # the protocol's signature
        raise TargetError("Nothing is open to answer: this run only ranks documents that a folder brings.")

    def search(self, query: str, k: int) -> Sequence[str]:  # noqa: ARG002  # the protocol's signature
        raise TargetError("No index is open: this run only ranks documents that a folder brings.")

    def standalone(self, conversation: Conversation) -> str | None:  # noqa: ARG002  # the protocol's signature
        return None

    def stands(self, citation: Citation) -> bool:  # noqa: ARG002  # the protocol's signature
        return False

    def about(self) -> About:
        from app.models.embed import prepared_name

        return About(
            target="in process, its own documents",
            model=prepared_name(self._settings.embedding_model, self._settings.models_dir),
            versions={name: _version(name) for name in PACKAGES},
            settings=kept_settings(self._settings),
            files=data_files(),
        )

    def close(self) -> None:
        """Nothing is held."""


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


def guard_rules(root: Path | None = None) -> dict[str, str]:
    """Each guard rule and context by its id: "file kind hash". A file that can't be read is left out; the service itself refuses it."""
    folder = (root or Path(app.__file__).parent) / "guard" / "rules"
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            data = tomllib.loads(path.read_text("utf-8"))
        except (OSError, tomllib.TOMLDecodeError):
            continue
        for sort in ("rule", "context"):
            for item in data.get(sort, ()):
                kind = "harmless" if sort == "context" else str(item.get("kind", data.get("kind", "-")))
                digest = _hash(json.dumps(item, sort_keys=True, default=str).encode())
                found[str(item.get("id", "?"))] = f"{path.name} {kind} {digest}"
    return found


def _word(value: Any) -> str:
    return "default" if value is None else str(value)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def _version(package: str) -> str:
    return version(package)
