"""What a sentence may leave out of its quote: only parts that are known not to limit the rest."""

from __future__ import annotations

import re

import pytest

from app.compose.verify import Verifier
from tests.app.compose.test_verify import article_sentences


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("Soup is cheap.", "Soup is cheap. In winter, bread costs more."),
        ("Soup is often cold, because the pot leaks.", "Soup is often really cold, because the pot leaks."),
        ("Cooks like soup.", "However, cooks also like soup too."),
        ("Cooks like soup.", "Yes, cooks like soup."),
        ("Salt is used.", "In fact, salt is used."),
        ("Cooks rest at noon.", "Cooks rest at noon because the pot has to cool."),
        ("Cooks rest at noon.", "Cooks rest at noon, so the pot can cool."),
        ("The pot needs salt.", "The pot needs salt, which any shop sells."),
        ("The pot, which any shop sells, needs salt.", "The pot, which any shop sells, needs salt, such as sea salt."),
        ("Small gifts, such as bread, are welcome.", "Small gifts, such as bread or soup, are welcome."),
        ("Small gifts are welcome.", "Small gifts, such as bread or soup, are welcome."),
        ("Gifts are welcome.", "Gifts are welcome, including bread from home."),
        ("Gifts are welcome.", "Gifts are welcome, for example bread from home."),
        ("Progressive walking helps cooks.", "Progressive walking (PW) helps cooks."),
        ("Cooks rest at noon.", "Cooks rest at noon, and a guard keeps the door."),
        ("Soup brings warmth and sleep.", "Soup brings warmth, rest and sleep."),
        ("Warmth comes from rest and sleep.", "Warmth comes from soup, rest and sleep."),
        ("Soup brings warmth and rest.", "Soup brings warmth, rest and sleep."),
        ("Soup may bring warmth or rest.", "Soup may bring warmth, rest or sleep."),
        ("After a fall, rest helps.", "After a fall or a burn, rest helps."),
        ("Call a guard if the pot leaks.", "Call a guard if the pot leaks or the bell rings."),
        ("Salt is common.", "Salt is common, even when nobody sees it."),
    ],
)
def test_what_does_not_limit_may_go(said: str, quote: str) -> None:
    assert Verifier().check(said, quote).reason == ""


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("Nothing is sold unless you agree.", "Nothing is sold unless you agree, or the guard is in danger."),
        ("The law in many towns lets cooks act.", "The main exception is danger to life, where the law in many towns lets cooks act."),
        ("Soup is free, and what you say is private.", "Soup is free, and what you say is private, with limits when a pot burns."),
        ("The shop will pay for one cook.", "The shop will pay for one cook at a time."),
        ("Work for cooks often takes ten days.", "Work for cooks in towns often takes ten days."),
        ("The club helps cooks with thoughts of leaving.", "The club helps cooks under 35 with thoughts of leaving."),
        ("Soup is not a treatment for fever.", "Soup is not a full treatment for fever."),
        ("Soup does as well as bread.", "Soup does as well as bread over the long run."),
    ],
)  # fmt: skip
def test_the_eight_holes_of_the_fourth_sheet_are_closed(said: str, quote: str) -> None:
    assert not Verifier().check(said, quote).ok


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        ("Soup helps.", "Soup helps trained cooks."),
        ("Soup helps cooks.", "Soup helps trained cooks."),
        ("Soup helps cooks.", "Studies suggest that soup helps cooks."),
        ("Cooks do not rest.", "Cooks do not rest because they are lazy."),
        ("Rest if you feel ill.", "Rest if you feel ill because of the soup."),
        ("Soup is cheap.", "Soup is cheap, although it lacks salt."),
        ("Soup is cheap.", "Soup is cheap, but only in winter."),
        ("Soup is private.", "Soup is private, which depends on the town."),
        ("A guard keeps the door.", "In winter, cooks rest, and a guard keeps the door."),
        ("A guard pays half the price.", "Soup from the town is cheap, and a guard pays half the price."),
        ("You can say or no.", "You can say yes or no."),
        ("Cooks like soup.", "Cooks like soup, most strongly in winter, spring and fall."),
        ("Ask the guard.", "Cooks rest at noon, and ask the guard."),
        ("Cooks rest if it is dark.", "Cooks rest if it is dark, and the pot is cold."),
        ("Cooks do not sell salt.", "Cooks do not sell salt and soup."),
        ("Only salt is sold.", "Only salt and soup is sold."),
        ("A mix of salt helps.", "A mix of salt and soup helps."),
        ("Cooks who run can rest.", "Cooks who run and sing can rest."),
        ("The four pots are salt and soup.", "The four pots are salt, bread, water and soup."),
        ("The pot is salt.", "The pot is salt or soup."),
        ("Soup may bring warmth and sleep.", "Soup may bring warmth, rest or sleep."),
        ("Soup brings rest and sleep.", "Soup brings warmth, rest and sleep."),  # where a list begins behind a verb isn't sure
        ("Severe pain can last.", "Severe pain and fever in cooks can last."),
        ("The town has a right to salt.", "The town has a right to salt, with exceptions for soup and bread."),
        ("Fever can last.", "Severe pain and fever can last."),
        ("Hearing can fade.", "Hearing or sight problems can fade."),
        ("Rest for three days.", "Rest for three days or more."),
        ("Sing and dance if there is a bell.", "Sing and dance, or pray, if there is a bell."),
        ("Some rules are laws such as the ban on salt.", "Some rules are laws or house rules, such as the ban on salt."),
        ("Guards do not have a coat.", "Guards do not have a coat yet."),
        ("A guard can plan a watched walk.", "A guard can plan a slow, watched walk."),
        ("Cooks without salt can rest.", "Cooks without salt or soup can rest."),
        ("Salt is free.", 'A line such as "I like salt, and soup is free" is short.'),
        ("Cooks may rest, and the pot may cool.", "Cooks may rest, and in winter the pot may cool."),
    ],
)
def test_what_may_limit_may_not_go(said: str, quote: str) -> None:
    assert not Verifier().check(said, quote).ok


_TAIL = re.compile(r" (?:if|when|unless|until|after|before|with|without|in|for(?! example)|at|during|under) [^,]+\.$")
_OPENING = re.compile(r"^(?:If|When|In|For|After|Before|During|With|Without|At|Some|Most|Often|Usually) [^,]{3,60}, ")


@pytest.mark.slow
@pytest.mark.parametrize("part", [_TAIL, _OPENING])
def test_the_end_or_the_opening_of_an_article_sentence_may_not_be_cut_off(part: re.Pattern[str]) -> None:
    """One in a hundred at most passes: an example, a list's last part or a second statement that has one of these words near its front."""
    verifier, tried, shown = Verifier(), 0, []
    for sentence in article_sentences()[::4]:
        left = part.sub("." if part is _TAIL else "", sentence)
        if left != sentence and len(left.split()) > 3:
            tried += 1
            said = left[0].upper() + left[1:]
            if verifier.check(said, sentence).ok:
                shown.append((said, sentence))
    assert tried > 100
    assert len(shown) <= tried / 100, shown
