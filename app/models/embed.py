"""Text in, unit vectors out: the serving path of the embedding model. ONNX Runtime and tokenizers; torch is never imported."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from app.errors import ModelError
from app.models.branch import Branch
from app.models.catalogue import folder_name, load_catalogue
from app.models.runtime import session

Vectors = NDArray[np.float32]

SHEET = "rapport-model.json"
MIDWAY = "midway"  # the graph's output of token states that a second top reads; see app.models.tap
BATCH_TOKENS = 4_096  # padded tokens a forward pass: keeps memory flat whatever the passages' length


@dataclass(frozen=True, slots=True)
class ModelSheet:
    """What the serving path must know of an exported model; kept beside it as ``rapport-model.json``.

    ``pooling`` "graph" means that the graph gives sentence vectors itself. ``sha256`` maps file names to hashes. After ``midway`` layers
    the graph hands out its token states (0: nowhere).
    """

    name: str
    pooling: Literal["mean", "cls", "graph"]
    query_prefix: str
    passage_prefix: str
    max_tokens: int
    dimension: int
    sha256: dict[str, str]
    midway: int = 0

    def write(self, folder: Path) -> None:
        """Write the sheet into the model's folder."""
        (folder / SHEET).write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")


class Embedder(Protocol):
    """What the rest of the product needs of an embedding model. Vectors are float32 rows of unit length."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """Hex digest of the weights, pooling, prefixes and lengths: two embedders agree on it exactly when their vectors agree."""
        ...

    @property
    def dimension(self) -> int: ...

    def knows(self, word: str) -> bool:
        """True when ``word`` is in the model's vocabulary."""
        ...

    def passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) vectors of texts to be found."""
        ...

    def queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) vectors of questions, in one forward pass when they are few."""
        ...


class OnnxEmbedder:
    """An exported model in ``folder``, with its second top in ``branch`` if any. Thread-safe: ONNX Runtime sessions may be shared.

    ``reader`` is another model, with a second top, that reads for the guard in place of one that has none: a second pass a question.
    """

    def __init__(self, folder: Path, threads: int, branch: Path | None = None, reader: OnnxEmbedder | None = None) -> None:
        from tokenizers import Tokenizer

        sheet = _read_sheet(folder)
        try:
            self._session = session(folder / "model.onnx", threads)
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # both libraries raise their own bare Exception types for a bad file
            raise ModelError(
                f"The model in {folder} can't be opened ({type(error).__name__}). Run: rapport models get {sheet.name}"
            ) from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(sheet.max_tokens)
        self._inputs = [node.name for node in self._session.get_inputs()]
        outputs = [node.name for node in self._session.get_outputs()]
        self._vector = outputs[0]
        self.midway = sheet.midway if MIDWAY in outputs else 0
        if branch is not None and branch.is_file() and self.midway != _midway_wanted(sheet.name):
            raise ModelError(f"The model in {folder} was prepared by an earlier version. Run: rapport models get {sheet.name}")
        self._branch = Branch(branch, threads) if branch is not None and branch.is_file() else None
        self._reader = reader
        self._sheet = sheet
        self.forward_passes = 0

    @property
    def name(self) -> str:
        return self._sheet.name

    @property
    def dimension(self) -> int:
        return self._sheet.dimension

    @property
    def fingerprint(self) -> str:
        facts = asdict(self._sheet) | {"name": ""}  # a renamed copy is the same model
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed([self._sheet.passage_prefix + text for text in texts])

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed([self._sheet.query_prefix + text for text in texts])

    @property
    def reader(self) -> str:
        """The name of the model whose second top reads for the guard; the model's own name where there is none."""
        return self._reader.name if self._reader is not None else self.name

    @property
    def branch_width(self) -> int:
        """How many scores stand behind each vector of ``readings``; 0 without a second top."""
        if self._reader is not None:
            return self._reader.branch_width
        return self._branch.width if self._branch is not None else 0

    def readings(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension + branch_width): the vectors of ``queries``, each with the second top's scores behind it. One pass for both."""
        rows = self._embed([self._sheet.query_prefix + text for text in texts], self._branch)
        if self._reader is None:
            return rows
        return np.hstack([rows, self._reader.readings(texts)[:, self._reader.dimension :]])

    def states(self, texts: Sequence[str]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """The number and the (tokens, width) states midway of each question, shortest first; for training a second top."""
        encodings = self._encode([self._sheet.query_prefix + text for text in texts])
        for batch in _batches(*_by_length(encodings)):
            ids, mask = _padded([encodings[i] for i in batch])
            midway = self._run(ids, mask, [MIDWAY])[0]
            for row, number in enumerate(batch):
                yield number, midway[row, : len(encodings[number])]

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, cut at the model's own limit; for tests of the splitter."""
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]

    def knows(self, word: str) -> bool:
        """True when ``word`` is whole in the model's vocabulary: ordinary language, not a slip."""
        return len(self._tokenizer.encode(word, add_special_tokens=False).ids) == 1

    def _embed(self, texts: Sequence[str], branch: Branch | None = None) -> Vectors:
        width = branch.width if branch is not None else 0
        rows = np.zeros((len(texts), self._sheet.dimension + width), np.float32)
        encodings = self._encode(texts)
        for batch in _batches(*_by_length(encodings)):
            ids, mask = _padded([encodings[i] for i in batch])
            outputs = self._run(ids, mask, [self._vector, *([MIDWAY] if branch is not None else [])])
            self.forward_passes += 1
            rows[batch, : self._sheet.dimension] = _unit(_pool(outputs[0], mask, self._sheet.pooling))
            if branch is not None:
                rows[batch, self._sheet.dimension :] = branch.scores(outputs[1], mask)
        return rows

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch([text.encode("utf-8", "replace").decode() for text in texts])]

    def _run(self, ids: NDArray[np.int64], mask: NDArray[np.int64], outputs: list[str]) -> list[NDArray[np.float32]]:
        feeds: dict[str, Any] = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        found: list[NDArray[np.float32]] = self._session.run(outputs, {name: feeds[name] for name in self._inputs})
        return found


def open_embedder(name: str, models_dir: Path, threads: int, branches: Path | None = None) -> OnnxEmbedder:
    """Open a prepared model by catalogue name, sentence-transformers name or folder; "default" may be the catalogue's fallback.

    ``branches`` is a folder of second tops, named for the models they belong to. Beside a model without one, one that has is opened too.

    Raises ``ModelError`` when it hasn't been prepared (``rapport models get NAME`` prepares it) or is damaged.
    """
    known = prepared_name(name, models_dir)
    folder = models_dir / folder_name(known)
    if branches is None:
        return OnnxEmbedder(folder, threads)
    other = reader_name(name, models_dir, branches)
    reader = open_embedder(other, models_dir, threads, branches) if other != known else None
    return OnnxEmbedder(folder, threads, _branch_of(known, branches), reader)


def reader_name(name: str, models_dir: Path, branches: Path) -> str:
    """The model that reads for the guard where ``name`` is searched with: itself if it has a second top, else a prepared one of the
    catalogue that has, else itself (the guard then goes by words and letters, and says so)."""
    catalogue = load_catalogue()
    known = prepared_name(name, models_dir)
    if _branch_of(known, branches).is_file():
        return known
    others = (model for model in (catalogue.default, catalogue.fallback) if (models_dir / folder_name(model) / SHEET).is_file())
    return next((model for model in others if _branch_of(model, branches).is_file()), known)


def _branch_of(name: str, branches: Path) -> Path:
    return branches / f"{folder_name(name)}.onnx"


def prepared_name(name: str, models_dir: Path) -> str:
    """``name``, or the catalogue's fallback when "default" was asked for and only the fallback could be had."""
    catalogue = load_catalogue()
    entry = catalogue.find(name)
    resolved = entry.name if entry else name
    here, there = (models_dir / folder_name(model) / SHEET for model in (resolved, catalogue.fallback))
    return catalogue.fallback if name == "default" and not here.is_file() and there.is_file() else resolved


def _midway_wanted(name: str) -> int:
    entry = load_catalogue().find(name)
    return entry.midway if entry else 0


def _read_sheet(folder: Path) -> ModelSheet:
    try:
        sheet = ModelSheet(**json.loads((folder / SHEET).read_text("utf-8")))
    except FileNotFoundError:
        raise ModelError(f"There is no prepared embedding model in {folder}. Run: rapport models get {folder.name}") from None
    except (ValueError, TypeError):
        raise ModelError(f"{folder / SHEET} is malformed. Run: rapport models get {folder.name}") from None
    for file, expected in sheet.sha256.items():
        path = folder / file
        if not path.is_file() or sha256_of(path) != expected:
            raise ModelError(f"{path} is missing or is not the file that was checked. Run: rapport models get {sheet.name}")
    return sheet


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _padded(encodings: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    longest = max(len(ids) for ids in encodings)
    ids = np.zeros((len(encodings), longest), np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(encodings):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return ids, mask


def _by_length(encodings: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    lengths = [len(ids) for ids in encodings]
    return sorted(range(len(lengths)), key=lambda i: lengths[i]), lengths


def _batches(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Groups of indices, shortest first, so that little is padded and no forward pass exceeds ``BATCH_TOKENS``."""
    batches: list[list[int]] = []
    for index in order:
        if batches and lengths[index] * (len(batches[-1]) + 1) <= BATCH_TOKENS:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def _pool(output: NDArray[np.float32], mask: NDArray[np.int64], pooling: str) -> NDArray[np.float32]:
    if pooling == "graph":
        return output
    if pooling == "cls":
        return output[:, 0]
    weights = mask[:, :, None].astype(np.float32)
    pooled: NDArray[np.float32] = (output * weights).sum(1) / np.maximum(weights.sum(1), 1)
    return pooled


def _unit(vectors: NDArray[np.float32]) -> Vectors:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(norms, 1e-12)).astype(np.float32)
    return unit
