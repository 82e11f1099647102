"""Help lines as data: one file a region in ``lines/``, each number with the day it was last verified."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from app.errors import SettingsError

LINES = Path(__file__).parent / "lines"
ANYWHERE = "INT"
LOCAL = "local"  # the group of lines that a clinic has added


@dataclass(frozen=True, slots=True)
class Line:
    """One help line. ``kinds`` are the kinds of crisis it is for ("all": every one); numbers are as people write them."""

    id: str
    name: str
    kinds: tuple[str, ...]
    verified_on: date
    verified: str
    call: str = ""
    press: str = ""
    then: str = ""
    text: str = ""
    text_word: str = ""
    chat: str = ""
    group: str = ""
    free: bool = False
    always: bool = False
    directory: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """A country or area: its emergency number ("" when not known) and its lines, most general first."""

    code: str
    emergency: str
    lines: tuple[Line, ...]
    covers: tuple[str, ...] = ()


def load_regions(own: Path | None = None, folder: Path = LINES) -> dict[str, Region]:
    """Every region by its code. ``own`` is a clinic's folder of further ``<REGION>.toml`` files, which add lines and never replace any.

    Raises ``SettingsError`` naming the file to mend.
    """
    regions = {path.stem: _region(path) for path in sorted(folder.glob("*.toml"))}
    for path in sorted(own.glob("*.toml")) if own else ():
        added = _region(path)
        local = tuple(replace(line, group=LOCAL) for line in added.lines)
        ours = regions.get(added.code, replace(added, lines=()))
        regions[added.code] = replace(ours, lines=(*ours.lines, *local))
    return regions


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file of the guard. Raises ``SettingsError`` naming it when it can't be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The guard's file {path.name} can't be read: {error}.") from None


def _region(path: Path) -> Region:
    data = read_toml(path)
    if not data.get("region") or "emergency" not in data:
        raise SettingsError(f"The file of lines {path.name} needs a region and an emergency number.")
    return Region(
        data["region"], data["emergency"], tuple(_line(path, item) for item in data.get("line", ())), tuple(data.get("covers", ()))
    )


def _line(path: Path, item: dict[str, Any]) -> Line:
    name = f"{path.name}: {item.get('id', 'a line without id')}"
    if not (item.get("call") or item.get("text") or item.get("chat")):
        raise SettingsError(f"{name} has no number, no text and no chat.")
    if item.get("chat") and not item["chat"].startswith("https://"):
        raise SettingsError(f"{name} has a chat address that does not start with https://.")
    try:
        return Line(**{**item, "kinds": tuple(item.get("kinds", ()))})
    except TypeError:
        raise SettingsError(f"{name} lacks a field or has one that is not known; compare with US.toml.") from None
