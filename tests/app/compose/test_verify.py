"""The verifier of written sentences: planted falsehoods are dropped, what the quote says passes, nothing raises."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.compose.verify import Support, Verifier
from app.compose.verify_read import read
from app.compose.verify_words import FILE, load_words
from app.errors import SettingsError
from app.text import plain, sentences
from evals.bench.verification import (
    DEV_MORE,
    DEV_ROLES,
    FRESH,
    FRESH_FOUR,
    FRESH_THREE,
    FRESH_TWO,
    PAIRS,
    PairCase,
    dev_pairs,
    judge,
    load_pairs,
)

ARTICLES = Path(__file__).parents[3] / "corpus" / "articles"
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "twenty", "thirty"]


Judged = list[tuple[PairCase, bool]]


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier()


@cache
def article_sentences() -> list[str]:
    """Plain sentences of our own articles, six to thirty words long, without quotations."""
    found = []
    for path in sorted(ARTICLES.glob("*.md")):
        body = path.read_text("utf-8").split("---", maxsplit=2)[2]
        for block in body.split("\n\n"):
            text = _LINK.sub(r"\1", block.strip())
            if text.startswith(("#", ">", "-", "|")):
                continue
            pieces = [plain(text[span.start : span.end]) for span in sentences(text)]
            found += [piece for piece in pieces if 6 <= len(piece.split()) <= 30 and piece.endswith(".") and '"' not in piece]
    return found


def other_number(sentence: str) -> str | None:
    """The first number changed for another."""
    digits = re.search(r"\b\d{1,3}\b", sentence)
    if digits:
        return sentence[: digits.start()] + str(int(digits[0]) * 3 + 7) + sentence[digits.end() :]
    word = re.search(rf"\b({'|'.join(_WORDS[1:])})\b", sentence)
    if word:
        return (
            sentence[: word.start()] + _WORDS[(_WORDS.index(word[0]) + 5) % len(_WORDS)].replace("one", "eleven") + sentence[word.end() :]
        )
    return None


def denied(sentence: str) -> str | None:
    """A denial put in after the first auxiliary, or the first one taken out."""
    without = re.sub(r" (?:not|never) ", " ", sentence, count=1)
    if without != sentence:
        return without
    if re.search(r"\b(?:no|nobody|without|nothing|neither|nor|none|cannot|rather|instead|rarely|hardly|unless)\b", sentence, re.IGNORECASE):
        return None  # a second denial may well be lawful
    turned = re.sub(r"\b(is|are|can|may|will|should)\b (?!not\b|be able)", r"\1 not ", sentence, count=1)
    return turned if turned != sentence else None


def with_name(sentence: str, number: int) -> str:
    """A source, clinic, medicine or person that the quote doesn't name."""
    opening = sentence if sentence.split(maxsplit=1)[0].isupper() or sentence.startswith("I ") else sentence[0].lower() + sentence[1:]
    forms = (
        f"According to Dr Harlow, {opening}",
        f"The Marlowe Institute says that {opening}",
        f"{sentence[:-1]}, as Weatherby showed in a study.",
        f"{sentence[:-1]}, for example with sertraline.",
        f"At the Northgate Clinic, {opening}",
    )
    return forms[number % len(forms)]


@cache
def planted() -> list[tuple[str, str, str]]:
    """(kind, sentence, quote) made from our articles' own sentences, every third sentence of a kind."""
    own = article_sentences()
    found: list[tuple[str, str, str]] = []
    numbers = [(changed, s) for s in own if (changed := other_number(s))]
    denials = [(changed, s) for s in own if (changed := denied(s))]
    found += [("number", changed, quote) for changed, quote in numbers[:: max(1, len(numbers) // 150)][:150]]
    found += [("negated", changed, quote) for changed, quote in denials[:: max(1, len(denials) // 150)][:150]]
    step = len(own) // 150
    found += [("invented", with_name(own[i * step], i), own[i * step]) for i in range(150)]
    found += [("unrelated", own[i * step], own[(i * step + len(own) // 2) % len(own)]) for i in range(150)]
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)  # 18 s of processor time for the whole file; the machine may be busy
@pytest.mark.parametrize("kind", ["number", "negated", "invented", "unrelated"])
def test_planted_falsehoods_are_dropped(verifier: Verifier, kind: str) -> None:
    cases = [(said, quote) for name, said, quote in planted() if name == kind]
    assert len(cases) >= 130
    shown = [(said, quote) for said, quote in cases if verifier.check(said, quote).ok]
    assert shown == []


@pytest.fixture(scope="module")
def judged(verifier: Verifier) -> Judged:
    """All pairs that signs were made on or measured with, and whether each sentence is shown; the blind sheets are the benchmark's."""
    pairs = {(pair.sentence, pair.quote): pair for pair in (*load_pairs(), *dev_pairs())}
    return [(pair, verifier.check(pair.sentence, pair.quote).ok) for pair in pairs.values()]


@pytest.mark.slow
def test_hardly_a_written_falsehood_is_shown(judged: Judged) -> None:
    wrong = [(pair.kind, pair.split) for pair, shown in judged if shown and not pair.supported]
    assert not {kind for kind, _ in wrong} & {"number", "negated", "invented", "unrelated", "cause", "time"}
    assert not [split for _, split in wrong if split == "dev"]
    row = judge([pair for pair, _ in judged], [shown for _, shown in judged])
    assert row["precision_even"] >= 0.99
    assert row["recall"]["value"] >= 0.05


def test_our_own_sentences_pass_verbatim() -> None:
    verifier = Verifier()
    own = article_sentences()
    assert len(own) > 1_000
    assert [s for s in own[::7] if not verifier.check(s, s).ok] == []
    assert verifier.check(own[3], f"{own[10]} {own[3]} {own[20]}").ok


@pytest.mark.parametrize(
    "said",
    [
        "Waking in the night is normal and it doesn’t mean that you are ill.",
        "waking in the night is normal, and it does not mean you are ill",
        "Waking in the night is normal, and it does not mean that you are ill!",
    ],
)
def test_small_differences_of_spelling_are_verbatim(said: str) -> None:
    quote = "Most adults sleep seven hours. Waking in the night is normal, and it does not mean that you are ill."
    assert Verifier().check(said, quote) == Support(True, "")


def test_a_part_of_a_sentence_is_not_verbatim() -> None:
    """ "Not every …" without its "not" is a run of the quote's words, and false."""
    quote = "Not every therapist offers evening sessions."
    assert not Verifier().check("Every therapist offers evening sessions.", quote).ok


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("A session lasts 40 minutes.", "number"),
        ("Most sessions do not last 50 minutes.", "negation"),
        ("All sessions last 50 minutes.", "over_general"),
        ("Most sessions last 50 minutes at Brookfield House.", "name"),
        ("Most sessions must last 50 minutes.", "modal"),
        ("", "empty"),
        ("…", "empty"),
        ("Long " * 200, "long"),
    ],
)
def test_the_reason_is_a_short_code(said: str, reason: str) -> None:
    assert Verifier().check(said, "Most sessions last 50 minutes.").reason == reason


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("Short walks are better than long runs.", "Short walks are as good as long runs."),
        ("Runs go well on the day of a match.", "Runs go better on a quiet day than on the day of a match."),
        ("You get fewer visits.", "You get extra visits."),
        ("Visits before the exam are free.", "Visits are free while the exam goes on."),
        ("Clubs have to open a door.", "Clubs that get public money have to open a door."),
        ("The club may not call your home.", "The club may not call your home, except in a flood."),
        ("Walking is not used for long illness.", "Walking is not used alone for long illness."),
        ("Nurses and cooks work at night.", "Nurses and cooks run the kitchen, and most of them work at night."),
        ("Fever needs quick care.", "A rash with fever needs quick care."),
        ("People who run do not fall ill.", "Many people who run do not fall ill."),
        ("The judge can thank you.", "You can thank the judge."),
        ("A judge gives you hope.", "A kind word gives a judge hope."),
        ("Rest is the main cure for colds.", "Soup is the main cure for colds, and rest comes later."),
        ("Walking is about winning.", "Walking is about the view, and not about winning."),
        ("You can stay for a week or two.", "You can stay for a day or two. A week is long."),
    ],
)
def test_what_is_said_of_another_thing_is_dropped(said: str, quote: str) -> None:
    assert not Verifier().check(said, quote).ok


@pytest.mark.parametrize(
    "said",
    [
        "A cook checks the door, a guard tastes the soup.",
        "A guard tastes the soup.",
        "The soup tastes a cook.",
        "When you ring the bell, you leave.",
        "Guards who feed a dog never sleep.",
        "Guards never sleep.",
        "The door checks a guard.",
    ],
)
def test_words_of_the_quote_in_other_places_are_dropped(said: str) -> None:
    quote = "A cook tastes the soup, a guard checks the door. When you leave, you ring the bell. Guards who were fed by a dog never sleep."
    assert not Verifier().check(said, quote).ok


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("You can ring the bell if the door is shut.", "If the door is shut, you can ring the bell."),
        ("If the door is shut, you can ring the bell.", "You can ring the bell if the door is shut."),
        ("Guards get a whistle in Norway.", "In Norway, guards get a whistle."),
        ("Bread, soup or cheese can help.", "Soup, cheese or bread can help."),
        ("The main dish is fish soup.", "Fish soup is the main dish."),
        ("A guard at night wears a coat.", "A night guard wears a coat."),
        ("Guards wear a coat.", "Guards wear a coat and carry a whistle."),
    ],
)
def test_orders_that_say_the_same_pass(said: str, quote: str) -> None:
    assert Verifier().check(said, quote).reason == ""


def test_no_sheet_shares_a_quote_with_another() -> None:
    first, more, roles, fresh = ({pair.quote for pair in load_pairs(path)} for path in (PAIRS, DEV_MORE, DEV_ROLES, FRESH))
    assert len(first) + len(more) + len(roles) + len(fresh) == len(first | more | roles | fresh)
    assert not roles & {pair.quote for pair in load_pairs(FRESH_TWO)}
    assert {pair.split for pair in load_pairs(FRESH)} == {"fresh"}
    assert {pair.split for pair in load_pairs(FRESH_TWO)} == {"fresh_two"}
    assert {pair.split for path in (DEV_MORE, DEV_ROLES) for pair in load_pairs(path)} == {"dev"}


@pytest.mark.slow
@pytest.mark.parametrize(("path", "least"), [(FRESH_THREE, 70), (FRESH_FOUR, 50)])
def test_of_shortened_and_moved_sentences_only_the_honest_are_shown(verifier: Verifier, path: Path, least: int) -> None:
    shown = [pair.supported for pair in load_pairs(path) if verifier.check(pair.sentence, pair.quote).ok]
    assert all(shown)
    assert len(shown) >= least


def test_numbers_hold_with_their_units_and_rates() -> None:
    lists = load_words()
    quote = read("Insomnia is chronic at three nights a week for twenty-five weeks, in one in five people; half get better.", lists)
    assert [(n.value, n.unit, n.rate) for n in quote.numbers] == [
        ("3", "night", "week"),
        ("25", "week", ""),
        ("1", "peopl", ""),
        ("5", "peopl", ""),
        ("1/2", "", ""),
    ]


def test_an_entailment_model_only_drops() -> None:
    quote = "Most sessions last 50 minutes."
    said = "Most sessions take 50 minutes."

    def answer(probability: float) -> Callable[[str, str], float]:
        return lambda *_: probability

    assert Verifier().check(said, quote).ok
    assert Verifier(entail=answer(0.1)).check(said, quote).reason == "entailment"
    assert Verifier(entail=answer(float("nan"))).check(said, quote).reason == "entailment"
    assert not Verifier(entail=answer(1.0)).check("Most sessions take 60 minutes.", quote).ok


@given(st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_text_raises(said: str, quote: str) -> None:
    support = Verifier().check(said, quote)
    assert support.ok == (support.reason == "")


_TELLING = "not|no|never|one|in|twice|3|%|a|few|may|all|because|than|before|45|to|60|minutes|therapist|you|by|.|,|;|?|who|once"
_PIECES = st.sampled_from(_TELLING.split("|"))


@given(st.lists(_PIECES, max_size=25), st.lists(_PIECES, max_size=40))
@settings(max_examples=500, deadline=None)
def test_no_heap_of_telling_words_raises(said: list[str], quote: list[str]) -> None:
    support = Verifier().check(" ".join(said), " ".join(quote))
    assert support.ok == (support.reason == "")


@given(st.text(alphabet=st.characters(whitelist_categories=("P", "S", "Z", "C")), max_size=40), st.text(max_size=80))
@settings(deadline=None)
def test_nothing_said_is_never_supported(said: str, quote: str) -> None:
    if not any(char.isalnum() for char in said) and not set(said) & set("%$£€"):
        assert not Verifier().check(said, quote).ok


def test_a_broken_list_is_named(tmp_path: Path) -> None:
    text = FILE.read_text("utf-8")
    for old, new, words in (
        ("[drugs]", "[medicines]", "drugs"),
        ('["intense", "strong", "powerful"]', '["intense"]', "synonyms, group"),
        ('["before", "after"]', '["before"]', "antonyms, pair"),
    ):
        if old in text:
            path = tmp_path / "words.toml"
            path.write_text(text.replace(old, new, 1), "utf-8")
            with pytest.raises(SettingsError, match=words):
                load_words(path)
