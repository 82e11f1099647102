from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import ModelError
from app.models.catalogue import load_catalogue


def test_every_model_is_pinned_and_sourced() -> None:
    catalogue = load_catalogue()
    for entry in (*catalogue.model, catalogue.multilingual):
        assert all(len(file.sha256) == 64 for file in entry.files), entry.name
        assert entry.package.version
        assert entry.licence in {"MIT", "Apache-2.0"}
        assert not any(file.name.endswith((".bin", ".pkl", ".pt")) for file in entry.files), "safetensors or ONNX only"


def test_default_and_fallback_are_entries() -> None:
    catalogue = load_catalogue()
    assert catalogue.find("default") == catalogue.find(catalogue.default)
    assert catalogue.find(catalogue.fallback) is not None
    assert catalogue.find("thenlper/gte-small") == catalogue.find("gte-small")
    assert catalogue.find("unknown/model") is None


def test_a_malformed_catalogue_says_so(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text("default = 3")
    with pytest.raises(ModelError, match="malformed"):
        load_catalogue(path)
