from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha384

import pytest

from app.embed import origin_of, snippet
from app.errors import SettingsError
from app.widget.files import DIST, FOLDER


def test_the_snippet_holds_what_a_clinic_needs() -> None:
    text = snippet("https://chat.clinic.example/", {"title": "Ask us", "region": "IE"})
    digest = sha384((DIST / "widget.js").read_bytes())
    pinned = re.search(r"^<script (.*)></script>$", text, re.MULTILINE)
    assert pinned
    assert f'src="https://chat.clinic.example/widget/{digest.hexdigest()[:16]}/widget.js"' in pinned[1]
    assert f'integrity="sha384-{b64encode(digest.digest()).decode()}" crossorigin="anonymous"' in pinned[1]
    assert 'data-title="Ask us" data-region="IE" defer' in pinned[1]
    assert '<script src="https://chat.clinic.example/widget.js" data-title="Ask us" data-region="IE" defer></script>' in text
    assert "script-src https://chat.clinic.example -->" in text
    assert "connect-src https://chat.clinic.example -->" in text
    assert "<noscript>" in text
    assert "local emergency number" in text
    assert text.count("<script") == 2


def test_a_chat_in_the_page_gets_its_element_with_room_for_it() -> None:
    text = snippet("https://chat.clinic.example", {"launcher": "none"})
    elements = re.findall(r"^<rapport-chat>(.*)</rapport-chat>$", text, re.MULTILINE)
    assert len(elements) == 1
    assert elements[0].startswith("<noscript><p>The chat needs JavaScript.")
    assert elements[0].endswith("></svg>")
    assert "style=" not in elements[0]
    assert text.count("<noscript>") == 1
    assert all("--" not in comment for comment in re.findall(r"<!--(.*?)-->", text, re.DOTALL))
    assert "rapport-chat" not in snippet("https://chat.clinic.example", {"launcher": ""})


def test_the_room_is_as_high_as_the_panel() -> None:
    height = re.findall(r"block-size: var\(--rapport-height, (\w+)\); }", (FOLDER / "widget.css").read_text("utf-8"))
    assert len(height) == 1
    text = snippet("https://chat.clinic.example", {"launcher": "none"})
    assert f'height="{height[0]}"' in text
    assert f"min-height: {height[0]};" in text


def test_attributes_can_not_break_out() -> None:
    text = snippet("https://a.example", {"greeting": '"><script>alert(1)</script> --> <b>'})
    assert "<script>alert" not in text
    assert "<b>" not in text
    assert "&quot;&gt;" in text
    assert all("--" not in comment for comment in re.findall(r"<!--(.*?)-->", text, re.DOTALL))


@pytest.mark.parametrize("url", ["", "chat.example", "ftp://a.example", "javascript:alert(1)", 'https://a"b', "https://u:p@a.example"])
def test_a_wrong_address_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="must look like"):
        snippet(url)


def test_only_the_origin_counts() -> None:
    assert origin_of("http://127.0.0.1:8000/some/path?x=1") == "http://127.0.0.1:8000"


def test_an_unknown_attribute_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="title, greeting"):
        snippet("https://a.example", {"colour": "red"})
