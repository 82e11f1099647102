"""The committed build is what the sources make, small, typed; its data agree with the rest of the product."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from app.errors import SettingsError
from app.widget.files import DIST, FOLDER, STRINGS, differences, load_build, load_builds, load_words
from tests.app.widget.conftest import ROOT

GZIP_BYTES = 15_000
LINES = ROOT / "app" / "guard" / "lines"


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_the_committed_build_is_what_the_sources_make(tools: Path, tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node
    subprocess.run([node, str(FOLDER / "build.mjs"), str(tmp_path / "widget.js")], cwd=ROOT, check=True, timeout=60)
    for name in ("widget.js", "widget.css"):
        assert (tmp_path / name).read_bytes() == (DIST / name).read_bytes(), f"{name}: run npm run build and commit"


def test_the_modules_are_typed(tools: Path) -> None:
    checked = subprocess.run([str(tools / "tsc"), "-p", str(FOLDER)], check=False, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert checked.stdout == ""
    assert checked.returncode == 0


def test_the_widget_weighs_at_most_15_kilobytes_with_everything_in_it() -> None:
    assert len(gzip.compress((DIST / "widget.js").read_bytes(), 9)) <= GZIP_BYTES


def test_the_script_asks_to_be_compiled_off_the_main_thread() -> None:
    """Chromium heeds this at the very start only."""
    assert (DIST / "widget.js").read_text("utf-8").startswith("//# allFunctionsCalledOnLoad\n")


def test_nothing_in_the_bundle_makes_markup_or_code_from_text_or_stores_anything() -> None:
    script = (DIST / "widget.js").read_text("utf-8")
    forbidden = r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|localStorage|sessionStorage|indexedDB|\.cookie"
    assert not re.search(forbidden, script)
    hosts = set(re.findall(r"https?://([\w.-]+)", script))
    assert hosts == {"www.w3.org", "www.wikipedia.org", "findahelpline.com"}  # a namespace, where leaving leads, the directory to tap


def test_the_lock_file_names_no_registry_and_the_tools_are_pinned() -> None:
    assert "://" not in re.sub(r'"(url|homepage)": "[^"]*"', "", (ROOT / "package-lock.json").read_text("utf-8"))
    pins = read(ROOT / "package.json")["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", pin) for pin in pins.values())


# --- data -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(STRINGS.glob("*.json")), ids=lambda path: path.stem)
def test_every_language_has_the_same_words_with_the_same_blanks(path: Path) -> None:
    english, words = read(STRINGS / "en.json"), read(path)
    assert differences(english, words) == []
    for key, text in english.items():
        if isinstance(text, str):
            assert sorted(re.findall(r"{\w+}", words[key])) == sorted(re.findall(r"{\w+}", text)), key
        else:
            assert len(words[key]) == len(text), key


def test_every_number_of_the_help_card_stands_in_the_guards_lines() -> None:
    own = read(FOLDER / "lines.json")
    for code, region in own["regions"].items():
        guard = tomllib.loads((LINES / f"{code}.toml").read_text("utf-8"))
        assert region["emergency"] == guard["emergency"], code
        known = {(line["name"], line.get("call", ""), line.get("text", ""), line.get("text_word", "")) for line in guard["line"]}
        for name, call, text, word in region["lines"]:
            assert (name, call, text, word) in known, (code, name)
    assert {path.stem for path in LINES.glob("*.toml")} - {"INT"} == set(own["regions"])
    directory = tomllib.loads((LINES / "INT.toml").read_text("utf-8"))["line"][0]["chat"]
    assert own["directory"] == directory


def test_the_phrases_of_danger_are_many_languages_and_short() -> None:
    phrases = read(FOLDER / "danger.json")
    assert {"en", "es", "fr", "de", "pt", "it", "pl", "ru", "tr", "ar", "hi", "zh", "ja", "ko"} <= set(phrases)
    for language, listed in phrases.items():
        if language != "about":
            assert len(listed) == len(set(listed))
            assert all(2 <= len(phrase) <= 30 and "|" not in phrase and phrase == phrase.lower() for phrase in listed), language


def folded(text: str) -> str:
    """``fold.js`` once more."""
    plain = re.sub("[\u0300-\u036f\u064b-\u065f'’‘`]", "", unicodedata.normalize("NFD", text.lower()))
    return "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in plain).strip()


def test_the_bundle_holds_every_phrase_of_danger_once() -> None:
    listed = [folded(phrase) for language, phrases in read(FOLDER / "danger.json").items() if language != "about" for phrase in phrases]
    bundled = re.findall(r'"((?:[^"|]+\|){50,}[^"|]+)"', (DIST / "widget.js").read_text("utf-8"))
    assert len(bundled) == 1
    found = [folded(phrase) for phrase in bundled[0].split("|")]
    assert set(found) == set(listed)
    assert len(found) == len(set(found))


def test_the_colours_that_are_not_looked_at_again_are_our_own() -> None:
    css = (FOLDER / "widget.css").read_text("utf-8")
    own = {
        "".join(re.findall(rf"--{name}: var\([\w-]+, (#\w{{6}})\)", part)[0] for name in "pia")
        for part in (css, css[css.index(".dark {") :])
    }
    assert own == set(re.findall(r"(?:#[\da-f]{6}){3}", (FOLDER / "src" / "theme.js").read_text("utf-8")))


def test_the_default_colours_can_be_read() -> None:
    css = (FOLDER / "widget.css").read_text("utf-8")
    for start, on in ((".root {", "#ffffff"), (".root.dark {", "#0f2523")):
        part = css[css.index("\n" + start) :]
        part = part[: part.index("\n}")]
        paper, ink, accent = (re.findall(rf"--{name}: var\([\w-]+, (#\w{{6}})\)", part)[0] for name in "pia")
        alert, edge, alert_ink = (re.findall(rf"--{name}: (#\w{{6}})", part)[0] for name in ("alert", "edge", "alert-ink"))
        for one, other in (
            (ink, paper),
            (accent, paper),
            (on, accent),
            (alert_ink, alert),
            (alert, edge),
            (mixed(ink, paper, 0.74), paper),
        ):
            assert contrast(one, other) >= 4.5, (start, one, other)


def mixed(one: str, other: str, share: float) -> str:
    return "#" + "".join(f"{round(int(one[i : i + 2], 16) * share + int(other[i : i + 2], 16) * (1 - share)):02x}" for i in (1, 3, 5))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# --- files.py ---------------------------------------------------------------------------------------------------------


def test_a_kept_build_can_still_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    for name, text in {"widget.js": "new", "widget.css": "", "kept/0.1.0.js": "old", "kept/0.1.0.css": ""}.items():
        (tmp_path / name).write_text(text, "utf-8")
    builds = load_builds(tmp_path)
    assert [build.script for build in builds.values()] == [b"new", b"old"]
    assert all(version == build.version for version, build in builds.items())


def test_a_missing_build_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="npm run build"):
        load_build(tmp_path)


def test_words_of_other_languages_are_checked(tmp_path: Path) -> None:
    english = {"title": "a", "starters": ["b"], "reasons": {"x": "c"}}
    (tmp_path / "en.json").write_text(json.dumps(english), "utf-8")
    french = tmp_path / "fr.json"
    french.write_text(json.dumps({**english, "title": "le"}), "utf-8")
    assert load_words(tmp_path)["fr"]["title"] == "le"
    for wrong in ({**english, "title": 3}, {"title": "a"}, {**english, "more": ""}, {**english, "reasons": {"y": "c"}}):
        french.write_text(json.dumps(wrong), "utf-8")
        with pytest.raises(SettingsError, match=r"strings/fr\.json"):
            load_words(tmp_path)
    for text in ("[]", "{"):
        french.write_text(text, "utf-8")
        with pytest.raises(SettingsError, match=r"fr\.json"):
            load_words(tmp_path)
