"""The messages that the classifier learns from: template families in ``messages/*/*.md``, written for this project, and their instances.

A file is Markdown: ``## label/kind/name`` opens a family (label: crisis, clinical, sensitive or harmless), each ``- line`` below is a
template. In a template ``[a|b|]`` is a choice (the empty one included) and ``{slot}`` a word list of ``slots.toml``. The folder is the
language.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from app.errors import SettingsError
from app.guard.training.styles import Styles, load_styles

FOLDER = Path(__file__).parent / "messages"
LABELS = ("crisis", "clinical", "sensitive", "harmless")
MOST_A_FAMILY = 16
LEAST_ROUNDS = {"en": 2}  # so that every English line is also read as typed in a hurry; other languages only lose marks
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_ROUND = re.compile(r"s\d(?!\d)")

Slots = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Family:
    """Templates that say one thing in one way: the unit that training and test never share."""

    id: str
    language: str
    label: str
    kind: str
    templates: tuple[str, ...]

    @property
    def round(self) -> str:
        """The round of writing that it comes from ("s4", "s7"; messages/README.md says how each was written), "" for the first ones."""
        found = _ROUND.match(self.id.rsplit("/", 1)[-1])
        return found.group() if found else ""


@dataclass(frozen=True, slots=True)
class Message:
    """One instance. ``styled`` names what was done to the plain text ("" for nothing).

    ``group`` is what is held out together: in English the whole family; in other languages, whose families gather all wordings of a
    kind, the template.
    """

    text: str
    family: Family
    group: str
    styled: str = ""


def load_families(folder: Path = FOLDER) -> list[Family]:
    """Every family, in a fixed order. Raises ``SettingsError`` naming the file and line to mend."""
    families = [family for path in sorted(folder.glob("*/*.md")) for family in families_of(path)]
    counts = Counter(family.id for family in families)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise SettingsError(f"Two families have the same name: {', '.join(twice)}.")
    return families


def families_of(path: Path) -> Iterator[Family]:
    language = path.parent.name
    heading: tuple[str, str, str] | None = None
    templates: list[str] = []
    for number, line in enumerate([*path.read_text("utf-8").splitlines(), "## end"], 1):
        if line.startswith("## "):
            if heading and not templates:
                raise SettingsError(f"{path.name}, line {number}: the family above has no messages.")
            if heading:
                yield Family(f"{language}/{'/'.join(heading)}", language, heading[0], heading[1], tuple(templates))
            parts = line[3:].strip().split("/")
            if line != "## end" and (len(parts) != 3 or parts[0] not in LABELS):
                raise SettingsError(f"{path.name}, line {number}: a family is named label/kind/name, label one of {', '.join(LABELS)}.")
            heading, templates = (None if line == "## end" else (parts[0], parts[1], parts[2])), []
        elif line.startswith("- "):
            templates.append(line[2:].strip())


def load_slots(folder: Path = FOLDER) -> dict[str, list[str]]:
    """The word lists that templates name."""
    slots: dict[str, list[str]] = tomllib.loads((folder / "slots.toml").read_text("utf-8"))
    return slots


def fill(template: str, slots: Slots, rng: Random) -> str:
    """One instance of a template. Raises ``SettingsError`` for an unknown slot."""
    text = template
    for _ in range(6):  # a slot's words may hold choices and slots themselves
        before = text
        text = _SLOT.sub(lambda match: rng.choice(_slot(match.group(1), slots)), text)
        text = _CHOICE.sub(lambda match: rng.choice(match.group(1).split("|")), text)
        if text == before:
            break
    return re.sub(r" +([,.?!])", r"\1", " ".join(text.split()))


def _slot(name: str, slots: Slots) -> Sequence[str]:
    try:
        return slots[name]
    except KeyError:
        raise SettingsError(f"slots.toml has no list called {name}.") from None


def expand(family: Family, slots: Slots, styles: Styles, most: int = MOST_A_FAMILY) -> list[Message]:
    """Instances of a family, each template as it stands first, then variants and styles; the same for the same data.

    About ``most`` at most, spread over the templates; but each English one also comes in a style.
    """
    rng = Random(family.id)  # noqa: S311 - repeatable variety, nothing secret
    found: dict[str, Message] = {}
    rounds = max(LEAST_ROUNDS.get(family.language, 1), min(5, most // len(family.templates)))
    for turn in range(rounds):
        for number, template in enumerate(family.templates):
            plain = fill(template, slots, rng)
            styled, name = (plain, "") if turn == 0 else styles.vary(plain, family.language, rng)
            group = family.id if family.language == "en" else f"{family.id}#{number}"
            found.setdefault(styled, Message(styled, family, group, name))
    return list(found.values())[: max(most, rounds * len(family.templates))]


def load_messages(folder: Path = FOLDER) -> list[Message]:
    """All instances of all families. A text that two families share is kept once, with the first."""
    slots, styles = load_slots(folder), load_styles(folder)
    seen: dict[str, Message] = {}
    for family in load_families(folder):
        for message in expand(family, slots, styles):
            seen.setdefault(message.text.casefold(), message)
    return list(seen.values())
