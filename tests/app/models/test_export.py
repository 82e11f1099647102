"""The serving path against sentence-transformers itself. Imports torch, in a process of its own: the test process stays light."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.models.embed import open_embedder

TEXTS = ["hello", "What happens in the first session?", "A therapist keeps what you say private, with a few exceptions. " * 8]
REFERENCE = """
import json, sys
from sentence_transformers import SentenceTransformer
from pathlib import Path
from app.models.fetch import _fetch
from app.models.catalogue import load_catalogue
folder = Path(sys.argv[1])
_fetch(load_catalogue().find("all-MiniLM-L6-v2"), folder, lambda text: None)
model = SentenceTransformer(str(folder), device="cpu")
print(json.dumps(model.encode(json.loads(sys.argv[2]), normalize_embeddings=True).tolist()))
"""


@pytest.mark.slow
def test_onnx_serving_agrees_with_sentence_transformers(models_dir: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", REFERENCE, str(tmp_path / "model"), json.dumps(TEXTS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    reference = np.array(json.loads(done.stdout.strip().splitlines()[-1]), np.float32)
    ours = open_embedder("all-MiniLM-L6-v2", models_dir, 1).passages(TEXTS)
    assert (ours * reference).sum(1).min() >= 0.9999
