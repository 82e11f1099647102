"""Each point of "What the crisis reply must hold" (SAFETY.md), by its number, for every kind, region and language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import textstat

from app.domain import Block, Outcome, Verdict
from app.errors import SettingsError
from app.guard import replies
from app.guard.replies import Book, load_book
from app.guard.rules import ADVICE_KINDS, CRISIS_KINDS
from app.settings import Clinic

OAK = Clinic(
    name="Oak Clinic", phone="+1 555 0100", email="desk@oak.example", url="https://oak.example/contact", hours="Monday to Friday, 9 to 5"
)
REGIONS = ["US", "CA", "UK", "GB", "IE", "AU", "NZ", "IN", "EU", "DE", None, "XX"]
LOCALES = load_book().locales


def _crisis(book: Book, kind: str, region: str | None = "US", locale: str | None = "en", earlier: int = 0) -> tuple[Block, ...]:
    return book.reply(Verdict(Outcome.CRISIS, kind, "rules"), region, locale, OAK, earlier)


def _text(blocks: tuple[Block, ...]) -> str:
    return "\n".join(block.text for block in blocks)


def _links(blocks: tuple[Block, ...]) -> list[str]:
    return [link.href for block in blocks for link in (*block.links, *(link for item in block.items for link in item.links))]


@pytest.mark.parametrize("kind", CRISIS_KINDS)
@pytest.mark.parametrize("region", REGIONS)
def test_1_a_free_private_round_the_clock_person_in_words_and_as_a_link(book: Book, kind: str, region: str | None) -> None:
    blocks = _crisis(book, kind, region)
    resources = next(block for block in blocks if block.type == "resources")
    assert resources.items
    assert all(item.links and item.text in resources.text for item in resources.items)
    assert "free and private" in _text(blocks).lower()


def test_1_texting_is_fine_and_the_police_do_not_always_come(book: Book) -> None:
    said = _text(_crisis(book, "suicide"))
    assert "texting or chat is fine" in said
    assert "does not mean that the police will come" in said


def test_1_call_text_and_chat_with_one_tap_and_veterans_spanish_and_relay(book: Book) -> None:
    links = _links(_crisis(book, "suicide", "US"))
    assert {
        "tel:988",
        "sms:988",
        "https://chat.988lifeline.org/",
        "sms:741741?body=HOME",
        "sms:838255",
        "sms:988?body=AYUDA",
        "tel:711",
    } <= set(links)


@pytest.mark.parametrize("kind", CRISIS_KINDS)
@pytest.mark.parametrize("locale", ["en", "es"])
def test_2_emergency_another_person_and_distance_from_means(book: Book, kind: str, locale: str) -> None:
    said = _text(_crisis(book, kind, "US", locale)).lower()
    assert "911" in said
    assert re.search(r"distance|away from|move (?:anything )?away|distancia|aléjate|aparta|lejos", said)
    assert re.search(r"person|someone|people|persona|alguien|gente", said)


@pytest.mark.parametrize("kind", CRISIS_KINDS)
def test_3_a_trusted_person_a_professional_and_the_clinic(book: Book, kind: str) -> None:
    blocks = _crisis(book, kind)
    assert "trust" in _text(blocks)
    assert re.search(r"doctor|therapist", _text(blocks))
    contact = next(block for block in blocks if block.type == "contact")
    assert "Oak Clinic (phone +1 555 0100, e-mail desk@oak.example)" in contact.text
    assert "find ongoing care" in contact.text
    assert {"tel:+15550100", "mailto:desk@oak.example", "https://oak.example/contact"} <= {link.href for link in contact.links}


@pytest.mark.parametrize("locale", LOCALES)
def test_4_the_chat_stays_open_and_the_second_reply_is_shorter_in_other_words(book: Book, locale: str) -> None:
    first, second = _crisis(book, "suicide", "US", locale), _crisis(book, "suicide", "US", locale, earlier=1)
    assert len(_text(second)) < len(_text(first))
    shared = {block.text for block in first} & {block.text for block in second}
    assert all(block.type == "resources" for block in first if block.text in shared)
    if locale == "en":
        assert "You can keep writing here" in _text(first)
        assert "You can keep writing" in _text(second)


@pytest.mark.parametrize("kind", CRISIS_KINDS)
def test_5_an_automated_tool_that_cannot_judge_and_that_nobody_watches(book: Book, kind: str) -> None:
    said = _text(_crisis(book, kind))
    assert "automated tool" in said
    assert "can't judge how safe you are" in said
    assert "no person is watching" in said


@pytest.mark.parametrize("kind", CRISIS_KINDS)
@pytest.mark.parametrize("earlier", [0, 1])
def test_6_no_question_no_method_no_forbidden_word(book: Book, kind: str, earlier: int) -> None:
    said = _text(_crisis(book, kind, earlier=earlier)).lower()
    assert "?" not in said
    assert not re.search(r"commit|successful|failed attempt|percent|%|selfish|attention|rope|noose|hang\b|cut your|mg\b", said)


def test_6_hope_is_said(book: Book) -> None:
    assert "can pass" in _text(_crisis(book, "suicide"))


def test_7_the_other_question_may_come_back(book: Book) -> None:
    assert "ask it again" in _text(_crisis(book, "suicide"))


@pytest.mark.parametrize("region", ["UK", "GB", "IE", "AU", "NZ", "IN", "EU", "FR", None, "XX", "JP"])
@pytest.mark.parametrize("locale", LOCALES)
def test_8_never_988_outside_the_us_and_canada_and_never_by_language(book: Book, region: str | None, locale: str) -> None:
    assert "988" not in _text(_crisis(book, "suicide", region, locale))


@pytest.mark.parametrize(
    ("region", "number"),
    [
        ("US", "911"),
        ("CA", "911"),
        ("UK", "999"),
        ("gb", "999"),
        ("IE", "112"),
        ("AU", "000"),
        ("NZ", "111"),
        ("IN", "112"),
        ("EU", "112"),
        ("ES", "112"),
    ],
)
def test_8_the_regions_own_emergency_number(book: Book, region: str, number: str) -> None:
    blocks = _crisis(book, "suicide", region)
    assert f"tel:{number}" in _links(blocks)


def test_8_elsewhere_the_international_directory(book: Book) -> None:
    blocks = _crisis(book, "suicide", None)
    assert "https://findahelpline.com/" in _links(blocks)
    assert "your local emergency number" in _text(blocks)


def test_9_poison_centre_and_emergency_first_for_an_overdose(book: Book) -> None:
    blocks = _crisis(book, "overdose", "US")
    resources = next(block for block in blocks if block.type == "resources")
    assert resources.items[0].text.startswith("For poisoning")
    assert "Call 911 now" in blocks[1].text


def test_9_violence_at_home_a_safe_device_and_a_quick_exit(book: Book) -> None:
    blocks = _crisis(book, "abuse", "US")
    assert "tel:18007997233" in _links(blocks)
    assert "see this device" in _text(blocks)
    assert "exit" in _text(blocks)


def test_9_child_lines_and_child_protection(book: Book) -> None:
    assert "tel:18004224453" in _links(_crisis(book, "child", "US"))
    assert "tel:08001111" in _links(_crisis(book, "child", "UK"))
    assert "child protection" in _text(_crisis(book, "child"))


def test_9_how_to_help_someone_else(book: Book) -> None:
    said = _text(_crisis(book, "third_party"))
    assert "listening without judging" in said
    assert "for people who worry about someone" in said


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", CRISIS_KINDS)
def test_10_every_language_has_the_whole_reply_from_fixed_text(book: Book, locale: str, kind: str) -> None:
    blocks = _crisis(book, kind, "US", locale)
    assert [block.type for block in blocks if block.type != "paragraph"] == ["notice", "resources", "contact"]
    assert all(block.text and "{" not in block.text for block in blocks)
    assert blocks == _crisis(book, kind, "US", locale)


def test_10_an_unknown_language_is_answered_in_english(book: Book) -> None:
    assert _crisis(book, "suicide", "US", "sv") == _crisis(book, "suicide", "US", None) == _crisis(book, "suicide", "US", "en-GB")


# --- the rest ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ADVICE_KINDS)
@pytest.mark.parametrize("locale", ["en", "es", "fr"])
def test_advice_is_declined_with_who_can_answer(book: Book, kind: str, locale: str) -> None:
    blocks = book.reply(Verdict(Outcome.CLINICAL_ADVICE, kind, "rules"), "US", locale, OAK, 0)
    assert blocks[0].type == "paragraph"
    assert any(block.type == "contact" and "Oak Clinic" in block.text for block in blocks)
    assert all("{" not in block.text for block in blocks)


def test_advice_about_medicine_says_the_one_thing(book: Book) -> None:
    said = _text(book.reply(Verdict(Outcome.CLINICAL_ADVICE, "medication"), "US", "en", OAK, 0))
    assert "Do not stop or change medicine without your prescriber." in said
    assert "poison centre" in said


def test_the_failsafe_reply_gives_help_lines_and_the_contact(book: Book) -> None:
    blocks = book.reply(Verdict(Outcome.CLINICAL_ADVICE, "unavailable", "failsafe"), "US", "en", OAK, 0)
    assert {"resources", "contact"} <= {block.type for block in blocks}
    assert "can't answer right now" in _text(blocks)
    assert "tel:988" in _links(blocks)


def test_a_kind_that_is_not_known_still_gets_a_reply(book: Book) -> None:
    assert _crisis(book, "something new")[0].text == _crisis(book, "suicide")[0].text
    assert book.reply(Verdict(Outcome.CLINICAL_ADVICE, "something new"), "US", "en", OAK, 0)


def test_a_clinic_without_details_is_still_named(book: Book) -> None:
    blocks = book.reply(Verdict(Outcome.CRISIS, "suicide"), "US", "en", Clinic(), 0)
    contact = next(block for block in blocks if block.type == "contact")
    assert contact.text.startswith("You can also reach our clinic.")
    assert contact.links == ()


@pytest.mark.parametrize(("region", "said"), [("US", "call 988"), ("UK", "call 116 123"), (None, "Find A Helpline"), ("EU", "116 123")])
def test_the_quiet_line(book: Book, region: str | None, said: str) -> None:
    line = book.quiet_line(region, "en", OAK)
    assert line.type == "notice"
    assert said in line.text
    assert line.links
    assert "\n" not in line.text


def test_the_quiet_line_in_spanish_and_elsewhere(book: Book) -> None:
    assert "hay ayuda" in book.quiet_line("US", "es", OAK).text
    assert "help is there" in book.quiet_line("US", "fr", OAK).text


@pytest.mark.parametrize("kind", [*CRISIS_KINDS, *ADVICE_KINDS])
def test_english_replies_are_easy_to_read(book: Book, kind: str) -> None:
    """School year by the automated readability index, which needs no dictionary; year 4 is about nine years old."""
    outcome = Outcome.CRISIS if kind in CRISIS_KINDS else Outcome.CLINICAL_ADVICE
    blocks = book.reply(Verdict(outcome, kind), "US", "en", Clinic(), 0)
    prose = " ".join(block.text for block in blocks if block.type in ("paragraph", "notice"))
    assert textstat.automated_readability_index(prose) <= (4 if outcome is Outcome.CRISIS else 5)


def test_the_protocol_holds_what_is_published() -> None:
    said = replies.protocol()
    assert said["outcomes"] == ["pass", "pass_with_line", "clinical_advice", "crisis"]
    assert set(said["kinds"]["crisis"]) == set(CRISIS_KINDS)
    assert set(said["kinds"]["advice"]) == set(ADVICE_KINDS)
    assert {"US", "CA", "UK", "IE", "AU", "NZ", "IN", "EU", "INT"} == {region["region"] for region in said["regions"]}
    assert said["version"]


def test_the_shipped_book_is_at_hand() -> None:
    assert replies.reply(Verdict(Outcome.CRISIS, "suicide"), "US", "en", OAK)[0].type == "paragraph"
    assert replies.quiet_line("US", "en", OAK).type == "notice"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[words]\ncall = 'x'\n", "text"),
        ("[words]\ncall='a'\ntext='b'\nchat='c'\nor='d'\n[crisis.all]\na=1\n[crisis.short]\na=1\n", "default"),
    ],
)
def test_a_reply_file_to_mend_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str) -> None:
    (tmp_path / "en.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(replies, "REPLIES", tmp_path)
    with pytest.raises(SettingsError, match=said):
        load_book()
