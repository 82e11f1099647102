from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.errors import SettingsError
from app.guard.output import OutputCheck, load_output

CHECK = load_output()
ARTICLES = sorted(Path("corpus/articles").glob("*.md"))


@pytest.mark.parametrize(("rule", "text"), [(rule.id, text) for rule in CHECK.rules for text in rule.must_match])
def test_what_is_never_said(rule: str, text: str) -> None:
    assert CHECK.fault(text, text) == rule
    assert not CHECK.allows(text)


@pytest.mark.parametrize("text", [text for rule in CHECK.rules for text in rule.must_not_match])
def test_what_may_be_said(text: str) -> None:
    assert CHECK.fault(text, text) is None


@pytest.mark.parametrize(
    ("sentence", "quote", "fault"),
    [
        ("See www.example.com for more.", None, "address"),
        ("Write to help@example.com today.", "Write to the clinic.", "address"),
        ("Write to help@example.com today.", "Write to help@example.com today.", "address"),
        ("Buy it at https://sunrise-cure.example/shop now.", "Buy it at https://sunrise-cure.example/shop now.", "address"),
        ("Buy it at sunrise-cure.com now.", "Buy it at sunrise-cure.com now.", "address"),
        ("The directory at findahelpline.com lists lines.", "The directory at findahelpline.com lists lines.", None),
        ("The directory at findahelpline.com lists lines.", "The directory lists lines.", "address"),
        ("Look at findahelpline.com.evil.io today.", "Look at findahelpline.com.evil.io today.", "address"),
        ("Look at www.samaritans.org/how today.", "Look at www.samaritans.org/how today.", None),
        ("Call 0900 555 0199.", "Call 0900 555 0199.", None),
        ("Look at evil.io/therapy now.", "Look around.", "address"),
        ("Call 555 123 4567.", "Call us.", "phone"),
        ("Call 555-123-4567.", "Call 555 123 4567.", None),
        ("About 80 of them felt better.", "About 60 of them felt better.", "number"),
        ("About 60 of them felt better.", "About 60 of them felt better.", None),
        ("Sessions last 50 minutes.", None, None),
        ("Some people feel better.", "Some people feel better.", None),
    ],
)
def test_addresses_and_numbers_must_stand_in_the_quote(sentence: str, quote: str | None, fault: str | None) -> None:
    assert CHECK.fault(sentence, quote) == fault
    assert CHECK.allows(sentence, quote) is (fault is None)


def _sentences() -> list[str]:
    found = []
    for path in ARTICLES:
        body = path.read_text(encoding="utf-8").split("---\n", 2)[2]
        for line in body.splitlines():
            if line and not line.startswith("#"):
                plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line.strip(">-* "))
                found.extend(re.split(r"(?<=[.?!]) +", plain))
    return found


@pytest.mark.skipif(not ARTICLES, reason="no articles here")
def test_ordinary_sentences_of_the_corpus_are_shown() -> None:
    sentences = _sentences()
    refused = [sentence for sentence in sentences if not CHECK.allows(sentence, sentence)]
    assert len(refused) <= len(sentences) // 3000, refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rule]", "output"),
        ("[[rule]]\nid = 'a'\npatterns = ['b']\n", "examples"),
        ("[[rule]]\nid = 'a'\npatterns = ['(']\nmust_match = ['b']\nmust_not_match = ['c']\n", "regular expression"),
        ("[[rule]]\npatterns = ['b']\n", "without id"),
    ],
)
def test_a_rule_to_mend_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "output.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        load_output(path)


def test_a_file_without_exceptions_loads(tmp_path: Path) -> None:
    path = tmp_path / "output.toml"
    path.write_text("[[rule]]\nid = 'a'\npatterns = ['xyzzy']\nmust_match = ['xyzzy']\nmust_not_match = ['c']\n", encoding="utf-8")
    check = load_output(path)
    assert isinstance(check, OutputCheck)
    assert check.fault("say xyzzy now") == "a"
