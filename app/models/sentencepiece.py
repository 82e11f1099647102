"""A SentencePiece unigram model file → a tokenizer of the `tokenizers` library. Set-up only.

Reads the few fields that are needed of the protocol buffer itself (sentencepiece_model.proto: 1 pieces, 3 normalizer_spec), so that no
further package is. Byte fallback and user-defined pieces are not supported: a model that has them is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from app.errors import ModelError

_NORMAL, _UNKNOWN, _CONTROL, _UNUSED = 1, 2, 3, 4  # the types of pieces; 5 is user-defined, 6 a byte
Field = tuple[int, int | bytes]


def read_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of ``path``, which puts the start and end pieces around a text. Raises ``ModelError`` for a file it can't read."""
    try:
        return _tokenizer(path.read_bytes())
    except (IndexError, KeyError, TypeError, ValueError, struct.error) as error:
        raise ModelError(f"{path.name} is not a SentencePiece model that we can read ({type(error).__name__}).") from error


def _tokenizer(data: bytes) -> Tokenizer:
    pieces: list[tuple[str, float]] = []
    special: dict[int, str] = {}
    rules: dict[int, int | bytes] = {}
    for number, value in _fields(data):
        if number == 1:
            piece = dict(_fields(_bytes(value)))
            text, kind = _bytes(piece[1]).decode(), piece.get(3, _NORMAL)
            if kind not in (_NORMAL, _UNKNOWN, _CONTROL, _UNUSED):
                raise ValueError("a type of piece that is not supported")
            if kind != _NORMAL:
                special[len(pieces)] = text
            pieces.append((text, struct.unpack("<f", _bytes(piece[2]))[0] if 2 in piece else 0.0))
        elif number == 3:
            rules = dict(_fields(_bytes(value)))
    unknown, start, end = list(special)[:3]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=False))
    spaces = [normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")]
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(_bytes(rules[2])), *spaces])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    around = [(special[start], start), (special[end], end)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{special[start]} $A {special[end]}", special_tokens=around)
    return tokenizer


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise TypeError("a number where bytes were expected")
    return value


def _fields(data: bytes) -> Iterator[Field]:
    """Field numbers and values of one message of the wire format (protobuf.dev/programming-guides/encoding)."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(data, at)
        else:
            size = {1: 8, 5: 4}[wire]
        if at + size > len(data):
            raise ValueError("cut off")
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at, value, shift = at + 1, value | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            return value, at
