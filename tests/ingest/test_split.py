"""Articles and their passages: offsets are exact, ids are stable, nothing crosses a heading and nothing is lost."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import Article, BlockKind
from app.errors import SourceError
from app.text import plain
from ingest.assemble import Slugs, assemble, slugify
from ingest.document import RawBlock, RawDocument
from ingest.frontmatter import FrontMatter
from ingest.split import LONGEST, SHORT, split

SENTENCE = "Trust grows slowly over the weeks, and that is fine. "


def article(*blocks: RawBlock, title: str = "Trust") -> Article:
    return assemble(RawDocument(title, blocks, FrontMatter()), "trust.md", Slugs())


def paragraph(text: str) -> RawBlock:
    return RawBlock("paragraph", plain(text))


def heading(text: str) -> RawBlock:
    return RawBlock("heading", text, 2)


kinds: st.SearchStrategy[BlockKind] = st.sampled_from(["heading", "paragraph", "item", "callout"])
words = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).map(plain)
prose = st.lists(
    st.sampled_from(["Trust", "grows", "Dr.", "slowly.", "Why?", "It", "is", "“fine.”", "e.g.", "3.5", "…", "x" * 300]),
    min_size=1,
    max_size=150,
)
texts = st.one_of(words, prose.map(" ".join)).filter(bool)
documents = st.lists(st.builds(RawBlock, kinds, texts, st.integers(0, 6)), min_size=1, max_size=12)


@given(documents)
def test_offsets_are_exact(blocks: list[RawBlock]) -> None:
    if all(block.kind == "heading" for block in blocks):
        with pytest.raises(SourceError):
            article(*blocks)
        return
    made = article(*blocks)
    assert made.text == "\n\n".join(made.text[block.start : block.end] for block in made.blocks)
    for passage in split(made):
        assert passage.text == made.text[passage.start : passage.end]
        assert 0 < len(passage.text) <= LONGEST
        spans = passage.sentences
        assert spans[0].start == passage.start
        assert spans[-1].end == passage.end
        assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
        assert all(made.text[span.start : span.end].strip() for span in spans)
        gaps = [made.text[a.end : b.start] for a, b in itertools.pairwise(spans)]
        assert not "".join(gaps).strip()


@given(documents)
def test_nothing_is_lost_and_nothing_crosses_a_heading(blocks: list[RawBlock]) -> None:
    if all(block.kind == "heading" for block in blocks):
        return
    made = article(*blocks)
    passages = split(made)
    body = "".join(made.text[block.start : block.end] for block in made.blocks if block.kind != "heading")
    assert "".join("".join(passage.text for passage in passages).split()) == "".join(body.split())
    for block in made.blocks:
        if block.kind == "heading":
            assert all(passage.end <= block.start or passage.start >= block.end for passage in passages)
    assert all(a.end <= b.start for a, b in itertools.pairwise(passages))


@given(documents)
def test_same_input_same_ids_and_no_two_alike(blocks: list[RawBlock]) -> None:
    if all(block.kind == "heading" for block in blocks):
        return
    made = article(*blocks)
    ids = [passage.id for passage in split(made)]
    assert ids == [passage.id for passage in split(article(*blocks))]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[0-9a-f]{16}", name) for name in ids)


def test_paragraphs_are_kept_whole_and_short_ones_together() -> None:
    made = article(paragraph(SENTENCE * 10), paragraph(SENTENCE * 7), paragraph(SENTENCE * 6), heading("Why?"), paragraph("It is so."))
    passages = split(made)
    assert [passage.section for passage in passages] == ["", "", "Why?"]
    assert [len(passage.sentences) for passage in passages] == [17, 6, 1]
    assert [passage.text for passage in passages][2] == "It is so."


def test_a_short_rest_takes_a_paragraph_from_its_neighbour() -> None:
    passages = split(article(paragraph(SENTENCE * 9), paragraph(SENTENCE * 6), paragraph(SENTENCE * 3), paragraph(SENTENCE * 2)))
    assert [len(passage.sentences) for passage in passages] == [15, 5]
    assert all(len(passage.text) >= SHORT for passage in passages)


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    passages = split(article(paragraph(SENTENCE * 60)))
    assert all(passage.text.endswith("fine.") and passage.text.startswith("Trust") for passage in passages)
    assert sum(len(passage.sentences) for passage in passages) == 60


def test_the_id_follows_the_words_and_the_section() -> None:
    ids = {
        split(article(paragraph("One."), title="Trust"))[0].id,
        split(article(paragraph("Two."), title="Trust"))[0].id,
        split(article(heading("Why?"), paragraph("One.")))[0].id,
    }
    assert len(ids) == 3
    assert split(article(paragraph("One."), title="Other"))[0].id in ids  # neither the title nor anything after it changes an id


def test_slugs_are_stable_and_unique() -> None:
    slugs = Slugs()
    origins = [
        "a/Trust in Therapy.md",
        "b/trust-in-therapy.txt",
        "c/b/trust_in_therapy.pdf",
        "https://x.example/blog/trust%20in-therapy.html",
    ]
    assert [slugs.name(origin, "T") for origin in origins] == [
        "trust-in-therapy",
        "b-trust-in-therapy",
        "trust-in-therapy-2",
        "blog-trust-in-therapy",
    ]
    assert Slugs().name("https://x.example/", "Wie geht’s? Über Nähe") == "wie-gehts-uber-nahe"
    assert Slugs().name("信頼.md", "信頼").startswith("article-")


@given(st.lists(st.text(max_size=40), max_size=8))
def test_slugs_never_clash(titles: list[str]) -> None:
    slugs = Slugs()
    names = [slugs.name(f"{title}.md", title) for title in titles]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
    assert all(slugify(name) == name for name in names)


def test_front_matter_comes_along_and_a_heading_that_repeats_the_title_goes() -> None:
    meta = FrontMatter.model_validate(
        {"title": "Trust", "topics": ["starting"], "written_on": "2026-11-22", "sources": [{"by": "A", "title": "B", "year": 2000}]}
    )
    made = assemble(RawDocument("Trust", (heading("TRUST"), paragraph("One.")), meta), "x/trust.md", Slugs())
    assert (made.slug, made.text, made.topics, made.written_on, made.origin) == ("trust", "One.", ("starting",), "2026-11-22", "x/trust.md")
    assert made.sources[0].year == 2000
    assert made.regions == ("all",)
