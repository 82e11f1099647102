"""What a clinic pastes into its site to have the chat there."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import urlsplit

from app.errors import SettingsError
from app.widget.files import load_build

NOSCRIPT = (
    "The chat needs JavaScript. You can read the articles at {articles}. "
    "If you or someone else may be in danger now, call your local emergency number, or find a help line at {directory}."
)
DIRECTORY = "https://findahelpline.com/"
ATTRIBUTES = ("title", "greeting", "label", "position", "accent", "scheme", "region", "locale", "dir", "exit", "launcher")

# A chat in the page is 38em of the reader's own size high; without this, what stands below it moves when it comes. Attributes of a picture
# need no line in a policy, as a style attribute would; the element shows nothing of it once it is there.
ROOM = '<svg width="100%" height="38em" display="block" font-size="medium" font-family="serif" aria-hidden="true"></svg>'
INLINE = """

<!-- And this where the chat should stand. The empty picture keeps its place until it is there, so that your page doesn't jump. -->
<rapport-chat>{noscript}{room}</rapport-chat>
<!-- If your styles size every svg, or you give the chat another height, leave the svg out and put this into your style sheet: -->
<!--   @media (scripting: enabled) {{ rapport-chat {{ display: block; min-height: 38em; font: medium serif; }} }} -->"""

PAGE = """\
<!-- Rapport, pinned: this address and hash always give the same script. Paste before </body>. -->
{pinned}{after}

<!-- Or, to get new versions by themselves (within five minutes of an update), use this tag instead: -->
<!-- {plain} -->

<!-- If your site sends a Content-Security-Policy, add to it: -->
<!--   script-src {origin} -->
<!--   connect-src {origin} -->
<!-- And, for readers whose browser is from before 2023 (it fetches the style sheet as a file): -->
<!--   style-src {origin} -->

<!-- And let the service know your site: ALLOWED_ORIGINS='["https://your-site.example"]' -->
"""


def snippet(base_url: str, attributes: Mapping[str, str] | None = None) -> str:
    """HTML to paste: the pinned tag with its hash, the advice for when scripts are off, the two policy lines, and the tag that
    updates itself. Where the tag asks for no launcher, also the element that stands in the page, with room for the chat.

    ``base_url`` is the service's public address; ``attributes`` are the tag's ``data-`` attributes, by name without the prefix.
    Raises ``SettingsError`` for an address that is not http or https, or an attribute that the widget doesn't know.
    """
    origin = origin_of(base_url)
    build = load_build()
    attributes = attributes or {}
    data = _data(attributes)
    articles, directory = _link(f"{origin}/articles"), _link(DIRECTORY)
    noscript = f"<noscript><p>{NOSCRIPT.format(articles=articles, directory=directory)}</p></noscript>"
    inline = attributes.get("launcher") == "none"
    integrity = f'integrity="{build.integrity}" crossorigin="anonymous"'
    return PAGE.format(
        pinned=f'<script src="{origin}/widget/{build.version}/widget.js" {integrity}{data} defer></script>',
        plain=f'<script src="{origin}/widget.js"{data} defer></script>',
        after=INLINE.format(noscript=noscript, room=ROOM) if inline else "\n" + noscript,
        origin=origin,
    )  # fmt: skip


def origin_of(base_url: str) -> str:
    """Scheme, host and port of an address, without a slash at the end. Raises ``SettingsError`` when it is none."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or escape(parts.netloc) != parts.netloc or "@" in parts.netloc:
        raise SettingsError("The address of the service must look like https://chat.clinic.example.")
    return f"{parts.scheme}://{parts.netloc}"


def _data(attributes: Mapping[str, str]) -> str:
    for name in attributes:
        if name not in ATTRIBUTES:
            raise SettingsError(f"The widget has no attribute of that name; it has {', '.join(ATTRIBUTES)}.")
    # The plain tag stands in a comment, which "--" could end.
    return "".join(f' data-{name}="{escape(value).replace("--", "&#45;&#45;")}"' for name, value in attributes.items())


def _link(url: str) -> str:
    return f'<a href="{url}">{urlsplit(url).netloc + urlsplit(url).path.rstrip("/")}</a>'
