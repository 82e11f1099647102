"""Furniture goes, promotional names go, everything else stays to the letter. The pages are ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain import BlockKind
from ingest.clean import clean
from ingest.document import RawBlock, RawDocument
from ingest.extract.markdown import read_markdown
from ingest.extract.text import read_text
from ingest.frontmatter import FrontMatter

CORPUS = Path(__file__).parents[2] / "corpus" / "articles"

# The shape of the page that arrives, with another name and other words.
BLOG = """\
Finding Calm in Counselling: Small Steps for Anxious Days with Petra Vandoorn


Anxiety can make a day feel narrow. In this post we look at small steps with the help of counsellors such as like Petra Vandoorn and ask \
what makes them last over the weeks. Dr. Petra Vandoorn

What Does an Anxious Day Look Like

An anxious day often begins early, with a tight chest and a list of worries. Counsellors like Petra Vandoorn listen for the pattern \
behind the list and name it together with the client.


Moreover, a counsellor can teach slow breathing, which settles the body within a few minutes for many people. Petra Vandoorn counsellor

Building a Plan That Lasts

A plan lasts when it is small. Therapists like Petra Vandoorn and psychologists build plans with one step a week, and Aaron Beck once \
asked clients to write each step down. Petra Vandoorn


Popular posts from this blog

Sleep and Worry with Petra Vandoorn (counsellor): A Gentle Guide

A Walk a Day by Petra Vandoorn (PhD)
"""


def document(title: str, *texts: str, kind: BlockKind = "paragraph") -> RawDocument:
    return RawDocument(title, tuple(RawBlock(kind, text) for text in texts), FrontMatter())


def cleaned(title: str, *texts: str) -> list[str]:
    return [block.text for block in clean(document(title, *texts)).blocks]


def test_a_promotional_blog_page_becomes_an_article() -> None:
    result = clean(read_text(BLOG.encode()))
    assert result.title == "Finding Calm in Counselling: Small Steps for Anxious Days"
    assert [block.text for block in result.blocks if block.kind == "heading"] == [
        "What Does an Anxious Day Look Like",
        "Building a Plan That Lasts",
    ]
    text = "\n".join(block.text for block in result.blocks)
    assert "Vandoorn" not in text
    assert "Popular posts" not in text
    assert "with the help of counsellors and ask what makes them last over the weeks." in text
    assert "Counsellors listen for the pattern behind the list" in text
    assert "Aaron Beck once asked clients to write each step down." in text
    assert text.endswith("write each step down.")


PROMOTED = [
    "The room is quiet and the pace is slow there. Dr. Noor Haddad",
    "Practice helps the skill to grow with time. Noor Haddad, LMFT",
]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Many therapists like Noor Haddad foster trust.", "Many therapists foster trust."),
        ("A therapist such as Noor Haddad listens.", "A therapist listens."),
        ("Psychologists, including Dr. Noor Haddad, agree on this.", "Psychologists agree on this."),
        ("Therapists like Noor Haddad and Lena Ortiz listen.", "Therapists like Lena Ortiz listen."),
        ("Therapists like Lena Ortiz and Noor Haddad listen.", "Therapists like Lena Ortiz listen."),
        ("Noor Haddad and other therapists listen.", "Therapists listen."),
        ("Under the guidance of Noor Haddad, clients grow.", "Under the guidance of Noor Haddad, clients grow."),
        ("Clients grow with the help of Dr. Haddad.", "Clients grow."),
        ("According to Noor Haddad, trust is slow.", "Trust is slow."),
        ("As Noor Haddad notes, silence can help.", "Silence can help."),
        ("The therapist, Noor Haddad, waits.", "The therapist waits."),
        ("Healing takes time with Noor Haddad. It is worth it.", "Healing takes time. It is worth it."),
        ("Healing takes time with Dr. Noor Haddad", "Healing takes time"),
        ("Trust grows slowly. Contact Noor Haddad to book a session.", "Trust grows slowly."),
        ("Noor Haddad helps clients in three cities. Trust grows slowly.", "Trust grows slowly."),
        ("Trust grows slowly with Noor Haddad.", "Trust grows slowly."),
        (
            "Aaron Beck developed CBT. Psychologists like Carl Rogers disagreed.",
            "Aaron Beck developed CBT. Psychologists like Carl Rogers disagreed.",
        ),
    ],
)
def test_a_promotional_name_goes_where_a_sentence_stays(before: str, after: str) -> None:
    assert cleaned("Trust", before, *PROMOTED)[0] == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Growing Trust with Noor Haddad", "Growing Trust"),
        ("Growing Trust by Dr. Noor Haddad (PhD)", "Growing Trust"),
        ("Growing Trust | Noor Haddad", "Growing Trust"),
        ("Noor Haddad: Growing Trust", "Growing Trust"),
        ("Growing Trust with Noor Haddad: A Guide", "Growing Trust: A Guide"),
        ("Growing Trust", "Growing Trust"),
    ],
)
def test_a_promotional_name_goes_from_the_title(before: str, after: str) -> None:
    assert clean(document(before, "A plain paragraph about how trust grows.", *PROMOTED)).title == after


@pytest.mark.parametrize(
    "texts",
    [
        [
            "Aaron Beck developed CBT in the 1960s.",
            "Aaron Beck asked clients to test their thoughts.",
            "Psychologists like Aaron Beck changed the field.",
        ],
        [
            "Therapists like Carl Rogers trusted the client.",
            "Rogers called it acceptance.",
            "Psychologists such as Carl Rogers wrote so.",
        ],
        ["“Trust is built in small moments, one after the other.” Maria Lindgren", "Small moments are enough for a start."],
        [
            "People use techniques like Deep Breathing.",
            "People use techniques like Deep Breathing at work.",
            "People like Deep Breathing at night.",
        ],
        ["Marsha Linehan created DBT.", "DBT, by Marsha Linehan, has four parts.", "Contact with Marsha Linehan shaped many therapists."],
    ],
)
def test_names_with_a_reason_stay(texts: list[str]) -> None:
    assert cleaned("Therapies and Their Founders", *texts) == texts


@pytest.mark.parametrize(
    "line",
    [
        "We use cookies to improve your experience.",
        "Share this article",
        "Share on Facebook",
        "Facebook Twitter Pinterest Email",
        "Tweet",
        "Subscribe to our newsletter for weekly tips",
        "By Jonna Ek, PhD",
        "Posted by Jonna Ek on March 3",
        "Written by: Jonna Ek",
        "5 min read",
        "© 2024 Calm Rooms. All rights reserved.",
        "No comments:",
        "Tags: anxiety, trust",
        "Read more »",
        "Skip to content",
        "Back to top",
        "Home > Blog > Trust",
        "Previous post",
        "Home | About | Services | Contact",
        "Advertisement",
        "Photo by Jonna Ek on Unsplash",
        "Last updated: March 3, 2024",
        "Book your free consultation today!",
        "Call us to schedule a first visit.",
        "Click here to learn more",
        "Was this article helpful?",
        "Follow us on Instagram",
        "Accept all cookies",
    ],
)
def test_furniture_lines_go(line: str) -> None:
    assert cleaned("Trust", "Trust grows slowly.", line, "It is worth it.") == ["Trust grows slowly.", "It is worth it."]


@pytest.mark.parametrize(
    "line",
    [
        "Share this with your therapist before the session.",
        "By the third session, many people feel calmer.",
        "Follow her breathing for a minute.",
        "Reviewed by your therapist each week, the plan can change.",
        "Comments from others can hurt.",
        "Call your local emergency number if you are in danger.",
        "Tags can help you sort a thought record.",
        "Book therapy is another word for bibliotherapy.",
        "Contents of a session stay private.",
        "Call us or text 988 now if you are in a crisis.",
        "Topics you may want to raise are sleep and work.",
        "Read more slowly when you are tired, and stop when you like.",
        "Copyright is not the issue here.",
    ],
)
def test_sentences_that_look_a_little_like_furniture_stay(line: str) -> None:
    assert cleaned("Trust", "Trust grows slowly.", line) == ["Trust grows slowly.", line]


def test_what_follows_the_end_goes_and_call_outs_stay() -> None:
    blocks = (
        RawBlock("paragraph", "Trust grows slowly."),
        RawBlock("heading", "You may also like", 2),
        RawBlock("item", "Ten ways to smile"),
        RawBlock("callout", "In an emergency, call 911."),
        RawBlock("heading", "Another page", 2),
        RawBlock("paragraph", "Its teaser."),
    )
    result = clean(RawDocument("Trust", blocks, FrontMatter()))
    assert [block.text for block in result.blocks] == ["Trust grows slowly.", "In an emergency, call 911."]


def test_a_section_of_furniture_goes_and_the_next_one_stays() -> None:
    blocks = (
        RawBlock("heading", "About the author", 2),
        RawBlock("paragraph", "Jonna writes and hikes."),
        RawBlock("heading", "How does trust grow?", 2),
        RawBlock("paragraph", "Slowly."),
        RawBlock("heading", "Empty", 2),
    )
    assert [block.text for block in clean(RawDocument("Trust", blocks, FrontMatter())).blocks] == ["How does trust grow?", "Slowly."]


def test_the_corpus_is_left_alone() -> None:
    articles = sorted(CORPUS.glob("*.md"))
    assert articles
    for path in articles:
        document = read_markdown(path.read_bytes())
        assert clean(document) == document, path.name


@pytest.mark.parametrize("page", [BLOG, "Title\n\nShort text here.\n\nShare this article\n"])
def test_cleaning_again_changes_nothing(page: str) -> None:
    once = clean(read_text(page.encode()))
    assert clean(once) == once
