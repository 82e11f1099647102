"""The sentence splitter and the one-line form, by example, by property, and beside pysbd."""

from __future__ import annotations

import itertools
import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import plain, sentences


def split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Trust takes time.", "It grows in small steps."],
        ["Dr. Okafor works with Mrs. Lindqvist and Prof. Adeyemi.", "Both see adults."],
        ["Some tools, e.g. a thought record, help at home.", "Others, i.e. exposure, need a guide."],
        ["Licences differ in the U.S.", "It is worth asking."],
        ["The U.S. Department of Health lists services.", "The list is free."],
        ["She holds a Ph.D. in psychology.", "He holds an M.D. and a licence."],
        ["A session lasts 1.5 hours.", "It costs about 3.50 a minute."],
        ["Wait... let the feeling pass.", "Then breathe out."],
        ["Silence can feel long…", "The therapist may wait."],
        ["“I am not ready. I may be soon.” is a fine thing to say.", "Therapists hear it often."],
        ['A client may ask, "Will this stay between us?"', "The answer is mostly yes."],
        ["Ask about fees (many places have a sliding scale. Some are free) before you book.", "Write the answer down."],
        ["1. Breathe in slowly.", "2. Hold for a moment."],
        ["See p. 12 and Fig. 3 for a drawing.", "The rest is on p. 14."],
        ["The service opens at 9 a.m. Monday to Friday.", "It closes at 5 p.m.", "Callers can leave a message."],
        ["Is it normal to cry?!", "Yes, it is."],
        ["¿Es normal llorar?", "Sí, lo es.", "¡Muchas personas lloran!"],
        ["A. T. Beck wrote about thoughts.", "Many people read it."],
        ["Ask for plan B.", "Then decide."],
        ["The study of 2012 was small.", "12 people took part."],
        ["信頼は時間がかかります。", "少しずつ育ちます！"],
        ["क्या यह सामान्य है?", "हाँ, यह सामान्य है।", "बात करें।"],
        ["Therapists, counsellors, etc. can help.", "Ask your GP."],
    ],
)
def test_splits_where_a_reader_would(expected: list[str]) -> None:
    assert split(" ".join(expected)) == expected


def test_a_blank_line_or_a_bullet_ends_a_sentence_and_a_wrapped_line_does_not() -> None:
    text = "A line that\nis wrapped.\n\nNo stop here\n\n- first point\n- second point\n\nThe end"
    assert split(text) == ["A line that\nis wrapped.", "No stop here", "- first point", "- second point", "The end"]


@pytest.mark.parametrize("text", ["", "   ", "\n\n \t", "\u3000"])
def test_nothing_visible_has_no_sentences(text: str) -> None:
    assert sentences(text) == ()


PROSE = """\
Starting therapy is a big step. Many people wait for months before they call, and that is understandable. What should you say first?
You can say whatever is on your mind! There is no right order. A first session usually lasts about 50 minutes. The therapist, who may be
called Dr. Green or simply Maya, will ask what brings you. Some people bring notes, e.g. a list of worries. Others bring nothing at all.
Fees vary: one clinic asks for $80.50, another for $120. In the UK, N. R. Patel notes, many services are free. Does crying mean that it
is going badly? No. It may mean that something matters. The room is quiet. “Take your time,” the therapist might say. The next session
is often a week later. Prof. Lee studied this in 1998. Her group found that clients who gave feedback stayed longer. Talk to your doctor
before 5 p.m. on Friday. Research on this is mixed... and it is still growing. Confidentiality has limits; ask what they are."""

HARD = """\
They also differ in the U.K. Ask first. Bring plan B. Then choose. Well… Maybe later. Call before 9 a.m. Monday. She works at Hope Inc. Nobody
else is there. Is it normal? yes. He wrote it with Smith et al. in 2004. “I am not ready. I may be soon.” is a fine thing to say. Clients,
friends, etc. may come. It works for you and I. We agreed."""

# (what pysbd gives, what we give): an acronym, a lone letter or an ellipsis before a word that opens sentences ends one; a day goes with its hour.
DISAGREEMENTS = [
    (["They also differ in the U.K. Ask first."], ["They also differ in the U.K.", "Ask first."]),
    (["Bring plan B. Then choose."], ["Bring plan B.", "Then choose."]),
    (["Well… Maybe later."], ["Well…", "Maybe later."]),
    (["Call before 9 a.m.", "Monday."], ["Call before 9 a.m. Monday."]),
]


def pysbd_split(text: str) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its source holds escapes that newer Pythons warn of
        import pysbd
    return [sentence.strip() for sentence in pysbd.Segmenter(language="en", clean=False).segment(text)]


def test_agrees_with_pysbd_on_prose() -> None:
    text = plain(PROSE)
    assert split(text) == pysbd_split(text)
    assert len(split(text)) == 22


def test_differs_from_pysbd_only_where_listed() -> None:
    text = plain(HARD)
    ours, theirs = split(text), pysbd_split(text)
    assert [s for s in theirs if s not in ours] == [s for listed, _ in DISAGREEMENTS for s in listed]
    assert [s for s in ours if s not in theirs] == [s for _, listed in DISAGREEMENTS for s in listed]


@given(st.text())
def test_sentences_tile_the_text(text: str) -> None:
    spans = sentences(text)
    assert all(text[s.start : s.end] == text[s.start : s.end].strip() != "" for s in spans)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    outside = "".join(text[a:b] for a, b in zip([0, *(s.end for s in spans)], [*(s.start for s in spans), len(text)], strict=True))
    assert outside.strip() == ""


@given(
    st.lists(
        st.sampled_from(["Dr.", "e.g.", "I", "a", "Then", "U.S.", "3.5", "…", "?", ".", '"', "“", "”", "(", ")", "\n", "\n\n", "- ", " "])
    )
)
def test_sentences_tile_what_looks_like_prose(parts: list[str]) -> None:
    text = " ".join(parts)
    assert "".join("".join(split(text)).split()) == "".join(text.split())


@given(st.text())
def test_plain_settles_at_once(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert "\n" not in once
    assert once == once.strip()


def test_plain_takes_away_what_is_not_seen() -> None:
    assert plain("\ufefftr\u200bu\u00adst\u00a0 and\r\n care\u2060\x00 e\u0301") == "trust and care é"
    assert plain("tag\U000e0041\U000e0042s") == "tags"


def test_plain_keeps_the_joiners_that_spell_words() -> None:
    assert plain("می\u200cخواهم") == "می\u200cخواهم"


@pytest.mark.parametrize("unit", ["a. ", "(", '"a.', "\n", " ", ".", " \n", "A.b", "\t \n ", "“a. ", ". \n- ", "1. "])
def test_time_grows_with_the_length_only(unit: str) -> None:
    text = unit * (300_000 // len(unit))
    started = time.process_time()
    sentences(text)
    plain(text)
    assert time.process_time() - started < 5  # quadratic behaviour takes minutes
