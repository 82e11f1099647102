"""The last look at each composed sentence: no dose, diagnosis, method or promise, no address or number that its quote does not hold.

The words are in ``output.toml``. Numbers, phones too, are fine where they stand in the quote: whoever wrote the article has read them.
What the rules forbid is not, wherever it comes from; nor is an address of a host that we don't know, in the quote or not: a page that was
got at may hold any. Known are the hosts of the help lines (``lines/*.toml``); who calls may know more, such as the clinic's own.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import re2

from app.errors import SettingsError
from app.guard.fold import canonical, fold
from app.guard.lexicon import Lexicon, load_lexicon
from app.guard.rules import FOLDER, expand

FILE = Path(__file__).parent / "output.toml"
LINES = Path(__file__).parent / "lines"
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|info|io|co|uk|app|gov|edu|me|ly|ai|dev|de|fr|au|ca|ie|in|nz|eu|us|biz|xyz)\b(?:/\S*)?",
    re.IGNORECASE,
)
_PHONE = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){4,}")
_HOST = re.compile(r"^(?:https?://)?(?:[^/@\s]*@)?(?:www\.)?([^/:?#\s]+)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class OutputRule:
    """One thing that is never said, with its examples."""

    id: str
    pattern: re2._Regexp[str]
    must_match: tuple[str, ...]
    must_not_match: tuple[str, ...]


class OutputCheck:
    """All output rules, compiled."""

    def __init__(
        self, rules: tuple[OutputRule, ...], harmless: re2._Regexp[str], lexicon: Lexicon, hosts: frozenset[str] = frozenset()
    ) -> None:
        self.rules = rules
        self.hosts = hosts
        self._harmless = harmless
        self._lexicon = lexicon

    def allows(self, sentence: str, quote: str | None = None) -> bool:
        """True when the sentence may be shown. ``quote`` is the passage it rests on; a verbatim sentence is its own quote."""
        return self.fault(sentence, quote) is None

    def fault(self, sentence: str, quote: str | None = None) -> str | None:
        """What is wrong with the sentence: a rule's id, "address", "phone" or "number"; None when nothing is."""
        readings = list(self._lexicon.plain(canonical(sentence)))
        for rule in self.rules:
            if any(not self._harmless.search(text[: match.end()]) for text in readings for match in rule.pattern.finditer(text)):
                return rule.id
        if any(not _known(host_of(match), self.hosts) for match in _ADDRESS.findall(fold(sentence))):
            return "address"
        return None if quote is None and not _holds_address(sentence) else _foreign(sentence, quote or "")


def host_of(address: str) -> str:
    """The host of a link, an e-mail address or a bare host, in lower case without "www."; "" for what has none."""
    found = _HOST.match(address.strip().rstrip(".,;:!?)"))
    return found[1].lower() if found else ""


def _known(host: str, hosts: frozenset[str]) -> bool:
    """Whether a host is one of ``hosts`` or below one."""
    parts = host.split(".")
    return any(".".join(parts[place:]) in hosts for place in range(len(parts)))


def _holds_address(sentence: str) -> bool:
    return bool(_ADDRESS.search(sentence) or _PHONE.search(sentence))


def _foreign(sentence: str, quote: str) -> str | None:
    said, source = fold(sentence), fold(quote)
    if any(match.rstrip(".,;:!?)") not in source for match in _ADDRESS.findall(said)):
        return "address"
    digits = re.sub(r"\D", "", source)
    if any(re.sub(r"\D", "", match) not in digits for match in _PHONE.findall(said)):
        return "phone"
    known = set(_NUMBER.findall(source))
    return "number" if any(number not in known for number in _NUMBER.findall(said)) else None


def load_output(path: Path = FILE) -> OutputCheck:
    """Read the rules. Raises ``SettingsError`` naming the rule to mend."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        macros = tomllib.loads((FOLDER / "macros.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The guard's file {path.name} can't be read: {error}.") from None
    rules = []
    for item in data.get("rule", ()):
        name = f"{path.name}: {item.get('id', 'a rule without id')}"
        if not (item.get("id") and item.get("patterns") and item.get("must_match") and item.get("must_not_match")):
            raise SettingsError(f"{name} lacks its id, patterns or examples.")
        rules.append(
            OutputRule(item["id"], _compile(name, item["patterns"], macros), tuple(item["must_match"]), tuple(item["must_not_match"]))
        )
    return OutputCheck(tuple(rules), _compile(path.name, data.get("harmless", ["$^"]), macros), load_lexicon(), _hosts_of_lines())


def _hosts_of_lines() -> frozenset[str]:
    """The hosts that the help lines name."""
    texts = [path.read_text(encoding="utf-8") for path in LINES.glob("*.toml")]
    return frozenset(host_of(match) for text in texts for match in re.findall(r"https?://[^\s\"']+", text))


def _compile(name: str, patterns: list[str], macros: dict[str, str]) -> re2._Regexp[str]:
    whole = "|".join(f"(?:{expand(name, pattern, macros)})" for pattern in patterns)
    try:
        return re2.compile(f"(?:^| )(?:{whole})(?: |$)")
    except re2.error as error:
        raise SettingsError(f"{name} has a pattern that is no regular expression: {error}.") from None
