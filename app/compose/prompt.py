"""Prompts are Markdown files in ``prompts/``: what the model is told, a line ``---``, what it is given. Their hash is in the receipt."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.errors import SettingsError

FOLDER = Path(__file__).with_name("prompts")
_SLOT = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. ``digest`` is the start of the file's SHA-256."""

    system: str
    user: str
    digest: str

    def fill(self, **values: str) -> tuple[str, str]:
        """System and user text with the slots filled, in one pass: a value that holds ``{question}`` stays as it is."""
        return tuple(_SLOT.sub(lambda slot: values[slot[1]], part) for part in (self.system, self.user))  # type: ignore[return-value]  # two in, two out


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt ``prompts/<name>.md``. Raises ``SettingsError`` when it is not in its form."""
    data = (FOLDER / f"{name}.md").read_bytes()
    system, rule, user = data.decode("utf-8").partition("\n---\n")
    if not rule or not system.strip() or not user.strip():
        raise SettingsError(f"prompts/{name}.md needs two parts with a line --- between them.")
    return Prompt(system.strip(), user.strip(), hashlib.sha256(data).hexdigest()[:12])


def new_fence() -> str:
    """A code that nobody who wrote an article or a message could know."""
    return secrets.token_hex(8)
