"""The files of USE-multilingual v3 as its package stores them → what ``app.models.multilingual`` opens. Set-up only: imports torch.

Architecture: Yang et al., 2020, "Multilingual Universal Sentence Encoder for Semantic Retrieval", the convolutional variant: n-grams of
word pieces of three lengths, summed, then a deep network with shortcuts.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.errors import ModelError
from app.models.embed import sha256_of
from app.models.export import OPSET
from app.models.multilingual import GRAPH, SCALES, SHEET, TABLE, TOKENIZER
from app.models.sentencepiece import read_tokenizer

if TYPE_CHECKING:
    from torch import Tensor, nn

VOCABULARY, WEIGHTS = "sp.model", "weights.npz"
_BLOCKS = 17  # piece n is row n // 17 of block n % 17; each block has a scale of its own
_LENGTHS = ((2, 0), (3, 1), (5, 2))  # of n-grams in pieces, and how many of these are to the left
_LEAST = 1e-12

Arrays = dict[str, NDArray[Any]]


def prepare_multilingual(files: Path, folder: Path) -> None:
    """Write table, scales, tokenizer and graph into ``folder``. Raises ``ModelError``."""
    tokenizer = read_tokenizer(files / VOCABULARY)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / TOKENIZER))
    try:
        with np.load(files / WEIGHTS, allow_pickle=False) as stored:
            data = dict(stored)
        table = np.empty((_BLOCKS * len(data["q1"]), data["q1"].shape[1]), np.uint8)
        for block in range(_BLOCKS):
            table[block::_BLOCKS] = data[f"q{block + 1}"]
        np.save(folder / TABLE, table[: tokenizer.get_vocab_size()])
        np.save(folder / SCALES, np.stack([data["scale"], data["lo"]]).astype(np.float32))
        _export(data, folder / GRAPH)
    except (KeyError, AttributeError, ValueError, OSError) as error:
        raise ModelError(f"{WEIGHTS} is not the file we know ({type(error).__name__}).") from error
    hashes = {file: sha256_of(folder / file) for file in (TABLE, SCALES, TOKENIZER, GRAPH)}
    (folder / SHEET).write_text(json.dumps(hashes, indent=2) + "\n", "utf-8")


def _export(data: Arrays, file: Path) -> None:
    import torch

    width = data["proj2"].shape[0]
    example = (torch.zeros(2, 3, width), torch.tensor([[1, 1, 1], [1, 1, 0]]))
    axes = {"states": {0: "batch", 1: "pieces"}, "mask": {0: "batch", 1: "pieces"}, "vectors": {0: "batch"}}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the older exporter needs no further package, and says that it is old
        torch.onnx.export(
            network(data), example, str(file), input_names=["states", "mask"], output_names=["vectors"],
            dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )  # fmt: skip


def network(data: Arrays) -> nn.Module:
    """What is above the table: (n, pieces, width) states and an (n, pieces) mask of ones and zeros to (n, dimension) unit vectors."""
    import torch
    from torch import nn
    from torch.nn.functional import layer_norm, pad

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            own = {name: torch.from_numpy(values) for name, values in data.items() if values.dtype == np.float32}
            self.own = nn.ParameterDict(own)

        def forward(self, states: Tensor, mask: Tensor) -> Tensor:
            own, keep = self.own, mask.to(states.dtype)[:, :, None]
            features = torch.cat([states, *(self.grams(states, keep, *length) for length in _LENGTHS)], -1)
            total, count = (norm(features, own["ln_g"], own["ln_b"]) * keep).sum(1), keep.sum(1)
            pooled = (total @ own["cnn_W"] + count * own["cnn_b"]) / count.sqrt()
            deep = torch.relu(pooled @ own["p1"] + torch.relu(pooled @ own["d0"]) @ own["d1"])
            vectors = torch.tanh(deep @ own["p3"] + torch.relu(deep @ own["d2"]) @ own["d3"])
            unit: Tensor = vectors / vectors.norm(dim=1, keepdim=True).clamp_min(_LEAST)
            return unit

        def grams(self, states: Tensor, keep: Tensor, length: int, left: int) -> Tensor:
            own = self.own
            grams = states @ own[f"proj{length}"] + own[f"proj_b{length}"]
            grams = norm(grams, own[f"ln_g{length}"], own[f"ln_b{length}"]) * keep
            for step in (1, 2):
                padded = pad(grams, (0, 0, left, length - 1 - left))
                seen = torch.cat([padded[:, place : place + grams.shape[1]] for place in range(length)], -1)
                grams = (grams + torch.relu(seen @ own[f"w{step}_{length}"] + own[f"b{step}_{length}"])) * keep
            return grams

    def norm(states: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
        return layer_norm(states, gain.shape, gain, bias, _LEAST)

    return Network().eval()
