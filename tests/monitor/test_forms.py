"""Names made by rule: each transcription against forms that are in use, each rule by table."""

from __future__ import annotations

import pytest

from monitor.forms import Form, heads, names_by_rule
from monitor.forms.hangul import spoken
from monitor.forms.hanzi import (
    japanese,
    kanji_variants,
    old_kanji,
    simplified,
    traditional,
)
from monitor.forms.kana import katakana
from monitor.forms.kontsevich import cyrillic, spoken_variants
from monitor.forms.romanise import (
    dprk,
    mccune_reischauer,
    mccune_reischauer_plain,
    revised,
)
from monitor.forms.spelling import initial_law, rok, spellings
from monitor.types import Name

# Korean, McCune-Reischauer, revised romanisation, the DPRK's house style.
ROMANISED = [
    ("함흥", "Hamhŭng", "Hamheung", "Hamhung"),
    ("평성", "P'yŏngsŏng", "Pyeongseong", "Phyongsong"),
    ("청진", "Ch'ŏngjin", "Cheongjin", "Chongjin"),
    ("태천", "T'aech'ŏn", "Taecheon", "Thaechon"),
    ("국경", "Kukkyŏng", "Gukgyeong", "Kukkyong"),
    ("금골", "Kŭmgol", "Geumgol", "Kumgol"),
    ("압록강", "Amnokkang", "Amnokgang", "Amnokkang"),
    ("독립", "Tongnip", "Dongnip", "Tokrip"),
    ("룡림", "Ryongnim", "Ryongnim", "Ryongnim"),
    ("신라", "Silla", "Silla", "Silla"),
    ("칠보", "Ch'ilbo", "Chilbo", "Chilbo"),
    ("설날", "Sŏllal", "Seollal", "Sollal"),
    ("문예", "Munye", "Munye", "Munye"),
    ("한강", "Han'gang", "Hangang", "Hangang"),
    ("꽃동산", "Kkottongsan", "Kkotdongsan", "Kkottongsan"),
    ("같이", "Kach'i", "Gachi", "Kachi"),
    ("굳이", "Kuji", "Guji", "Kuji"),
    ("넓은", "Nŏlbŭn", "Neolbeun", "Nolbun"),
    ("좋은", "Choŭn", "Joeun", "Joun"),
    ("빛", "Pit", "Bit", "Pit"),
    ("짜임", "Tchaim", "Jjaim", "Jjaim"),
    ("의주", "Ŭiju", "Uiju", "Uiju"),
    ("3호", "3ho", "3ho", "3ho"),
    ("2단계", "2tan'gye", "2dangye", "2tangye"),
    ("남포 유리 공장", "Namp'o Yuri Kongjang", "Nampo Yuri Gongjang", "Nampho Yuri Kongjang"),
]


@pytest.mark.parametrize(("korean", "mr", "rr", "house"), ROMANISED)
def test_romanisation(korean, mr, rr, house):
    assert (mccune_reischauer(korean), revised(korean), dprk(korean)) == (mr, rr, house)


def test_the_plain_form_drops_marks_only():
    assert mccune_reischauer_plain("태천 흥남") == "Taechon Hungnam"


def test_the_capital_is_spelt_as_everyone_spells_it():
    assert dprk("평양 비누") == "Pyongyang Pinu"
    assert dprk("평안") == "Phyongan"


def test_words_do_not_touch_each_other():
    assert mccune_reischauer("대동 강") == "Taedong Kang"
    assert mccune_reischauer("대동강") == "Taedonggang"


def test_a_carried_consonant_loses_its_doubling_to_the_next_vowel():
    assert [(each.onset, each.coda) for each in spoken("닭이")] == [("ㄷ", "ㄹ"), ("ㄱ", "")]


@pytest.mark.parametrize(
    ("korean", "expected"),
    [
        ("함흥", "Хамхын"),
        ("청진", "Чхончжин"),
        ("해주", "Хэчжу"),
        ("사리원", "Саривон"),
        ("의주", "Ыйчжу"),
        ("희망", "Химан"),
        ("독립", "Тоннип"),
        ("원흥", "Вонхын"),
        ("칠골", "Чхильголь"),
        ("단천", "Танчхон"),
        ("국화", "Кукхва"),
        ("영유", "Ёнъю"),
        ("에너지", "Эночжи"),
        ("평양 제2 공장", "Пхеньян Че2 Кончжан"),
    ],
)
def test_kontsevich(korean, expected):
    assert cyrillic(korean) == expected


def test_the_softer_spelling_is_made_as_well():
    assert spoken_variants("Хэчжу") == ("Хэчжу", "Хэджу")
    assert spoken_variants("Танчхон") == ("Танчхон",)


@pytest.mark.parametrize(
    ("korean", "expected"),
    [
        ("함흥", "ハムフン"),
        ("해주", "ヘジュ"),
        ("평양", "ピョンヤン"),
        ("회령", "フェリョン"),
        ("룡림", "リョンリム"),
        ("광명", "クァンミョン"),
        ("계동", "ケドン"),
        ("보통", "ポトン"),
        ("독립", "トクリプ"),
        ("원화", "ウォンファ"),
        ("백두 산", "ペクトゥサン"),
        ("3호", "3ホ"),
    ],
)
def test_katakana(korean, expected):
    assert katakana(korean) == expected


@pytest.mark.parametrize(
    ("north", "south"),
    [
        ("룡문", "용문"),
        ("련포", "연포"),
        ("로동", "노동"),
        ("락원", "낙원"),
        ("녕변", "영변"),
        ("녀성", "여성"),
        ("남포", "남포"),
        ("나진", "나진"),
        ("천리마", "천리마"),
        ("CNC", "CNC"),
        ("", ""),
    ],
)
def test_the_word_initial_law(north, south):
    assert initial_law(north) == south


@pytest.mark.parametrize(
    ("north", "south"),
    [
        ("흥남 비료 련합 기업소", "흥남 비료 연합 기업소"),
        ("천내리 세멘트 공장", "천내리 시멘트 공장"),
        ("로씨야 대사관", "러시아 대사관"),
        ("바다가 려관", "바닷가 여관"),
    ],
)
def test_rok_spelling_of_a_whole_name(north, south):
    assert rok(north) == south


def test_each_doubtful_place_varies_on_its_own():
    assert set(spellings("천내리세멘트련합기업소")) == {
        "천내리세멘트련합기업소",
        "천내리시멘트련합기업소",
        "천내리세멘트연합기업소",
        "천내리시멘트연합기업소",
    }


def test_spellings_go_south_to_north_by_the_tables_only():
    assert "조선로동당" in spellings("조선노동당")
    assert spellings("영원발전소") == ("영원발전소",), "영원 may be 녕원 or 영원: not to be guessed"


def test_an_inner_syllable_stays():
    assert spellings("옥류관") == ("옥류관",)


@pytest.mark.parametrize(
    ("hanja", "simple", "kanji"),
    [
        ("檢德鑛山", "检德矿山", "検徳鉱山"),
        ("靑年發電所", "青年发电所", "青年発電所"),
        ("黃海製鐵所", "黄海制铁所", "黄海製鉄所"),
        ("淸津驛", "清津驿", "清津駅"),
    ],
)
def test_characters_of_three_countries(hanja, simple, kanji):
    assert (simplified(hanja), japanese(hanja)) == (simple, kanji)


def test_a_character_that_stands_for_two_gives_both():
    assert set(traditional("制粉厂")) == {"制粉廠", "製粉廠"}


def test_common_characters_alone_give_no_second_form():
    assert traditional("元山") == ()


def test_a_half_converted_name_is_not_made():
    """坂 is in GB 2312 and not in Big5, and the table leaves it out."""
    assert traditional("铁厂") == ("鐵廠",)
    assert traditional("坂铁厂") == ()


def test_kanji_variants():
    assert set(kanji_variants("竜岡郡病院")) == {"竜岡郡病院", "龍岡郡病院"}
    assert "平壤驛" in kanji_variants("平壌駅")
    assert old_kanji("元山") == "元山"


def made(form: Form, *listed: Name) -> dict[str, Name]:
    found: dict[str, Name] = {}
    for name in names_by_rule(form, listed):
        found.setdefault(name.text, name)
    return found


GLASS = Form(stems=("룡성",), hanja=("龍城",), head="textile-mill")


@pytest.mark.parametrize(
    ("text", "language", "origin"),
    [
        ("Ryongsong Textile Mill", "en", "head-noun"),
        ("Ryongsong Textile Factory", "en", "head-noun"),
        ("Ryongsŏng Textile Mill", "en", "mccune-reischauer"),
        ("Yongsŏng Textile Mill", "en", "mccune-reischauer"),
        ("Ryongseong Textile Mill", "en", "revised"),
        ("Yongseong Textile Mill", "en", "revised"),
        ("Ryongsŏng Pangjik Kongjang", "en", "mccune-reischauer"),
        ("Yongseong Bangjik Gongjang", "en", "revised"),
        ("룡성방직공장", "ko", "head-noun"),
        ("용성방직공장", "ko", "spelling"),
        ("龍城紡織工場", "ko", "hanja"),
        ("龙城纺织厂", "zh", "head-noun"),
        ("龍城紡織廠", "zh", "traditional"),
        ("竜城紡織工場", "ja", "head-noun"),
        ("リョンソン紡織工場", "ja", "katakana"),
        ("Рёнсонская текстильная фабрика", "ru", "kontsevich"),
        ("текстильный комбинат Рёнсон", "ru", "kontsevich"),
    ],
)
def test_a_place_and_a_head_make_names_in_five_languages(text, language, origin):
    name = made(GLASS)[text]
    assert (name.language, name.origin, name.confidence) == (language, origin, "medium")
    assert not name.needs_context
    assert name.inflects == (language == "ru")


def test_an_ambiguous_stem_needs_context_in_that_language_only():
    form = Form(stems=("삼수",), hanja=("三水",), head="mine", ambiguous=("zh",))
    names = made(form)
    assert names["三水矿山"].needs_context
    assert names["三水矿山"].confidence == "low"
    assert names["三水礦山"].needs_context, "the traditional form inherits it"
    assert not names["삼수광산"].needs_context


def test_a_listed_name_is_romanised_and_keeps_its_options():
    listed = Name(text="Ryongsong Works", language="en", needs_context=True, case_sensitive=True)
    name = made(GLASS, listed)["Ryongseong Works"]
    assert name.needs_context
    assert name.case_sensitive
    assert (name.origin, name.confidence) == ("revised", "medium")


def test_low_confidence_is_never_raised():
    listed = Name(text="Ryongsong Works", language="en", confidence="low")
    assert made(GLASS, listed)["Ryongseong Works"].confidence == "low"


def test_stems_in_use_take_the_place_of_those_made():
    form = Form(
        stems=("금별",), head="mine", latin=("Gold Star",), kana=("ゴールド",), cyrillic=("Голд",)
    )
    names = made(form)
    assert "Gold Star Mine" in names
    assert "Kumbyol Mine" not in names
    assert "ゴールド鉱山" in names
    assert "рудник Голд" in names


def test_as_many_stems_in_both_scripts_go_in_pairs():
    form = Form(stems=("김 책", "김책"), head="mine", latin=("Kim Chaek", "Kimchaek"))
    names = made(form)
    assert "Kim Ch'aek Mine" in names
    assert "Gimchaek Mine" in names


def test_the_capital_keeps_its_english_spelling_beside_a_romanised_name():
    form = Form(stems=("평양 한 별",), head="mine", latin=("Pyongyang Han Byol",))
    assert {"Pyongyang Han Byeol Mine", "Pyeongyang Han Byeol Mine"} <= set(made(form))


def test_adjectives_are_made_of_one_word_and_lose_a_final_a():
    assert "Хваский рудник" in made(Form(stems=("화",), head="mine"))
    assert "Мирский рудник" not in made(Form(stems=("미래",), head="mine"))
    many = made(Form(stems=("신",), head="mine", cyrillic=("имени Син",)))
    assert "рудник имени Син" in many
    assert not any(text.startswith("имени Синск") for text in many)


def test_whole_names_are_romanised_without_a_head():
    names = made(Form(korean=("새 려관",)))
    assert set(names) == {"Sae Ryŏgwan", "Sae Ryeogwan", "Sae Yŏgwan", "Sae Yeogwan"}


def test_a_listed_name_without_a_form_still_gets_its_other_spellings():
    names = made(Form(), Name(text="흥남비료련합기업소", language="ko"))
    assert list(names) == ["흥남비료연합기업소"]


@pytest.mark.parametrize("slug", sorted(heads()))
def test_every_head_is_complete(slug):
    head = heads()[slug]
    assert head.en
    assert head.ru
    assert all("*" in noun for noun in head.ru), "the place must stand somewhere"
    assert bool(head.zh) == bool(head.ja) == bool(head.ko)
    assert len(set(head.en)) == len(head.en)
    assert not any(simplified(noun) != noun for noun in head.zh), "zh is simplified"
