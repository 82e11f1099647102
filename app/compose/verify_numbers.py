"""Numbers in a text: as figures or words, what they count and how often."""

from __future__ import annotations

import re
from fractions import Fraction

from app.compose.verify_types import Number, Token
from app.compose.verify_words import WordLists, stem

_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
_COUNTED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_TENS = {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
SMALL = {word: number for number, word in enumerate(_COUNTED.split())} | _TENS | {"hundred": 100, "thousand": 1000, "dozen": 12}
_PARTS = {"1/2": "half halve halves halved", "1/3": "third thirds", "1/4": "quarter quarters", "1/5": "fifth", "1/10": "tenth"}
_SHARES = {word: share for share, forms in _PARTS.items() for word in forms.split()}
_MANY = {"1x": "once", "2x": "twice double doubles doubled", "3x": "triple triples thrice"}
_TIMES = {word: times for times, forms in _MANY.items() for word in forms.split()}
_VAGUE_ORDER = frozenset(["last", "first", "next"])
SPANS_OF_TIME = frozenset(stem(word) for word in ("second", "minute", "hour", "day", "week", "month", "year"))
_UNIT_OF = {"day": "daily", "week": "weekly", "month": "monthly", "year": "yearly annual annually", "hour": "hourly", "night": "nightly"}
_OFTEN = {word: unit for unit, forms in _UNIT_OF.items() for word in forms.split()}


def numbers(kept: list[Token], lists: WordLists) -> list[Number]:
    """Numbers as figures or words, with the unit that comes within the next few words (across "to", "or", "and" and other numbers)."""
    found = []
    for at, token in enumerate(kept):
        often = _often(kept, at)
        if often:
            found.append(Number("1x", "", often, ()))
        value = _value(kept, at)
        if not value:
            continue
        after = [kept[later] for later in range(at + 1, min(at + 7, len(kept))) if kept[later].sentence == token.sentence]
        before = kept[at - 1].text if at else ""
        unit = before if before in ("dollar", "pound", "euro") else ""
        if before == "or" and at > 2 and (kept[at - 3].text in ("a", "an") or kept[at - 3].text in _VAGUE_ORDER):
            unit = _unit(kept[at - 2], lists)  # "an hour or two"
            found.append(Number("1", unit, "", ()))
        rate = ""
        for place, word in enumerate(after):
            named = _unit(word, lists)
            if named and place and after[place - 1].text in ("a", "an", "per", "each", "every") and word.stem not in ("session", "time"):
                if place > 1 and after[place - 2].text in _TIMES:
                    break  # "16 sessions, once a week": the rate is of "once"
                rate = rate or named
            elif named and not unit and not rate:
                unit = named
        telling = [word.stem for word in after if word.stem not in lists.plain and not _value_of(word.text) and word.clause == token.clause]
        found.append(Number(value, unit, rate, tuple(telling[:3])))
    return found


def is_share(kept: list[Token], start: int, end: int) -> bool:
    """ "One in five", "40 percent", "half of": a part of all, said as a number."""
    for at in range(start, end - 1):
        if _value_of(kept[at].text) and (
            kept[at + 1].text in ("percent", "of") or (kept[at + 1].text == "in" and at + 2 < end and _value_of(kept[at + 2].text))
        ):
            return True
    return False


def _often(kept: list[Token], at: int) -> str:
    """The unit of "weekly", "every week", "each week" and "once a week"; "" for what is no such word."""
    text, before = kept[at].text, kept[at - 1].text if at else ""
    if text in _OFTEN:
        return stem(_OFTEN[text])
    once = at > 1 and kept[at - 2].text == "once" and before in ("a", "per")
    every = before in ("every", "each") and not (at > 2 and kept[at - 2].text in _TIMES)
    return kept[at].stem if (once or every) and kept[at].stem in SPANS_OF_TIME else ""


def _unit(word: Token, lists: WordLists) -> str:
    return word.stem if word.stem in lists.units and word.text not in _OFTEN else ""


def _value(kept: list[Token], at: int) -> str:
    text = kept[at].text
    follows = kept[at + 1].text if at + 1 < len(kept) else ""
    if text in ("few", "several", "couple") and stem(follows) in SPANS_OF_TIME:
        return "few"
    before = kept[at - 1].text if at else ""
    if text in ("one", "ones"):  # "one of", "no one", "one way" count nothing; "one in five", "one session" do
        second = kept[at + 2].text if at + 2 < len(kept) else ""
        return "1" if follows in ("in", "to", "or") and second != "one" and _value_of(second) and before != "to" else ""
    if text in ("second", "third", "quarter", "fifth", "tenth", "half") and text != "half" and before not in ("a", "one", "two", "three"):
        return ""
    if before == "the" and text in ("two", "three") and follows in ("are", "can", "may", "were", "have", "often", "do"):
        return ""  # "the two can be combined"
    if text == "once":
        return ""  # "once a week": read at "week"
    if before in SMALL and SMALL[before] >= 20 and text in SMALL and SMALL[text] < 10:
        return ""  # "twenty five": read at "twenty"
    if text in SMALL and 20 <= SMALL[text] < 100 and follows in SMALL and 0 < SMALL[follows] < 10:
        return str(SMALL[text] + SMALL[follows])
    return _value_of(text)


def _value_of(text: str) -> str:
    if _NUMERAL.fullmatch(text):
        digits = text.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+", text) else text.replace(",", ".")
        try:
            return str(Fraction(digits))
        except ValueError:  # "1.2.3", or a figure of another script
            return digits
    if text in SMALL:
        return str(SMALL[text])
    return _SHARES.get(text, "") or _TIMES.get(text, "")
