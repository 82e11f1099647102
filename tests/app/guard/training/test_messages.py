from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from app.errors import SettingsError
from app.guard.rules import ADVICE_KINDS, CRISIS_KINDS
from app.guard.training.messages import Family, expand, fill, load_families, load_messages, load_slots
from app.guard.training.styles import bare, load_styles, typo

FOLDER = Path("app/guard/training/messages")


def test_there_are_thousands_in_hundreds_of_families() -> None:
    messages, families = load_messages(), load_families()
    assert len(messages) > 8_000
    assert len(families) > 700
    for label in ("crisis", "clinical", "sensitive", "harmless"):
        assert sum(message.family.label == label for message in messages) > 1_000


def test_every_kind_of_the_guard_has_families() -> None:
    kinds = {(family.label, family.kind) for family in load_families() if family.language == "en"}
    assert {kind for label, kind in kinds if label == "crisis"} == set(CRISIS_KINDS)
    assert {kind for label, kind in kinds if label == "clinical"} == set(ADVICE_KINDS) - {"unreadable", "unavailable"}


def test_every_language_has_danger_advice_and_harmless_messages() -> None:
    seen: dict[str, set[str]] = {}
    for family in load_families():
        seen.setdefault(family.language, set()).add(family.label)
    assert len(seen) == 20
    assert all(labels == {"crisis", "clinical", "sensitive", "harmless"} for labels in seen.values())


def test_messages_are_the_same_each_time_and_never_twice() -> None:
    first, second = load_messages(), load_messages()
    assert first == second
    assert len({message.text.casefold() for message in first}) == len(first)


def test_no_text_carries_two_labels() -> None:
    labels: dict[str, set[str]] = {}
    slots, styles = load_slots(), load_styles(FOLDER)
    for family in load_families():
        for message in expand(family, slots, styles):
            labels.setdefault(message.text.casefold(), set()).add(family.label)
    assert [text for text, found in labels.items() if len(found) > 1] == []


def test_no_slot_or_choice_is_left_in_a_message() -> None:
    assert [message.text for message in load_messages() if any(mark in message.text for mark in "{}[]")] == []


def test_filling_a_template() -> None:
    slots = {"who": ["my [big|big] son"]}
    assert fill("{who} is [late|late]!", slots, Random(1)) == "my big son is late!"
    with pytest.raises(SettingsError, match="whom"):
        fill("{whom}", slots, Random(1))


def test_a_family_gives_each_template_as_it_stands() -> None:
    family = Family("en/harmless/chat/x", "en", "harmless", "chat", ("one plain line", "another plain line"))
    texts = {message.text: message.styled for message in expand(family, {}, load_styles(FOLDER))}
    assert texts["one plain line"] == texts["another plain line"] == ""
    assert len(texts) > 2


def test_other_languages_are_held_out_by_template() -> None:
    family = Family("de/harmless/chat/x", "de", "harmless", "chat", ("Guten Tag!", "Auf Wiedersehen!"))
    assert {message.group for message in expand(family, {}, load_styles(FOLDER))} == {"de/harmless/chat/x#0", "de/harmless/chat/x#1"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("## nonsense\n- a\n", "label/kind/name"),
        ("## odd/kind/name\n- a\n", "label/kind/name"),
        ("## crisis/suicide/a\n## crisis/suicide/b\n- x\n", "no messages"),
        ("## crisis/suicide/a\n- x\n\n## crisis/suicide/a\n- y\n", "same name"),
    ],
)
def test_a_malformed_file_is_named(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "x.md").write_text(content, "utf-8")
    with pytest.raises(SettingsError, match=reason):
        load_families(tmp_path)


def test_bare_text_has_no_marks() -> None:
    assert bare("I'm Here… Really?!") == "im here really"


def test_a_slip_changes_little() -> None:
    for seed in range(50):
        slipped = typo("please help someone", Random(seed))
        assert abs(len(slipped) - len("please help someone")) <= 1
    assert typo("a b c", Random(1)) == "a b c"


def test_spelling_by_ear_keeps_the_sounds() -> None:
    styles = load_styles(FOLDER)
    heard = {styles.by_ear("The thoughts every night, cutting again!", Random(seed)) for seed in range(30)}
    assert {"nite", "agan", "cutin"} <= {word for text in heard for word in text.split()}
    assert all("!" not in text and len(text.split()) == 6 for text in heard)
    assert len(heard) > 5


def test_styles_are_many() -> None:
    styles = load_styles(FOLDER)
    names = {styles.vary("I don't know what to do about my job", "en", Random(seed))[1] for seed in range(200)}
    assert names == {"", "bare", "phone", "typo", "ear", "capitals", "opened", "wrapped"}
    assert {styles.vary("Ich weiß nicht.", "de", Random(seed))[1] for seed in range(50)} == {"", "bare"}
