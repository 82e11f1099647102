from __future__ import annotations

from app.guard.training.fit import is_held_out
from app.guard.training.longer import WORDS, longer
from app.guard.training.messages import Family, Message

WORDS_OF_A_LINE = "today the {} one was late again and we waited in the rain for an hour, number {}"


def some(label: str, kind: str, count: int = 40) -> list[Message]:
    found = []
    for number in range(count):
        family = Family(f"en/{label}/{kind}/{number}", "en", label, kind, ())
        found.append(Message(WORDS_OF_A_LINE.format(kind, number), family, family.id))
    return found


def test_a_joined_message_is_long_and_holds_its_base_line_and_nothing_graver() -> None:
    messages = some("harmless", "everyday") + some("crisis", "suicide") + some("sensitive", "distress")
    made = longer(messages, {"harmless": 10, "sensitive": 10, "crisis": 10})
    assert len(made) == 30
    for message in made:
        assert len(message.text.split()) >= WORDS[0]
        dangerous = sum(
            f"the suicide one was late again and we waited in the rain for an hour, number {n}." in f"{message.text}." for n in range(40)
        )
        assert (dangerous > 0) is (message.family.label == "crisis")
        assert message.family.label != "harmless" or "the distress one" not in message.text


def test_what_is_held_out_is_never_joined_with_what_is_not() -> None:
    messages = some("harmless", "everyday", 120)
    held = {message.text for message in messages if is_held_out(message.group)}
    assert held
    for message in longer(messages, {"harmless": 100}):
        parts = {f"{part}." for part in message.text.split(".") if part}
        lines = {part.strip(" .") for part in parts}
        assert (lines <= held) if is_held_out(message.group) else not (lines & held)


def test_the_same_each_time() -> None:
    messages = some("harmless", "everyday")
    assert longer(messages, {"harmless": 10}) == longer(messages, {"harmless": 10})
