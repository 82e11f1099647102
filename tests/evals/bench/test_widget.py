"""The widget benchmark on a small package of our own: what it serves, what it counts, what it says."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from app.errors import SettingsError
from evals.bench import widget, widget_site

SCRIPT = b"for (let end = performance.now() + 120; performance.now() < end; ); fetch('/late', { method: 'POST' }); //" + b"x" * 100
PAGE = '<script src="{at}/dist/a.js"></script><p id="chat">Chat</p><img src="https://elsewhere.example/a.png" alt="">'


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with tarfile.open(tmp_path / "some-chat-1.0.0.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("package/dist/a.js")
        member.size = len(SCRIPT)
        archive.addfile(member, io.BytesIO(SCRIPT))
    digest = hashlib.sha256((tmp_path / "some-chat-1.0.0.tgz").read_bytes()).hexdigest()
    entry = {
        "name": "Slow",
        "package": "@some/chat",
        "version": "1.0.0",
        "sha256": digest,
        "shown": ["#chat"],
        "in_sight": True,
        "page": PAGE,
    }
    listed: dict[str, list[dict[str, Any]]] = {"widget": [entry], "missing": [{"name": "Other", "why": "not on npm", "gzip": 12345}]}
    monkeypatch.setattr(widget_site, "listed", lambda: listed)
    monkeypatch.setattr(widget, "listed", lambda: listed)
    return tmp_path


@pytest.mark.browser
@pytest.mark.slow
def test_costs_are_those_of_the_widget_alone(packages: Path) -> None:
    results = widget.run(packages, 1, lambda *_: None)
    ours, slow = results["widgets"]["Rapport"], results["widgets"]["Slow"]
    assert ours["requests"] == 1
    assert results["widgets"]["Rapport, no launcher"]["requests"] == 1
    assert results["widgets"]["Rapport, no launcher, in sight"]["requests"] == 2  # it asks for the configuration at once
    assert "Slow, in sight" in results["widgets"]
    assert 14_000 < ours["bytes"] < 15_500
    assert ours["shown_ms"] > 0
    assert (ours["elsewhere"], ours["shift"]) == (0, 0)
    assert (slow["requests"], slow["elsewhere"]) == (2, 1)
    assert slow["bytes"] < 500
    assert slow["script_ms"] > ours["script_ms"]
    assert slow["long_tasks"] >= 1
    assert slow["blocking_ms"] > 20
    table = widget.describe(results)
    assert "| Slow |" in table
    assert "| Other | 12,345 | not measured: not on npm" in table


def test_a_package_that_is_missing_or_changed_is_named(packages: Path) -> None:
    archive = packages / "some-chat-1.0.0.tgz"
    archive.write_bytes(archive.read_bytes() + b"!")
    with pytest.raises(SettingsError, match="is not the file"), widget_site.host(packages):
        pass
    archive.unlink()
    with pytest.raises(SettingsError, match="--fetch"), widget_site.host(packages):
        pass


def test_every_widget_of_the_list_is_pinned_or_has_its_measured_size() -> None:
    listed = widget_site.listed()
    assert len(listed["widget"]) + len(listed["missing"]) == 12  # the rows of the survey
    for entry in listed["widget"]:
        assert len(entry["sha256"]) == 64
        assert "{at}" in entry["page"]
        assert "://" not in entry["page"]
    assert all(entry["gzip"] > 0 and entry["why"] for entry in listed["missing"])
