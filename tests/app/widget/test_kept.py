"""Builds that clinics have pinned: kept at each release, still served, and still able to talk with today's service."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.errors import SettingsError
from app.widget.files import DIST, Build, load_build, load_builds
from app.widget.keep import keep
from tests.app.web.fakes import DANGER, QUOTE
from tests.app.widget.conftest import ROOT, NewContext, box, say, watch
from tests.app.widget.fakes import QUESTION
from tests.app.widget.sites import Site


def released() -> set[str]:
    """Versions with a section of their own in the changelog."""
    return set(re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE))


def built(folder: Path, script: str) -> Path:
    (folder / "widget.js").write_text(script, "utf-8")
    (folder / "widget.css").write_text("a{}", "utf-8")
    return folder


def test_every_release_has_its_build_kept() -> None:
    missing = {version for version in released() if not all((DIST / "kept" / f"{version}{kind}").is_file() for kind in (".js", ".css"))}
    assert missing == set(), "run python -m app.widget.keep at the release"


def test_nothing_is_kept_for_a_version_that_was_not_released() -> None:
    """But for the one about to be: it is kept in the commit that gives the changelog its section."""
    coming = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert {path.stem for path in (DIST / "kept").glob("*")} <= released() | {coming}


def test_keeping_copies_both_files_under_the_version(tmp_path: Path) -> None:
    script = keep("1.2.0", built(tmp_path, "one"))
    assert script == tmp_path / "kept" / "1.2.0.js"
    assert keep("1.2.0", tmp_path) == script  # again, the same: nothing to say
    old = load_build(tmp_path)
    built(tmp_path, "two")
    assert load_builds(tmp_path)[old.version] == Build(b"one", b"a{}")


def test_what_was_released_is_never_replaced(tmp_path: Path) -> None:
    keep("1.2.0", built(tmp_path, "one"))
    with pytest.raises(SettingsError, match="another build"):
        keep("1.2.0", built(tmp_path, "two"))
    assert (tmp_path / "kept" / "1.2.0.js").read_text("utf-8") == "one"


@pytest.mark.parametrize("wrong", ["", "1.2", "../1.2.0", "1.2.0/x", "v1.2.0"])
def test_a_version_is_three_numbers(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SettingsError, match="version"):
        keep(wrong, built(tmp_path, "one"))


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("version", sorted(load_builds()))
def test_each_build_still_served_talks_with_todays_service(new_context: NewContext, clinic_site: Site, url: str, version: str) -> None:
    """An old widget against the new service (today's too): an answer with its source, a crisis, a thumb."""
    page = new_context().new_page()
    wrong = watch(page, url, clinic_site.url)
    page.goto(clinic_site.page("/pinned", f'<body><script src="{url}/widget/{version}/widget.js" defer></script>'))
    page.locator("rapport-chat .launcher").click()
    expect(box(page)).to_be_focused()
    say(page, QUESTION)
    expect(page.get_by_role("log").get_by_text(QUOTE)).to_be_visible()
    page.get_by_role("button", name="Source 2").click()
    expect(page.locator("blockquote")).to_have_text(QUOTE)
    page.get_by_role("button", name="This helped").click()
    expect(page.get_by_text("Only the count is kept.").first).to_be_visible()
    say(page, DANGER)
    expect(page.locator(".card")).to_be_focused()
    assert [text for text in wrong if "favicon" not in text and "404" not in text] == []
