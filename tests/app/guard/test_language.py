from __future__ import annotations

import pytest

from app.guard.language import language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("how much is it for a session", "en"),
        ("¿cuánto cuesta la terapia para mí?", "es"),
        ("je ne sais pas si c'est pour moi", "fr"),
        ("ich weiß nicht, was das ist", "de"),
        ("я не знаю, что мне делать", "ru"),
        ("ما هو العلاج", "ar"),
        ("これは何ですか", "ja"),
        ("这是什么", "zh"),
        ("이것은 무엇입니까", "ko"),
        ("ধন্যবাদ", "bn"),
        ("bugün çok ağladım", "tr"),
        ("mujhe marna hai", "hi"),
        ("ami ar bachte chai na", "bn"),
        ("j’ai déjà écrit hier", "fr"),
        ("my fiancé left me at the café", "en"),
        ("我想知道这个程序怎么用 app", "zh"),
        ("I'd rather die than eat", "en"),
        ("", "en"),
        ("12345 😀", "en"),
        ("ελληνικά", "en"),
    ],
)
def test_language_of(text: str, code: str) -> None:
    assert language(text) == code
