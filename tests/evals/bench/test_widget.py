"""The widget benchmark on a small package of our own: what it serves, what it counts, what it says."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
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
    empty = results["widgets"][widget_site.EMPTY]
    assert (empty["requests"], empty["elsewhere"], empty["own_ms"], empty["shown_ms"]) == (1, 0, 0, 0)
    assert empty["bytes"] < 400
    table = widget.describe(results)
    assert "| Slow |" in table
    assert len({row.count("|") for row in table.splitlines()[2:]}) == 1
    assert "| Other | 12,345 | not measured: not on npm" in table


@pytest.mark.browser
@pytest.mark.slow
def test_our_own_pages_need_no_packages() -> None:
    said = CliRunner().invoke(cli, ["bench", "widget", "--ours", "--loads", "1", "--json"])
    assert said.exit_code == 0
    results = json.loads(said.stdout)
    assert list(results["widgets"]) == [widget_site.EMPTY, "Rapport", "Rapport, no launcher", "Rapport, no launcher, in sight"]
    assert results["missing"] == []


def test_a_round_is_told_by_its_own_bare_page_and_its_own_empty_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page once a round, not always in the same order."""
    seen: list[str] = []
    whole = {widget_site.BARE: 100.0, widget_site.EMPTY: 102.0, "Rapport": 107.0}

    def load(browser: object, site: widget_site.Host, loaded: widget_site.Loaded) -> widget.Row:
        seen.append(loaded.name)
        drift = (len(seen) - 1) // len(site.pages) * 50.0  # the machine grows slower from round to round
        return dict.fromkeys(widget.FIGURES, 0.0) | {"task_ms": whole.get(loaded.name, 110.0) + drift}

    monkeypatch.setattr(widget, "_load", load)
    monkeypatch.setattr(widget, "_chromium", lambda: nullcontext(SimpleNamespace(version="1")))
    results = widget.run(None, 3, lambda *_: None)
    ours = results["widgets"]["Rapport"]
    assert (ours["task_ms"], ours["own_ms"], ours["task_ms_most"]) == (7, 5, 7)
    assert results["widgets"][widget_site.EMPTY]["task_ms"] == 2
    orders = [tuple(seen[at : at + 5]) for at in range(0, 20, 5)]
    assert len({frozenset(order) for order in orders}) == 1
    assert len(set(orders)) > 1


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
