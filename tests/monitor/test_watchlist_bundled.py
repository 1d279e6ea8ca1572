"""The bundled watchlist: whole, tested by its own lines, and blind to what is military."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from monitor.forms.hanzi import _only_in_gb
from monitor.tagging import Tagger
from monitor.types import Document, Watchlist
from monitor.watchlist import check, load, report

LANGUAGES = ("en", "ko", "zh", "ja", "ru")
ENTITIES = 106
SCRIPTS = (
    ("ko", "[가-힣]"),
    ("ja", "[ぁ-ヺ]"),
    ("ru", "[а-яё]"),
    ("zh", "[㐀-鿿]"),
    ("en", "[a-z]"),
)


@pytest.fixture(scope="module")
def watchlist() -> Watchlist:
    return load("dprk-civilian")


@pytest.fixture(scope="module")
def tagger(watchlist: Watchlist) -> Tagger:
    return Tagger(watchlist)


def found(tagger: Tagger, text: str) -> set[str]:
    mentions = tagger.tag(Document(title="", text=text))
    return {mention.entity for mention in mentions if mention.state == "confirmed"}


def language_of(line: str) -> str:
    """By script. A Japanese line has kana, or its name would be read as Chinese."""
    return next(name for name, letters in SCRIPTS if re.search(letters, line, re.IGNORECASE))


def test_every_entity_is_there(watchlist):
    assert len(watchlist.entities) == ENTITIES
    assert all(slug == entity.id for slug, entity in watchlist.entities.items())


def test_the_self_tests_pass(watchlist, tagger):
    assert [str(failure) for failure in check(watchlist, tagger.tag)] == []


def test_the_self_tests_would_fail_without_the_rules(watchlist):
    """The broken twin: no masks, no neighbours, and every name counts by itself."""
    entities = {
        slug: replace(
            entity,
            match="standalone",
            near=(),
            not_near=(),
            names=tuple(replace(name, needs_context=False) for name in entity.names),
        )
        for slug, entity in watchlist.entities.items()
    }
    blunt = replace(watchlist, entities=entities, masks=(), foreign=())
    failures = check(blunt, Tagger(blunt).tag)
    assert sum(failure.expected == "miss" for failure in failures) > 50


def test_every_facility_has_names_in_all_languages(watchlist):
    for entity in watchlist.entities.values():
        if entity.kind == "facility":
            assert {name.language for name in entity.names} == set(LANGUAGES), entity.id


def test_every_entity_is_tested_in_every_language_it_has_names_in(watchlist):
    for entity in watchlist.entities.values():
        languages = {name.language for name in entity.names}
        hits = {language_of(line) for line in entity.hits}
        misses = {language_of(line) for line in entity.misses}
        assert languages <= hits, entity.id
        assert languages <= misses, entity.id


def test_no_line_is_used_twice(watchlist):
    lines = [line for each in watchlist.entities.values() for line in (*each.hits, *each.misses)]
    assert len(set(lines)) > 0.95 * len(lines)


def test_workshops_have_their_plants(watchlist):
    parts = [entity for entity in watchlist.entities.values() if entity.part_of]
    assert len(parts) == 8
    for part in parts:
        assert part.part_of in watchlist.entities


def test_names_are_made_by_every_rule(watchlist):
    origins = {origin for _, origin in report(watchlist).names}
    assert origins == {
        "listed",
        "head-noun",
        "spelling",
        "hanja",
        "traditional",
        "kanji",
        "katakana",
        "kontsevich",
        "mccune-reischauer",
        "revised",
    }


def test_russian_names_decline_and_others_do_not(watchlist):
    for entity in watchlist.entities.values():
        for name in entity.names:
            assert name.inflects == (name.language == "ru"), name.text


def test_traditional_names_are_wholly_traditional(watchlist):
    for entity in watchlist.entities.values():
        for name in entity.names:
            if name.origin == "traditional":
                assert not any(_only_in_gb(sign) for sign in name.text), name.text


@pytest.mark.parametrize(
    "text",
    [
        "North Korea fired a Hwasong-17 and two Kumsong-3 missiles, KCNA said.",
        "Pyongyang's Chollima-1 rocket fell into the sea.",
        "Cadets of the Kim Jong Suk Naval University paraded in Pyongyang.",
        "North Korea: Changgwang Sinyong Corporation and Tanchon Commercial Bank are sanctioned.",
        "The reactor at Yongbyon and the halls at Kangson are still running, North Korea watchers say.",
        "Koksan guns were moved to the front, North Korean media showed.",
        "북한이 화성-18형과 금성-3호를 공개했다.",
        "북한의 병진로선은 핵과 경제를 함께 내세운다.",
        "조선인민군 제1군단의 훈련을 김정은이 지도했다.",
        "朝鲜试射火星-18型导弹。",
        "北朝鮮が火星17を発射した。",
        "КНДР запустила ракету «Хвасон-17».",
        "В КНДР показали подводную лодку с ракетами «Пуккыксон-3».",
    ],
)
def test_what_is_military_names_nothing(tagger, text):
    assert found(tagger, text) == set()


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("Built in Juche 111 (2022) in Pyongyang.", set()),
        ("The Juche idea was explained in Pyongyang in Juche 111 (2022).", {"juche-ideology"}),
        ("주체111(2022)년 평양에서", set()),
        ("Вонсан-Кальма приняла гостей.", {"wonsan-kalma-coastal-tourist-area"}),
        ("화성지구 4단계 살림집이 평양에 섰다.", {"hwasong-district"}),
        (
            "Workshops at the Pyongyang Hosiery Factory: a men's hosiery workshop.",
            {"pyongyang-hosiery-factory", "pyongyang-hosiery-factory-men-s-hosiery-workshop"},
        ),
        ("The Ninth Congress of the WPK", {"wpk-ninth-congress"}),
        ("The Eighth Congress of the Workers' Party of Korea", {"workers-party-of-korea"}),
    ],
)
def test_conventions(tagger, text, entities):
    assert found(tagger, text) == entities
