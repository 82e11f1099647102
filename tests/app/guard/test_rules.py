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

# Beginnings that open a context, by language: its "and" (or a comma), a beginning that opens none, then a past, a fiction, a question
# of education, an idiom and an "if I tell", as people write them.
OPENINGS = """
ar | و | أعمل في مكتب
قبل سنوات كنت حزينة جدا | في طفولتي كان البيت صعبا | قبل عشر سنوات حاولت الانتحار | أقرأ رواية عن الانتحار | ما هي علامات الانتحار
أموت من الضحك | إذا قلت للطبيب كل شيء

bn | , | আমি ঢাকায় থাকি
ছোটবেলায় মরতে চেয়েছিলাম | তিন বছর আগে বাবা মারা গেছেন | একটা সিনেমা দেখছি | আত্মহত্যার লক্ষণ কী | লজ্জায় মরে যাচ্ছি
ডাক্তারকে সব বললে কী হবে

de | und | ich wohne in Berlin
vor drei Jahren ist mein Mann gestorben | als Teenager war ich oft traurig | vor zehn Jahren wollte ich sterben
ich lese gerade einen Roman | was sind die Symptome von Suizidalität | ich sterbe vor Langeweile
wenn ich es meiner Therapeutin sage | wie sage ich es meinem Arzt

es | y | vivo en Madrid
hace tres años murió mi marido | de niña quería morir | a los quince tomé pastillas | estoy leyendo una novela
cuáles son las señales del suicidio | me muero de vergüenza | si le digo a mi psicóloga la verdad | cómo se lo digo a mi médico

fr | et | j'habite à Lyon
il y a trois ans mon mari est mort | quand j'étais ado j'étais souvent triste | à quinze ans j'ai voulu mourir | je lis un roman
quels sont les signes du suicide | je meurs de honte | si je le dis à mon psy | comment en parler à mon médecin

hi | और | मैं दिल्ली में रहता हूँ
तीन साल पहले पापा गुज़र गए | बचपन में मैं बहुत उदास था | बीस साल पहले मैं मरना चाहता था | एक फिल्म देख रहा हूँ
आत्महत्या के लक्षण क्या हैं | शर्म से मर गया | मौत से डर लगता है | अगर मैं डॉक्टर को बता दूँ

it | e | abito a Roma
tre anni fa è morto mio marito | da bambina ero spesso triste | a quindici anni ho preso delle pastiglie | sto leggendo un romanzo
quali sono i segnali del suicidio | sto morendo di vergogna | se lo dico alla mia psicologa | come lo dico al medico

ja | 、 | 東京に住んでいます
三年前に夫が亡くなりました | 子供の頃はよく泣いていました | 昔リスカしていました | 小説を読んでいます
自殺のサインは何ですか | 恥ずかしくて死にそう | 先生に全部話したいです

ko | , | 서울에 살아요
삼년 전에 남편이 죽었어요 | 어릴 때 많이 울었어요 | 예전에 자해를 했어요 | 소설을 읽고 있어요
자살 징후가 뭐예요 | 창피해 죽겠어요 | 상담사에게 다 말하면 어떡해요

nl | en | ik woon in Utrecht
drie jaar geleden is mijn man overleden | vroeger was ik vaak verdrietig | als kind ben ik geslagen | ik lees een roman
wat zijn signalen van zelfmoord | ik sterf van de honger | als ik het mijn therapeut vertel | hoe vertel ik het mijn huisarts

pl | i | mieszkam w Łodzi
trzy lata temu umarł mój mąż | w dzieciństwie było mi smutno | kiedyś byłam szczęśliwa | czytam książkę
jakie są oznaki myśli samobójczych | umieram z nudów | jeśli powiem to lekarzowi | jak powiedzieć to psychologowi

pt | e | moro em Lisboa
há três anos morreu meu marido | na infância eu era triste | aos quinze anos tomei comprimidos | estou lendo um livro
quais são os sinais do suicídio | estou morrendo de vergonha | se eu contar tudo ao psicólogo | como eu conto para minha médica

ru | и | живу в Туле
три года назад умер мой муж | в детстве мне было грустно | подростком резала руки | десять лет назад хотела умереть | читаю роман
какие признаки суицида | умираю от скуки | если я расскажу врачу | как сказать психологу правду

tl | at | nakatira ako sa Cebu
tatlong taon na ang nakalipas nang mamatay ang asawa ko | noong bata ako malungkot ako | dati akong naglalaslas
nagbabasa ako ng nobela | bakit may mga taong naglalaslas | mamatay na ako sa hiya | kung sabihin ko sa doktor

tr | ve | İzmir'de oturuyorum
üç yıl önce kocam öldü | çocukken çok üzgündüm | yıllar önce intihara kalkıştım | bir roman okuyorum
intihar belirtileri nelerdir | meraktan ölüyorum | terapiste söylersem ne olur

uk | і | живу у Львові
три роки тому помер мій чоловік | в дитинстві мені було сумно | підлітком різала руки | читаю роман | які ознаки суїциду
вмираю від нудьги | якщо я розповім лікарю | як сказати психологу правду

ur | اور | میں لاہور میں رہتا ہوں
تین سال پہلے ابو گزر گئے | بیس سال پہلے میں مرنا چاہتی تھی | ایک ناول پڑھ رہا ہوں | خودکشی کی علامات کیا ہیں | شرم سے مر گیا
موت سے ڈر لگتا ہے | اگر میں ڈاکٹر کو بتاؤں

vi | và | tôi sống ở Huế
ba năm trước chồng tôi mất | hồi nhỏ tôi hay buồn | ngày xưa tôi rạch tay | tôi đang đọc một cuốn tiểu thuyết
dấu hiệu tự tử là gì | xấu hổ muốn chết | nếu tôi nói với bác sĩ

zh | ，而且 | 我住在北京
三年前我丈夫去世了 | 小时候我常常哭 | 十年前我想过死 | 我在看一部小说 | 自杀的征兆是什么
笑死我了 | 如果我告诉医生这件事 | 为什么有人会自残
"""


def _openings() -> dict[str, tuple[str, str, list[str]]]:
    made = {}
    for block in OPENINGS.strip().split("\n\n"):
        head, *lines = block.splitlines()
        language, joint, neutral = head.split(" | ")
        joint = joint if language in ("ja", "zh") else f" {joint} "
        made[language] = (joint, neutral, [opening for line in lines for opening in line.split(" | ")])
    return made


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


@pytest.mark.parametrize("language", sorted({rule.language for rule in RULES.rules} - {"en"}))
def test_no_opening_of_a_context_hides_an_explicit_sentence_behind_it_in_any_language(guard: Guard, language: str) -> None:
    """ "Three years ago my husband died and I want to die" is no past, whatever the opening makes of the words behind it."""
    joint, neutral, openings = _openings()[language]
    rules = [rule for rule in RULES.rules if rule.language == language and rule.explicit and rule.outcome is Outcome.CRISIS]
    said = [text for rule in rules for text in rule.must_match[:3]]
    seen = [text for text in said if guard.screen_rules(Conversation(neutral + joint + text)).outcome is Outcome.CRISIS]
    assert len(seen) >= len(said) - 1  # a rule may ask for the beginning of a sentence
    together = [opening + joint + text for opening in openings for text in seen]
    assert [text for text in together if guard.screen_rules(Conversation(text)).outcome is not Outcome.CRISIS] == []


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
