"""Fixed replies: what a person reads in place of an answer, and the quiet line. Data only; no model and no text of the message goes in.

The texts are in ``replies/<locale>.toml``, the help lines in ``lines/<REGION>.toml``. A clinic adds a folder of its own with local
lines; it can add, never remove or replace.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from app.domain import Block, Item, Link, Outcome, Verdict
from app.errors import SettingsError
from app.guard.lines import ANYWHERE, LOCAL, Line, Region, load_regions, read_toml

REPLIES = Path(__file__).parent / "replies"
DEFAULT_LOCALE = "en"
_SHORT_FROM = 1
_MOST_LINES = 5


class Clinic(Protocol):
    """How to reach the clinic; ``app.settings.Clinic`` has these."""

    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def hours(self) -> str: ...


class Book:
    """All fixed texts and lines, checked when loaded."""

    def __init__(self, texts: dict[str, dict[str, Any]], regions: dict[str, Region]) -> None:
        self._texts = texts
        self._regions = regions

    @property
    def locales(self) -> tuple[str, ...]:
        """The languages that have a crisis reply."""
        return tuple(sorted(self._texts))

    @property
    def regions(self) -> tuple[Region, ...]:
        """Every region, the international one last."""
        return tuple(sorted(self._regions.values(), key=lambda region: (region.code == ANYWHERE, region.code)))

    def region(self, code: str | None) -> Region:
        """The region for a country code; the international one when it is unknown. Never guessed from a language."""
        wanted = (code or "").upper()
        for region in self._regions.values():
            if wanted == region.code or wanted in region.covers:
                return region
        return self._regions[ANYWHERE]

    def words(self, locale: str | None, part: str) -> dict[str, Any]:
        """The texts of a language, or English where the language has not got that part."""
        language = (locale or DEFAULT_LOCALE).replace("_", "-").split("-")[0].lower()
        texts = self._texts.get(language, self._texts[DEFAULT_LOCALE])
        return texts if part in texts else self._texts[DEFAULT_LOCALE]

    def signatures(self) -> tuple[str, ...]:
        """The first sentences of every crisis reply: an assistant turn that holds one was a crisis reply of ours."""
        leads = [kind["lead"] for texts in self._texts.values() for kind in texts["crisis"].values() if "lead" in kind]
        return tuple(dict.fromkeys(leads))

    # --- replies ------------------------------------------------------------------------------------------------------

    def reply(self, verdict: Verdict, region: str | None, locale: str | None, clinic: Clinic, earlier_blocks: int) -> tuple[Block, ...]:
        """The blocks that stand in for an answer. After the first crisis reply of a conversation a short form, in other words, is given."""
        if verdict.outcome is Outcome.CRISIS:
            return self._crisis(
                verdict.category, self.region(region), self.words(locale, "crisis"), clinic, short=earlier_blocks >= _SHORT_FROM
            )
        return self._advice(verdict.category, self.region(region), self.words(locale, "advice"), clinic)

    def quiet_line(self, region: str | None, locale: str | None, clinic: Clinic) -> Block:
        """One line that says where help is, for an answer on a sensitive topic."""
        here, texts = self.region(region), self.words(locale, "quiet")
        lines = [line for line in here.lines if "all" in line.kinds and line.group in ("", "eu_emotional")][:2]
        said = "; ".join(f"{line.name} ({_ways(line, texts['words'])})" for line in lines)
        template = texts["quiet"]["line_emergency" if here.emergency else "line"]
        links = tuple(link for line in lines for link in _links(line, texts["words"]))
        return Block("notice", template.format(lines=said, emergency=here.emergency, clinic=clinic.name), links=links)

    def _crisis(self, kind: str, here: Region, texts: dict[str, Any], clinic: Clinic, *, short: bool) -> tuple[Block, ...]:
        crisis, words = texts["crisis"], texts["words"]
        own = crisis.get(kind) or crisis.get("default") or crisis["suicide"]
        said = {**crisis["all"], **own, **(crisis["short"] if short else {})}
        now = Block("notice", said["now"].format(emergency=_emergency(here, words)), links=_emergency_links(here, words))
        lead = Block("paragraph", said["lead"])
        lines = self._lines_block(kind, here, texts)
        if short:
            return (lead, now, lines, Block("paragraph", f"{said['help']} {said['stay']}"))
        middle = tuple(Block("paragraph", said[key]) for key in ("extra",) if said.get(key))
        rest = (
            Block("paragraph", f"{said['help']} {said['police']}"),
            lines,
            Block("paragraph", said["people"]),
            _contact(said["contact"], clinic, words),
            Block("paragraph", f"{said['limits']} {said['stay']}"),
        )
        return (lead, now, *middle, *rest)

    def _lines_block(self, kind: str, here: Region, texts: dict[str, Any]) -> Block:
        words, groups = texts["words"], texts.get("groups", {})
        items = tuple(_item(line, words, groups) for line in _chosen(here.lines, kind))
        return Block("resources", "\n".join(item.text for item in items), items=items)

    def _advice(self, kind: str, here: Region, texts: dict[str, Any], clinic: Clinic) -> tuple[Block, ...]:
        advice, words = texts["advice"], texts["words"]
        said = {**advice["all"], **advice.get(kind, advice["treatment_decision"])}
        blocks = [Block("paragraph", said["lead"])]
        if "now" in said:
            blocks.append(Block("notice", said["now"].format(emergency=_emergency(here, words)), links=_emergency_links(here, words)))
        blocks.append(
            Block("paragraph", f"{said['limits']} {said['offer']}" if kind not in ("unreadable", "unavailable") else said["limits"])
        )
        blocks.append(_contact(said["contact"], clinic, words))
        if kind in ("unavailable", "unreadable"):
            blocks.append(self._lines_block("all", here, texts))
        return tuple(blocks)

    def protocol(self) -> dict[str, Any]:
        """What is published: outcomes, kinds, the lines of each region with the day each was verified, and the texts' versions."""
        return {
            "version": self._texts[DEFAULT_LOCALE]["version"],
            "reviewed_by": self._texts[DEFAULT_LOCALE].get("reviewed_by", ""),
            "outcomes": [outcome.value for outcome in Outcome],
            "kinds": {part: sorted(set(self._texts[DEFAULT_LOCALE][part]) - {"all", "short"}) for part in ("crisis", "advice")},
            "locales": list(self.locales),
            "regions": [
                {
                    "region": region.code,
                    "covers": list(region.covers),
                    "emergency": region.emergency,
                    "lines": [
                        {
                            "name": line.name,
                            "kinds": list(line.kinds),
                            "call": line.call,
                            "text": line.text,
                            "text_word": line.text_word,
                            "chat": line.chat,
                            "verified_on": line.verified_on.isoformat(),
                            "verified": line.verified,
                        }
                        for line in region.lines
                    ],
                }
                for region in self.regions
            ],
        }


def _chosen(lines: Iterable[Line], kind: str) -> list[Line]:
    """The lines for a kind: those made for it first, then those for everyone; special groups last."""
    fitting = [line for line in lines if kind in line.kinds or "all" in line.kinds]
    general = ("", "poison", "eu_child", "eu_emotional")
    ours = sorted((line for line in fitting if line.group != LOCAL), key=lambda line: (line.group not in general, "all" in line.kinds))
    return [*ours[:_MOST_LINES], *(line for line in fitting if line.group == LOCAL)]


def _emergency(here: Region, words: dict[str, str]) -> str:
    return here.emergency or words["emergency_plain"]


def _emergency_links(here: Region, words: dict[str, str]) -> tuple[Link, ...]:
    return (Link(words["call_label"].format(number=here.emergency), f"tel:{here.emergency}"),) if here.emergency else ()


def _item(line: Line, words: dict[str, str], groups: dict[str, str]) -> Item:
    group = f"{groups[line.group]}: " if line.group in groups and groups[line.group] != line.name else ""
    tail = words["free_always"] if line.free and line.always else words["free"] if line.free else words["always"] if line.always else ""
    return Item(f"{group}{line.name}: {_ways(line, words)}. {tail}".strip(), links=_links(line, words))


def _ways(line: Line, words: dict[str, str]) -> str:
    ways = []
    if line.call:
        style = "press" if line.press else "then" if line.then else "call"
        ways.append(words[style].format(number=line.call, key=line.press, second=line.then))
    if line.text:
        ways.append(words["text_word" if line.text_word else "text"].format(number=line.text, word=line.text_word))
    if line.chat:
        ways.append(words["directory" if line.directory else "chat"])
    return f" {words['or']} ".join((", ".join(ways[:-1]), ways[-1])) if len(ways) > 1 else ways[0]


def _links(line: Line, words: dict[str, str]) -> tuple[Link, ...]:
    links = []
    if line.call:
        links.append(Link(words["call_label"].format(number=line.call), f"tel:{_dial(line.call)}"))
    if line.text:
        body = f"?body={line.text_word}" if line.text_word else ""
        label = words["text_word_label" if line.text_word else "text_label"].format(number=line.text, word=line.text_word)
        links.append(Link(label, f"sms:{_dial(line.text)}{body}"))
    if line.chat:
        links.append(Link(words["directory_label" if line.directory else "chat_label"].format(name=line.name), line.chat))
    return tuple(links)


def _dial(number: str) -> str:
    return re.sub(r"[^\d+]", "", number)


def _contact(template: str, clinic: Clinic, words: dict[str, str]) -> Block:
    ways = []
    links = []
    if clinic.phone:
        ways.append(words["contact_phone"].format(phone=clinic.phone))
        links.append(Link(words["call_label"].format(number=clinic.phone), f"tel:{_dial(clinic.phone)}"))
    if clinic.email:
        ways.append(words["contact_email"].format(email=clinic.email))
        links.append(Link(clinic.email, f"mailto:{clinic.email}"))
    if clinic.url:
        links.append(Link(words["contact_page"], clinic.url))
    details = f" ({', '.join(ways)})" if ways else ""
    hours = f" {words['contact_hours'].format(hours=clinic.hours)}" if clinic.hours else ""
    return Block("contact", template.format(clinic=clinic.name, details=details) + hours, links=tuple(links))


# --- loading ----------------------------------------------------------------------------------------------------------


def load_book(own_lines: Path | None = None) -> Book:
    """Read all replies and lines; ``own_lines`` is a clinic's folder of further ``<REGION>.toml`` files.

    Raises ``SettingsError`` naming the file to mend.
    """
    texts = {path.stem: _texts(path) for path in sorted(REPLIES.glob("*.toml"))}
    return Book(texts, load_regions(own_lines))


def _texts(path: Path) -> dict[str, Any]:
    data = read_toml(path)
    for part, keys in {"words": ("call", "text", "chat", "or"), "crisis": ("all", "short")}.items():
        missing = [key for key in keys if key not in data.get(part, {})]
        if missing:
            raise SettingsError(f"The reply file {path.name} lacks {part}.{missing[0]}.")
    if not {"suicide", "default"} & set(data["crisis"]):
        raise SettingsError(f"The reply file {path.name} lacks crisis.default.")
    return data


@cache
def book() -> Book:
    """The shipped replies and lines, read once."""
    return load_book()


def reply(verdict: Verdict, region: str | None, locale: str | None, clinic: Clinic, earlier_blocks: int = 0) -> tuple[Block, ...]:
    """``Book.reply`` of the shipped book."""
    return book().reply(verdict, region, locale, clinic, earlier_blocks)


def quiet_line(region: str | None, locale: str | None, clinic: Clinic) -> Block:
    """``Book.quiet_line`` of the shipped book."""
    return book().quiet_line(region, locale, clinic)


def protocol() -> dict[str, Any]:
    """``Book.protocol`` of the shipped book."""
    return book().protocol()
