"""Characters that are not seen and are there in numbers that no writer makes."""

from __future__ import annotations

import re

from app.errors import SourceError

_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f")
_TAGS = re.compile("[\U000e0000-\U000e007f]{2,}")
_RUN = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u180e\u034f\u00ad\ufe00-\ufe0f]{12,}")
_SELECTORS = re.compile("[\U000e0100-\U000e01ef]{4,}")
_OVERRIDE = re.compile("[\u202d\u202e][^\u202c\n]{4,}")


def refuse_unseen(text: str) -> None:
    """Raise ``SourceError`` "hidden_text" for tag characters, long runs of zero-width ones, or text turned around by direction marks."""
    rest = _FLAG.sub("", text)
    if any(pattern.search(rest) for pattern in (_TAGS, _RUN, _SELECTORS, _OVERRIDE)):
        raise SourceError("It holds text in characters that are not seen.", code="hidden_text")
