from __future__ import annotations

from pathlib import Path

import pytest

from app.guard.training.wrong import main
from app.models.embed import OnnxEmbedder


def test_what_is_judged_wrongly_is_shown_with_its_label_and_what_was_said(
    embedder: OnnxEmbedder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "en" / "mine.md"
    file.parent.mkdir()
    mistaken = "## harmless/chat/mine\n- I want to kill myself tonight\n- what does a session cost\n"
    file.write_text(f"{mistaken}\n## crisis/suicide/mine\n- I want to kill myself\n", "utf-8")
    assert main([str(file), "--model", embedder.name]) == 0
    shown, total = capsys.readouterr().out.splitlines()
    assert shown.startswith("en/harmless/chat/mine: crisis/suicide by rules, danger ")
    assert shown.endswith(": I want to kill myself tonight")
    assert total == "crisis: 0 of 1 wrong, harmless: 1 of 2 wrong"
