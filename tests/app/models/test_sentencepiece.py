from __future__ import annotations

import struct
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from app.errors import ModelError
from app.models.catalogue import load_catalogue
from app.models.multilingual import TOKENIZER
from app.models.sentencepiece import read_tokenizer

PIECES = [
    ("<unk>", 0.0, 2),
    ("<s>", 0.0, 3),
    ("</s>", 0.0, 3),
    ("▁", -3.0, 1),
    ("▁a", -1.0, 1),
    ("b", -2.0, 1),
    ("ab", -1.5, 1),
    ("▁ab", -2.4, 1),
]
NO_CHANGES = struct.pack("<I", 1024) + bytes(1024)  # a character map without entries


def field(number: int, value: bytes) -> bytes:
    size, head = len(value), b""
    while size > 0x7F:
        head, size = head + bytes([size & 0x7F | 0x80]), size >> 7
    return bytes([number << 3 | 2]) + head + bytes([size]) + value


def model(pieces: list[tuple[str, float, int]]) -> bytes:
    written = (
        field(1, field(1, text.encode()) + b"\x15" + struct.pack("<f", score) + bytes([3 << 3, kind])) for text, score, kind in pieces
    )
    return b"".join(written) + field(3, field(2, NO_CHANGES) + bytes([3 << 3, 1]))


def test_the_likeliest_pieces_are_chosen(tmp_path: Path) -> None:
    path = tmp_path / "sp.model"
    path.write_bytes(model(PIECES))
    tokenizer = read_tokenizer(path)
    assert tokenizer.encode("ab").tokens == ["<s>", "▁ab", "</s>"]  # -2.4 against -3.0 for "▁a", "b"
    assert tokenizer.encode("  ab   a ").tokens == ["<s>", "▁ab", "▁a", "</s>"]
    assert tokenizer.encode("xyz").ids == [1, 3, 0, 2]  # unknown letters together are one unknown piece
    assert tokenizer.encode("").ids == [1, 2]


@pytest.mark.parametrize(
    "damage", [b"", b"\x0a\xff", b"\x0a\x05ab", model([*PIECES, ("<0x41>", 0.0, 6)]), model(PIECES)[:-2000], b"\xff" * 40]
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "sp.model"
    path.write_bytes(damage)
    with pytest.raises(ModelError, match="SentencePiece"):
        read_tokenizer(path)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("je ne sais plus quoi faire", [1, 290, 198, 4100, 472, 4312, 1097, 2]),
        (" Wie   lange dauert\tdas? ", [1, 2534, 5411, 29101, 161, 21, 2]),
        ("夫に殴られています", [1, 6, 2846, 147, 58382, 17567, 833, 2]),
        ("Ａｂｃ ﬁn é", [1, 2625, 249, 2186, 165, 2]),
        ("😀 ok", [1, 6, 0, 2116, 2]),
    ],
)
def test_the_real_vocabulary_gives_the_ids_that_the_package_gives(models_dir: Path, text: str, ids: list[int]) -> None:
    """Counted once with the package's own tokenizer: all 35,000 messages agreed, but for runs of unknown letters, which we join."""
    tokenizer = Tokenizer.from_file(str(models_dir / load_catalogue().multilingual.name / TOKENIZER))
    assert tokenizer.encode(text).ids == ids
