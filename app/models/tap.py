"""Where a second top can be joined to an embedding model. Set-up only: needs the onnx package.

The lower layers of the model read a text once; their token states then feed the model's own upper layers (the sentence vector) and,
where there is one, another top trained for another question (``app.models.branch``). So both cost one pass through what they share.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import ModelError
from app.models.embed import MIDWAY

Arrays = dict[str, NDArray[Any]]


def add_midway(path: Path, layer: int) -> None:
    """Give the graph in ``path`` a further output: the token states after ``layer`` transformer layers.

    Raises ``ModelError`` when the graph has no such layer.
    """
    import onnx

    model = onnx.load(str(path))
    inside = f"layer.{layer - 1}/output/LayerNorm/"
    ends = [node.output[0] for node in model.graph.node if inside in node.name and node.op_type in ("Add", "LayerNormalization")]
    if not ends:
        raise ModelError(f"{path.name} has no layer {layer} to join a second top to.")
    model.graph.node.append(onnx.helper.make_node("Identity", [ends[-1]], [MIDWAY], name=MIDWAY))
    model.graph.output.append(onnx.helper.make_tensor_value_info(MIDWAY, onnx.TensorProto.FLOAT, ["batch", "tokens", "width"]))
    onnx.save(model, str(path))


def layer_weights(path: Path, layer: int) -> Arrays:
    """The weights of one layer (counted from 0) by their short names, such as "attention/self/query.weight" (inputs, outputs), as float32.

    int8 weights are turned back into numbers. Source of the shapes: BERT (Devlin et al., 2019).
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    found: Arrays = {}
    for node in graph.node:
        _, here, rest = node.name.partition(f"layer.{layer}/")
        if not here:
            continue
        kept = [name for name in node.input if name in stored]
        values = [numpy_helper.to_array(stored[name]).astype(np.float32) for name in kept]
        place = rest.rsplit("/", 1)[0]
        if node.op_type == "MatMulInteger":
            scale = numpy_helper.to_array(stored[kept[0].replace("_quantized", "_scale")])
            found[f"{place}.weight"] = (values[0] - values[1]) * scale
        elif node.op_type == "MatMul" and values:
            found[f"{place}.weight"] = values[0]
    for name, tensor in stored.items():
        _, here, rest = name.partition(f"layer.{layer}.")
        if here and (rest.endswith(".bias") or "LayerNorm" in rest):
            place, part = rest.rsplit(".", 1)
            found[f"{place.replace('.', '/')}.{part}"] = numpy_helper.to_array(tensor).astype(np.float32)
    return found
