from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import SettingsError
from app.guard.figures import load_figures


def test_the_shipped_figures_say_what_was_measured_and_hold_counts() -> None:
    figures = load_figures()
    assert figures["measured_on"]
    assert figures["command"].startswith("python -m ")
    assert {"crisis", "clinical", "harmless", "sensitive"} <= {row["label"] for row in figures["rows"]}
    assert all(0 <= row["guard"]["hits"] <= row["guard"]["of"] for row in (*figures["rows"], *figures["strangers"]["rows"]))


@pytest.mark.parametrize("text", ["", "[]", '{"rows": [{}]}', '{"rows": []}'])
def test_a_file_that_is_none_says_what_to_run(tmp_path: Path, text: str) -> None:
    path = tmp_path / "figures.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match="evaluate"):
        load_figures(path)
