from __future__ import annotations

from pathlib import Path

import pytest

from ingest import recipe as module
from ingest.recipe import recipe_of
from tests.index_samples import WordEmbedder

ROOT = Path(module.__file__).resolve().parent.parent


def tree_of(tmp_path: Path) -> Path:
    """The files that the recipe reads, copied."""
    for folder in ("ingest", "app"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix in {".py", ".toml", ".txt", ".json"}:
                target = tmp_path / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("ingest/split.py", "splitter"),
        ("app/text.py", "splitter"),
        ("app/retrieve/words.py", "lexical"),
        ("app/retrieve/stopwords.txt", "lexical"),
        ("ingest/extract/html.py", "cleaner"),
        ("ingest/stage.py", "writer"),
    ],
)
def test_a_changed_file_changes_its_part_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, part: str) -> None:
    tree = tree_of(tmp_path)
    monkeypatch.setattr(module, "_ROOT", tree)
    before = recipe_of(WordEmbedder(), "")
    with (tree / file).open("a", encoding="utf-8") as handle:
        handle.write("\n# changed\n")
    after = recipe_of(WordEmbedder(), "")
    assert {name for name in before if before[name] != after[name]} == {part}


def test_model_and_store_are_part_of_it() -> None:
    recipe = recipe_of(WordEmbedder(), "")
    assert recipe_of(WordEmbedder(fingerprint="f" * 16), "") == {**recipe, "model": "f" * 16}
    assert recipe_of(WordEmbedder(), "http://127.0.0.1:8000") == {**recipe, "store": "server"}


def test_building_code_is_not_part_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = tree_of(tmp_path)
    monkeypatch.setattr(module, "_ROOT", tree)
    before = recipe_of(WordEmbedder(), "")
    (tree / "ingest" / "publish.py").write_text("")
    assert recipe_of(WordEmbedder(), "") == before
