"""What a broken or captured server could send: sixty hostile strings in every field, one byte at a time. All of it stays text."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.widget.files import DIST
from tests.app.widget.conftest import NewContext, box, say, stored, watch
from tests.app.widget.sites import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# {n} is the string's number: whatever runs calls ran(n).
MARKUP = [
    "<script>ran({n})</script>",
    "</script><script>ran({n})</script>",
    "<img src=x onerror=ran({n})>",
    "<svg onload=ran({n})>",
    "<svg><script>ran({n})</script></svg>",
    "<iframe srcdoc='<script>parent.ran({n})</script>'></iframe>",
    "<iframe src=javascript:ran({n})>",
    "<body onload=ran({n})>",
    "<details open ontoggle=ran({n})>",
    "<video><source onerror=ran({n})></video>",
    "<math><mtext></form><form><mglyph><style></math><img src=x onerror=ran({n})>",
    "<template><script>ran({n})</script></template>",
    "<style>*{{background:url(//evil.example)}}</style>",
    "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "<object data=javascript:ran({n})>",
    "<embed src=javascript:ran({n})>",
    "<form action=javascript:ran({n})><button>go</button></form>",
    "<a href=javascript:ran({n})>press</a>",
    "<input autofocus onfocus=ran({n})>",
    "<marquee onstart=ran({n})>",
    "<!--><script>ran({n})</script>-->",
    "<![CDATA[<script>ran({n})</script>]]>",
    "<scr<script>ipt>ran({n})</scr</script>ipt>",
    "&lt;script&gt;ran({n})&lt;/script&gt;",
    "&#60;img src=x onerror=ran({n})&#62;",
    "\\u003cscript\\u003eran({n})\\u003c/script\\u003e",
    "%3Cscript%3Eran({n})%3C/script%3E",
    '"><script>ran({n})</script>',
    "'><script>ran({n})</script>",
    "` onmouseover=ran({n}) `",
    '" autofocus onfocus=ran({n}) x="',
    "{{{{constructor.constructor('ran({n})')()}}}}",
    "${{ran({n})}}",
    "<%= ran({n}) %>",
    "[x](javascript:ran({n}))",
    "![x](https://evil.example/p.png)",
    "![x](//evil.example/{n})",
    "<https://evil.example>",
    "\u0000<script>ran({n})</script>",
    "<\u0000script>ran({n})</script>",
    "\ufeff<img src=x onerror=ran({n})>",
    "\u202e<img src=x onerror=ran({n})>\u202c",
    "<x onclick=ran({n})>press</x>",
    "<rapport-chat data-title=x></rapport-chat>",
    "<slot onslotchange=ran({n})></slot>",
    "__proto__",
    "constructor",
]
ADDRESSES = [
    "javascript:ran({n})",
    "JaVaScRiPt:ran({n})",
    " javascript:ran({n})",
    "java\tscript:ran({n})",
    "\u0001javascript:ran({n})",
    "data:text/html,<script>ran({n})</script>",
    "vbscript:ran({n})",
    "blob:https://evil.example/x",
    "//evil.example/x",
    "/\\evil.example/x",
    "https:evil.example",
]
STRINGS = [text.format(n=n) for n, text in enumerate([*MARKUP, *ADDRESSES])]
ALLOWED = {
    "DIV",
    "P",
    "H2",
    "H3",
    "UL",
    "LI",
    "BUTTON",
    "A",
    "SPAN",
    "BLOCKQUOTE",
    "DETAILS",
    "SUMMARY",
    "FORM",
    "LABEL",
    "TEXTAREA",
    "SVG",
    "PATH",
}
LOOK = """() => {
  const found = { elements: [], links: [], handlers: [], text: '' };
  const root = document.querySelector('rapport-chat').shadowRoot;
  for (const element of root.querySelectorAll('*')) {
    found.elements.push(element.nodeName.toUpperCase());
    const names = element.getAttributeNames();
    if (element.hasAttribute('href')) found.links.push([element.getAttribute('href'), element.target, element.rel]);
    if (element.className !== 'sr') found.handlers.push(...names.filter((name) => /^on|^src|^style$/.test(name)));
  }
  found.text = root.querySelector('.log').textContent;
  return found;
}"""


def test_there_are_sixty() -> None:
    assert len(set(STRINGS)) >= 60


def evil_reply(text: str) -> list[tuple[str, Any]]:
    """A reply with the string in every place that a string can stand in, and in places where something else should."""
    article, start = {"article": text, "title": text, "section": text, "quote": text, "start": 0, "end": 1}, {"id": text, "status": text}
    citation = {"n": 1, "url": text, "reviewed_on": text, "reviewed_by": text, **article}
    links = [
        {"label": text, "href": text},
        {"label": text, "href": f"https://evil.example/{text}"},
        {"label": "call", "href": "tel:" + text},
    ]
    item = {"text": text, "citations": [1, text, None], "links": links}
    kinds = ("paragraph", "points", "notice", "resources", "contact", "heading", text)
    blocks = [{"type": kind, "text": text, "citations": [1], "items": [item], "links": links} for kind in kinds]
    plain = [{"type": kind, "text": text, "citations": [1], "links": links} for kind in kinds]
    odd: list[Any] = [{"type": 7, "text": {"toString": text}, "items": text, "citations": text, "links": 5}, None, 7, text, []]
    done = {
        "id": text,
        "status": "answered",
        "text": text,
        "blocks": blocks,
        "citations": [citation],
        "suggestions": [text, 7, None],
        "guard": text,
    }
    events: list[tuple[str, Any]] = [("meta", start), ("citation", citation), ("citation", None), (text.replace("\n", " "), text)]
    return [*events, *(("block", block) for block in [*blocks, *plain, *odd]), ("notice", blocks[2]), ("done", done)]


def stream(events: list[tuple[str, Any]]) -> bytes:
    lines = [": a comment", "retry: 1"]
    lines += [f"event: {kind}\r\ndata: {json.dumps(data, ensure_ascii=False)}\r\n\r\n" for kind, data in events if "\x00" not in kind]
    return "\n".join(lines).encode("utf-8", "replace")


def dribble(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Each byte is a chunk of its own."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"".join(b"1\r\n" + body[at : at + 1] + b"\r\n" for at in range(len(body))) + b"0\r\n\r\n")


@pytest.fixture
def page(new_context: NewContext, clinic_site: Site) -> Page:
    """A page whose chat talks to the scripted server."""
    clinic_site.pages["/w.js"] = ({"Content-Type": "text/javascript"}, (DIST / "widget.js").read_text("utf-8"))
    clinic_site.pages["/v1/config"] = ({"Content-Type": "application/json"}, '{"clinic": {}, "locale": "en", "region": ""}')
    page = new_context(base_url=clinic_site.url).new_page()
    page.add_init_script("window.runs = []; window.ran = (n) => window.runs.push(n)")
    page.goto(clinic_site.page("/scripted", '<body><rapport-chat></rapport-chat><script src="/w.js" data-launcher="none"></script>'))
    return page


def test_every_string_stays_text(page: Page, clinic_site: Site) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    current = ""
    clinic_site.chat = lambda handler: dribble(handler, stream(evil_reply(current)))
    for text in STRINGS:
        current = text
        say(page, text)
        page.locator(".cite").first.evaluate("mark => mark.click()")
        found = page.evaluate(LOOK)
        assert set(found["elements"]) <= ALLOWED, text
        assert found["handlers"] == [], text
        assert all(link[0].startswith(("https://", "tel:", clinic_site.url + "/")) for link in found["links"]), (text, found["links"])
        assert all(link[1:] == ["_blank", "noopener noreferrer"] for link in found["links"] if link[0].startswith("http")), text
        assert text.replace("\x00", "") in found["text"].replace("\x00", "").replace("\ufffd", ""), text
        assert page.locator(".bar").count() == 1, "the reply was shown to its end"
        page.get_by_role("button", name="New conversation").click()
    assert page.evaluate("window.runs") == []
    assert all(request.startswith(clinic_site.url) for request in requests)
    assert stored(page) == 0


@pytest.mark.parametrize(
    "url", [*ADDRESSES, "https://evil.example/articles/x", "/v1/config", "/articles/../admin", "/articles/x?s=1&e=2#a<b"]
)
def test_a_source_leads_to_our_own_articles_or_nowhere(page: Page, clinic_site: Site, url: str) -> None:
    citation = {"n": 1, "article": "a", "title": "A", "section": "", "quote": "q", "start": 0, "end": 1, "url": url}
    block = {"type": "paragraph", "text": "words", "citations": [1]}
    done = {"id": "1", "status": "answered", "text": "words", "blocks": [block], "citations": [citation], "suggestions": []}
    clinic_site.chat = lambda handler: dribble(handler, stream([("citation", citation), ("block", block), ("done", done)]))
    say(page, "hi")
    page.get_by_role("button", name="Source 1").click()
    expect(page.locator(".source")).to_be_visible()
    assert page.locator(".source a").count() == 0


def test_letters_of_many_bytes_survive_being_cut(page: Page, clinic_site: Site) -> None:
    text = "Çok güzel 你好 👩🏽‍⚕️ नमस्ते 🫱🏾‍🫲🏻"
    block = {"type": "paragraph", "text": text}
    done = {"id": "1", "status": "answered", "text": text, "blocks": [block], "citations": [], "suggestions": []}
    clinic_site.chat = lambda handler: dribble(handler, stream([("block", block), ("done", done)]))
    say(page, "hi")
    expect(page.locator(".blocks p")).to_have_text(text)


def test_a_reply_without_end_is_given_up(page: Page, clinic_site: Site) -> None:
    wrong = watch(page, clinic_site.url)
    clinic_site.chat = lambda handler: dribble_whole(handler, b"event: block\ndata: " + b"x" * 1_100_000)
    box(page).fill("hi")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert wrong == []


def dribble_whole(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Content-Length", str(len(body) * 2))
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()
    handler.connection.recv(1)  # stays open until the reader leaves
