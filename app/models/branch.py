"""A second top for an embedding model: token states from midway in, a row of scores a text out. ONNX Runtime only.

Made by ``app.guard.training.branch`` for the guard; this module knows nothing of what the scores mean.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import ModelError
from app.models.runtime import session


class Branch:
    """An ONNX graph with the inputs ``states`` (n, tokens, width) and ``mask`` (n, tokens), and the output ``scores`` (n, width of it)."""

    def __init__(self, file: Path, threads: int) -> None:
        """Raises ``ModelError`` when the file can't be opened."""
        try:
            self._session = session(file, threads)
            self.width = int(self._session.get_outputs()[0].shape[1])
        except Exception as error:  # the library raises its own bare Exception types for a bad file
            raise ModelError(f"The second top {file.name} can't be opened ({type(error).__name__}).") from error

    def scores(self, states: NDArray[np.float32], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, width) scores."""
        rows: NDArray[np.float32] = self._session.run(None, {"states": states, "mask": mask})[0]
        return rows
