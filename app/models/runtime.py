"""ONNX Runtime, set up the same way everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def session(file: Path, threads: int) -> Any:
    """An ONNX Runtime session on the CPU. Raises the library's own errors."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # A spinning pool wins half a millisecond on an idle machine and loses seconds beside a busy neighbour.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
