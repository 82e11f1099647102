"""``python -m app.widget.keep``: at a release, keeps the widget's build, so that the address and hash that clinics pinned go on working."""

from __future__ import annotations

import re
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

from app.errors import SettingsError
from app.widget.files import DIST, load_build

RELEASE = re.compile(r"\d+\.\d+\.\d+")


def keep(release: str, dist: Path = DIST) -> Path:
    """Copy the build to ``kept/<release>.js`` and ``.css``; returns the script's path.

    Raises ``SettingsError`` when ``release`` is no version, when the build is missing, or when other files were kept for that release:
    what was published never changes.
    """
    if not RELEASE.fullmatch(release):
        raise SettingsError("A release is kept under its version, such as 1.2.0.")
    build, script = load_build(dist), dist / "kept" / f"{release}.js"
    if script.exists() and script.read_bytes() != build.script:
        raise SettingsError(f"{release} was released with another build. Give the new one a version of its own.")
    script.parent.mkdir(exist_ok=True)
    shutil.copyfile(dist / "widget.js", script)
    shutil.copyfile(dist / "widget.css", script.with_suffix(".css"))
    return script


if __name__ == "__main__":
    try:
        sys.stdout.write(f"Kept {keep(version('rapport')).name}.\n")
    except SettingsError as error:
        sys.exit(str(error))
