"""The writer alone: a scripted model in this process, a verifier of a few words, articles of a few sentences."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import pytest

from app.compose.written import MOST_DROPPED, MOST_SENTENCES, Draft, Material, Sentence, Writer
from app.domain import Article, Passage, Span, TextBlock
from app.errors import UpstreamError
from app.text import sentences

NAMES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")
FACTS = [f"Fact number {name} stands in the article." for name in NAMES]


def article(slug: str, text: str) -> Article:
    return Article(slug, slug.title(), text, (TextBlock("paragraph", 0, len(text)),), reviewed_by="A. Person")


def passages_of(whole: Article) -> Passage:
    spans = tuple(Span(span.start, span.end) for span in sentences(whole.text))
    return Passage(whole.slug, whole.slug, whole.title, "What?", 0, len(whole.text), whole.text, spans)


ARTICLES = [article("facts", " ".join(FACTS)), article("other", "Here is what another page says. It says no more.")]
MATERIAL = Material("What is there?", tuple(map(passages_of, ARTICLES)), {a.slug: a for a in ARTICLES})


class Model:
    """Says its pieces; an exception among them is raised. ``said`` counts the pieces that were taken."""

    name = "scripted:model"
    problem = ""

    def __init__(self, *pieces: str | Exception) -> None:
        self._pieces = pieces
        self.said = 0
        self.closed = False
        self.prompts: list[tuple[str, str]] = []
        self.seconds: list[float] = []

    async def stream(self, system: str, user: str, *, seconds: float = 0, most_tokens: int | None = None) -> AsyncGenerator[str]:
        self.prompts.append((system, user))
        self.seconds.append(seconds)
        try:
            for piece in self._pieces:
                await asyncio.sleep(0)
                if isinstance(piece, Exception):
                    raise piece
                self.said += 1
                yield piece
        finally:
            self.closed = True


@dataclass(frozen=True)
class Finding:
    ok: bool
    reason: str = ""


class Strict:
    """Passes what its quote holds word for word."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def check(self, sentence: str, quote: str) -> Finding:
        self.asked.append((sentence, quote))
        return Finding(sentence in quote, "" if sentence in quote else "unrelated")


def line(fact: str, number: int = 1, quote: str | None = None) -> str:
    return f'[{number}] "{quote or fact}" => {fact}\n'


def draft(model: Model, verifier: Strict | None = None, refused: Sequence[str] = ()) -> Draft:
    return Writer(model, verifier or Strict(), lambda sentence, _: sentence not in refused).draft(MATERIAL)


def written(draft: Draft) -> list[Sentence]:
    async def collect() -> list[Sentence]:
        async with aclosing(draft.sentences(9)) as stream:
            return [sentence async for sentence in stream]

    return asyncio.run(collect())


def test_sentences_pass_in_order_with_exact_citations() -> None:
    shown = written(draft(Model(*map(line, FACTS[:3]))))
    assert [sentence.text for sentence in shown] == FACTS[:3]
    assert [sentence.citation.n for sentence in shown] == [1, 2, 3]
    for sentence in shown:
        cited = sentence.citation
        assert ARTICLES[0].text[cited.start : cited.end] == cited.quote == sentence.text
        assert (cited.article, cited.section, cited.reviewed_by) == ("facts", "What?", "A. Person")


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
def test_however_the_pieces_are_cut(size: int) -> None:
    text = "".join(map(line, FACTS[:4])).rstrip("\n")
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert [sentence.text for sentence in written(draft(Model(*pieces)))] == FACTS[:4]


def test_two_sentences_of_one_quote_share_its_number() -> None:
    both = f'[1] "{FACTS[0]} {FACTS[1]}" => {FACTS[0]} {FACTS[1]}\n'
    shown = written(draft(Model(both, line(FACTS[2]))))
    assert [(sentence.text, sentence.citation.n) for sentence in shown] == [(FACTS[0], 1), (FACTS[1], 1), (FACTS[2], 2)]


def test_the_first_waits_for_the_second_and_no_other_waits() -> None:
    model = Model(*map(line, FACTS[:5]))
    taken: list[int] = []

    async def watch() -> None:
        async with aclosing(draft(model).sentences(9)) as stream:
            async for _ in stream:
                taken.append(model.said)

    asyncio.run(watch())
    assert taken == [2, 2, 3, 4, 5]


def test_one_sentence_is_no_answer() -> None:
    assert written(draft(Model(line(FACTS[0])))) == []
    assert written(draft(Model(line(FACTS[0]), "NOTHING\n"))) == []


def test_what_is_not_supported_is_dropped_and_counted_by_reason() -> None:
    model = Model(
        "Here is your answer:\n",
        line(FACTS[0]),
        line("Fact number twelve stands here too.", quote=FACTS[1]),
        line("Fact three is so.", quote="words that stand in no article"),
        line(FACTS[5]),
        line(FACTS[0]),
        line(FACTS[6])[:-5],
    )
    work = draft(model, refused=[FACTS[1], FACTS[5]])
    assert written(work) == []
    assert work.dropped == {"form": 1, "unrelated": 1, "citation": 1, "guard": 1, "repeated": 1, "unfinished": 1}


@pytest.mark.parametrize("number", [0, 2, 7, 99])
def test_a_wrong_number_is_put_right_where_one_passage_has_the_words(number: int) -> None:
    shown = written(draft(Model(line(FACTS[0], number), line(FACTS[1], number))))
    assert [(sentence.text, sentence.citation.article) for sentence in shown] == [(FACTS[0], "facts"), (FACTS[1], "facts")]


def test_a_wrong_number_stays_wrong_where_two_passages_have_the_words() -> None:
    twins = [article("facts", FACTS[0]), article("twin", FACTS[0]), article("other", FACTS[1])]
    material = Material("What?", tuple(map(passages_of, twins)), {a.slug: a for a in twins})
    work = Writer(Model(line(FACTS[0], 3), line(FACTS[0], 2), line(FACTS[1], 3)), Strict(), lambda *_: True).draft(material)
    assert [sentence.citation.article for sentence in written(work)] == []
    assert work.dropped == {"citation": 1, "repeated": 1}
    work = Writer(Model(line(FACTS[0], 2), line(FACTS[1], 3)), Strict(), lambda *_: True).draft(material)
    assert [sentence.citation.article for sentence in written(work)] == ["twin", "other"]


def test_where_a_quote_stands_and_the_sentence_fails_the_articles_own_words_are_shown() -> None:
    model = Model(line(FACTS[0]), line("Fact two is certain.", quote=FACTS[1]), line("It says all.", 2, "Here is what another page says"))
    work = draft(model)
    shown = written(work)
    assert [(sentence.text, sentence.own) for sentence in shown] == [
        (FACTS[0], True), (FACTS[1], False), ("Here is what another page says.", False),
    ]  # fmt: skip
    assert all(sentence.citation.quote == sentence.text for sentence in shown)
    assert work.dropped == {"unrelated": 2}


def test_a_sentence_that_stands_in_a_passage_is_its_own_quote() -> None:
    model = Model(
        line(FACTS[0], quote=FACTS[1]), line(FACTS[2], quote="words that stand in no article"), line("It is not so.", quote=FACTS[3])
    )
    shown = written(draft(model))
    assert [(sentence.text, sentence.own) for sentence in shown] == [(FACTS[0], True), (FACTS[2], True), (FACTS[3], False)]
    assert all(sentence.citation.quote == sentence.text for sentence in shown)


def test_the_articles_words_alone_are_no_written_answer() -> None:
    assert written(draft(Model(*(line("Nothing of this is true.", quote=fact) for fact in FACTS[:3])))) == []


@pytest.mark.parametrize(
    "text",
    [
        "Is it long enough to be copied, then?",
        "The ways to be copied by anybody are:",
        "It leans on the sentence before it.",
        "You can read more in the article on trust.",
        "A sentence with so many words, " + "and many more of them, " * 20 + "is too long.",
    ],
)
def test_what_can_not_stand_alone_is_not_shown_instead(text: str) -> None:
    pages = [article("facts", " ".join(FACTS)), article("other", text)]
    material = Material("What?", tuple(map(passages_of, pages)), {a.slug: a for a in pages})
    copied = " ".join(text.split()[:5])
    work = Writer(Model(line(FACTS[0]), line("Wrong it is.", 2, copied), line(FACTS[1])), Strict(), lambda *_: True).draft(material)
    assert [sentence.text for sentence in written(work)] == FACTS[:2]


def test_what_the_guard_refuses_is_not_shown_instead() -> None:
    work = draft(Model(line(FACTS[0]), line("Wrong it is.", quote=FACTS[2]), line(FACTS[1])), refused=[FACTS[2]])
    assert [sentence.text for sentence in written(work)] == FACTS[:2]


def test_a_sentence_that_leans_on_words_of_another_passage_is_dropped() -> None:
    """ "It says no more" after a fact would be said of the fact."""
    leaning = line("It says no more.", 2)
    work = draft(Model(line(FACTS[0]), leaning, line(FACTS[1])))
    assert [sentence.text for sentence in written(work)] == FACTS[:2]
    assert work.dropped == {"leans": 1}
    kept = draft(Model(line("Here is what another page says.", 2), leaning))
    assert [sentence.text for sentence in written(kept)] == ["Here is what another page says.", "It says no more."]


def test_the_verifier_and_the_guard_see_whole_sentences_of_the_article() -> None:
    verifier = Strict()
    half = " ".join(FACTS[0].split()[:4])
    shown = written(draft(Model(line(FACTS[0], quote=half), line(FACTS[1])), verifier))
    assert verifier.asked[0] == (FACTS[0], FACTS[0])
    assert len(shown) == 2


def test_a_second_quote_may_support_what_the_first_does_not() -> None:
    text = f'[2] "Here is what another page says." [1] "{FACTS[0]}" => {FACTS[0]}\n'
    shown = written(draft(Model(text, line(FACTS[1]))))
    assert [sentence.citation.article for sentence in shown] == ["facts", "facts"]


def test_enough_is_enough() -> None:
    model = Model(*map(line, FACTS))
    assert len(written(draft(model))) == MOST_SENTENCES
    assert model.said == MOST_SENTENCES
    assert model.closed


def test_a_model_that_writes_what_cannot_be_shown_is_stopped() -> None:
    model = Model(*["no line at all\n"] * 100)
    assert written(draft(model)) == []
    assert model.said == MOST_DROPPED
    assert model.closed


def test_a_model_that_fails_at_once_and_in_the_middle() -> None:
    fault = UpstreamError("It failed.", code="gap")
    with pytest.raises(UpstreamError):
        written(draft(Model(line(FACTS[0]), fault)))

    shown: list[str] = []

    async def read() -> None:
        async with aclosing(draft(Model(*map(line, FACTS[:3]), fault)).sentences(9)) as stream:
            async for sentence in stream:
                shown.append(sentence.text)

    with pytest.raises(UpstreamError, match="It failed"):
        asyncio.run(read())
    assert shown == FACTS[:3]


def test_a_line_without_end_is_a_fault() -> None:
    with pytest.raises(UpstreamError) as error:
        written(draft(Model(*["word " * 100] * 10)))
    assert error.value.code == "garbled"


def test_a_reader_who_stops_closes_the_model() -> None:
    model = Model(*map(line, FACTS))

    async def one() -> None:
        async with aclosing(draft(model).sentences(9)) as stream:
            async for _ in stream:
                return

    asyncio.run(one())
    assert model.closed


def test_passages_are_fenced_with_a_code_that_changes() -> None:
    model = Model()
    for _ in range(2):
        written(draft(model))
    fences = []
    for system, user in model.prompts:
        numbers = re.findall(r"<passage (\d+) (\w{16})>\n\(", user)
        assert [number for number, _ in numbers] == ["1", "2"]
        assert {fence for _, fence in numbers} == set(re.findall(r"</\w+(?: \d+)? (\w{16})>", user))
        fences.append(numbers[0][1])
        assert numbers[0][1] in system
        assert MATERIAL.question in user
        assert all(fact in user for fact in FACTS)
    assert fences[0] != fences[1]


def test_the_time_that_is_left_is_handed_down() -> None:
    model = Model()
    written(draft(model))
    assert model.seconds == [9]


def test_the_receipt_names_model_and_prompt() -> None:
    receipt = Writer(Model(), Strict(), lambda *_: True).receipt
    assert receipt["writer"] == "scripted:model"
    assert re.fullmatch(r"[0-9a-f]{12}", receipt["prompt"])


@pytest.mark.parametrize("size", [1, 3, 50, 10_000])
@pytest.mark.parametrize("before", ["<think>", "\n <think>"])
def test_what_a_model_thinks_aloud_is_passed_over(size: int, before: str) -> None:
    thought = before + "".join(map(line, FACTS[5:9])) + "so much\n" * 40 + "word " * 3_000 + "</think>\n\n"
    text = thought + "".join(map(line, FACTS[:2]))
    work = draft(Model(*(text[start : start + size] for start in range(0, len(text), size))))
    assert [sentence.text for sentence in written(work)] == FACTS[:2]
    assert not work.dropped


@pytest.mark.parametrize("text", ["<think>" + "for ever " * 500, "<thi", "<think", "", " ", "<"])
def test_thoughts_without_an_answer_are_no_answer(text: str) -> None:
    assert written(draft(Model(text))) == []
    assert written(draft(Model(*text))) == []
