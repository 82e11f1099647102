from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain import Conversation, Outcome
from app.errors import SettingsError
from app.guard.lexicon import Lexicon
from app.guard.rules import FOLDER, RuleSet, _filter, load_rules
from app.guard.screen import Guard
from app.guard.views import views
from tests.app.guard.disguises import SPELLING, UNICODE_AND_LAYOUT

RULES = load_rules()
CRISIS = [(rule.id, text) for rule in RULES.rules if rule.outcome is Outcome.CRISIS for text in rule.must_match]
EXPLICIT = [text for rule in RULES.rules if rule.explicit and rule.outcome is Outcome.CRISIS for text in rule.must_match]


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_a_rule_matches_its_examples_and_not_their_twins(rules: RuleSet, lexicon: Lexicon, rule: object) -> None:
    wanted = next(known for known in rules.rules if known == rule)
    for text in wanted.must_match:
        assert wanted.id in {found.id for found in rules.matching(views(text, lexicon))[0]}, text
    for text in wanted.must_not_match:
        assert wanted.id not in {found.id for found in rules.matching(views(text, lexicon))[0]}, text


@pytest.mark.parametrize("context", RULES.contexts, ids=lambda context: context.id)
def test_a_context_releases_its_examples_and_nothing_more(rules: RuleSet, lexicon: Lexicon, context: object) -> None:
    wanted = next(known for known in rules.contexts if known == context)
    for text in wanted.must_release:
        found, contexts = rules.matching(views(text, lexicon))
        assert not [rule.id for rule in found if rule.outcome is Outcome.CRISIS], text
        assert wanted.id in {context.id for context in contexts}, text
    for text in wanted.must_not_release:
        assert rules.judge(views(text, lexicon)).outcome is Outcome.CRISIS, text


@pytest.mark.parametrize("context", [context for context in RULES.contexts if context.language == "en"], ids=lambda context: context.id)
def test_a_release_never_overrules_an_explicit_sentence_beside_it(guard: Guard, context: object) -> None:
    wanted = next(known for known in RULES.contexts if known == context)
    for text in wanted.must_release:
        for said in (f"{text} I want to kill myself tonight.", f"I want to kill myself tonight. {text}"):
            assert guard.screen_rules(Conversation(said)).outcome is Outcome.CRISIS, said


@pytest.mark.parametrize("said", ["in my {} I want to kill myself", "{} I want to die tonight", "after the {} I am going to end my life"])
def test_no_word_of_a_context_hides_an_explicit_sentence_behind_it(guard: Guard, said: str) -> None:
    """People type without full stops: "in my car I want to kill myself" is no car that dies, nor a song of that name."""
    patterns = [pattern for context in RULES.contexts if context.language == "en" for pattern in context.patterns]
    words = {word for pattern in patterns for word in re.findall(r"[a-z]{3,}", re.sub(r"\\\w", " ", pattern))}
    assert len(words) > 1500
    assert [word for word in sorted(words) if guard.screen_rules(Conversation(said.format(word))).outcome is not Outcome.CRISIS] == []


@pytest.mark.parametrize("name", sorted(UNICODE_AND_LAYOUT))
def test_explicit_crisis_is_seen_through_every_unicode_and_layout_disguise(guard: Guard, name: str) -> None:
    disguise = UNICODE_AND_LAYOUT[name]
    # Stretching doubles vowels that a language already doubles; which was meant can't be told outside the English word list.
    texts = EXPLICIT if name != "stretched" else [text for text in EXPLICIT if text.isascii()]
    missed = [text for text in texts if guard.screen_rules(Conversation(disguise(text))).outcome is not Outcome.CRISIS]
    assert missed == []


@pytest.mark.parametrize("name", sorted(SPELLING))
def test_spelling_disguises_are_mostly_seen_through_by_rules_alone(guard: Guard, name: str) -> None:
    caught = [guard.screen_rules(Conversation(SPELLING[name](text))).blocks for _, text in CRISIS]
    assert sum(caught) / len(caught) >= 0.95


def test_disguises_add_no_false_alarm_to_benign_questions(guard: Guard, benign: list[str]) -> None:
    assert len(benign) >= 500
    plain = sum(guard.screen_rules(Conversation(text)).blocks for text in benign)
    assert plain / len(benign) <= 0.005
    for name in ("spaced", "leet", "stretched", "homoglyph", "emoji_between", "swapped", "markdown"):
        disguise = {**UNICODE_AND_LAYOUT, **SPELLING}[name]
        added = sum(guard.screen_rules(Conversation(disguise(text))).blocks for text in benign) - plain
        assert added / len(benign) <= 0.005, name


def test_every_kind_has_an_english_rule(rules: RuleSet) -> None:
    kinds = {rule.kind for rule in rules.rules if rule.language == "en"}
    assert kinds >= {"suicide", "self_harm", "overdose", "medical", "harm_to_others", "abuse", "child", "eating", "psychosis", "perinatal"}
    assert kinds >= {"third_party", "method_request", "diagnosis", "medication", "test_result", "treatment_decision", "be_my_therapist"}


def test_every_rule_language_names_danger(rules: RuleSet) -> None:
    for language in [
        "en",
        "es",
        "fr",
        "de",
        "pt",
        "it",
        "nl",
        "pl",
        "ru",
        "uk",
        "tr",
        "ar",
        "hi",
        "ur",
        "bn",
        "zh",
        "ja",
        "ko",
        "vi",
        "tl",
    ]:
        kinds = {rule.kind for rule in rules.rules if rule.language == language}
        assert {"suicide", "overdose", "abuse", "third_party", "method_request", "medication"} <= kinds, language


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
def test_text_around_never_hides_an_explicit_sentence(guard: Guard, text: str) -> None:
    assert guard.screen_rules(Conversation(f"{text} . I am going to kill myself tonight. {text}")).outcome is Outcome.CRISIS


# --- loading ----------------------------------------------------------------------------------------------------------

GOOD = """
[[rule]]
id = "x"
kind = "suicide"
outcome = "crisis"
why = "because"
patterns = ["xyzzy"]
must_match = ["xyzzy"]
must_not_match = ["plugh"]
"""


def _folder(tmp_path: Path, text: str) -> Path:
    (tmp_path / "macros.toml").write_text('loop = "{loop}"\n', encoding="utf-8")
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_small_rule_file_loads(tmp_path: Path) -> None:
    assert [rule.id for rule in load_rules(_folder(tmp_path, GOOD)).rules] == ["x"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('must_match = ["xyzzy"]\n', "", "must_match"),
        ('must_not_match = ["plugh"]\n', "", "must_not_match"),
        ('why = "because"\n', "", "why"),
        ('outcome = "crisis"\n', 'outcome = "maybe"\n', "outcome"),
        ('kind = "suicide"\n', 'kind = "medication"\n', "kind"),
        ('"xyzzy"]\nmust_match', '"xyz(zy"]\nmust_match', "regular expression"),
        ('"xyzzy"]\nmust_match', '"{nothing}"]\nmust_match', "nothing"),
        ('"xyzzy"]\nmust_match', '"{loop}"]\nmust_match', "loop"),
    ],
)
def test_a_rule_to_mend_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(SettingsError, match=said) as error:
        load_rules(_folder(tmp_path, GOOD.replace(old, new, 1)))
    assert "own.toml" in str(error.value)


def test_a_context_without_examples_fails(tmp_path: Path) -> None:
    text = '[[context]]\nid = "c"\nwhy = "w"\npatterns = ["a"]\nmust_release = ["a"]\n'
    with pytest.raises(SettingsError, match="must_not_release"):
        load_rules(_folder(tmp_path, text))


def test_two_rules_of_one_id_fail(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="same id"):
        load_rules(_folder(tmp_path, GOOD + GOOD))


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"own\.toml"):
        load_rules(_folder(tmp_path, "[[rule"))


def test_a_folder_without_rules_judges_everything_a_pass(tmp_path: Path, lexicon: Lexicon) -> None:
    assert load_rules(_folder(tmp_path, "")).judge(views("hello", lexicon)).outcome is Outcome.PASS


def test_far_more_patterns_than_one_filter_holds_are_matched(tmp_path: Path, lexicon: Lexicon) -> None:
    words = [f"word{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(450)]
    many = load_rules(_folder(tmp_path, GOOD.replace('["xyzzy"]', str([f"{word} (?:a|b|c){{1,9}}" for word in words]), 1)))
    for word in (words[0], words[199], words[200], words[-1]):
        assert many.judge(views(f"{word} abc", lexicon)).outcome is Outcome.CRISIS
    assert many.judge(views("abc", lexicon)).outcome is Outcome.PASS


def test_patterns_too_large_for_the_engine_say_so() -> None:
    with pytest.raises(SettingsError, match="_FILTER_SIZE"):
        _filter(["a(b"])


def test_rule_files_carry_no_upper_case_escape() -> None:
    """Patterns of other languages are folded to lower case, which would turn ``\\S`` into ``\\s``."""
    for path in FOLDER.glob("*.toml"):
        for escape in (r"\S", r"\W", r"\D", r"\B"):
            assert escape not in path.read_text(encoding="utf-8"), path.name
