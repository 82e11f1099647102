"""The guard's measured figures, as ``app.guard.training.evaluate`` wrote them, for the published protocol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.errors import SettingsError

FILE = Path(__file__).with_name("figures.json")


def load_figures(path: Path = FILE) -> dict[str, Any]:
    """The figures: what was measured, when, by which command, and a row for each label, kind and language; the same
    of messages by other hands under "strangers".

    Raises ``SettingsError`` when the file is not what the evaluation writes.
    """
    try:
        figures: dict[str, Any] = json.loads(path.read_text("utf-8"))
        for row in (*figures["rows"], *figures["strangers"]["rows"]):
            _ = row["label"], row["kind"], row["language"], row["measure"], row["guard"]["hits"], row["guard"]["of"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path.name} can't be used ({type(error).__name__}). Run: python -m app.guard.training.evaluate") from None
    return figures
