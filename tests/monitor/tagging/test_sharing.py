"""Heads and stems that names share in a list."""

from __future__ import annotations

import pytest

from monitor.tagging import heads
from tests.support.lists import entity, name, tag, tagger

LIST = tagger(
    entity("okryu", "Okryu Restaurant", name("옥류관", language="ko")),
    entity("chongryu", "Chongryu Restaurant"),
    entity("huichon", "Huichon Power Station", name("희천발전소", language="ko")),
    entity("samsu", "Samsu Power Station", name("삼수발전소", language="ko")),
    entity(
        "kimchaek", "Kim Chaek Iron and Steel Complex", name("김책제철련합기업소", language="ko")
    ),
    entity(
        "hwanghae", "Hwanghae Iron and Steel Complex", name("황해제철련합기업소", language="ko")
    ),
    entity(
        "ryomyong",
        "Ryomyong Street",
        name("黎明大街", language="zh"),
        name("黎明通り", language="ja"),
    ),
    entity(
        "changjon",
        "Changjon Street",
        name("仓田大街", language="zh"),
        name("倉田通り", language="ja"),
    ),
    entity("kimchi", "Ryugyong Kimchi Factory"),
    entity("policy", "Okryu Policy", kind="policy"),
)

SHARED = [
    # text, entity: surface
    ("Okryu, Chongryu and other restaurants", {"okryu": "Okryu", "chongryu": "Chongryu"}),
    ("the Okryu and Wonsan Restaurants", {"okryu": "Okryu"}),
    (
        "the Huichon and Samsu power stations",
        {"huichon": "Huichon", "samsu": "Samsu power stations"},
    ),
    (
        "Kim Chaek and Hwanghae iron and steel complexes",
        {"kimchaek": "Kim Chaek", "hwanghae": "Hwanghae iron and steel complexes"},
    ),
    ("Ryugyong, Hamhung and other kimchi factories", {"kimchi": "Ryugyong"}),
    (
        "Ryomyong, Mirae and Changjon Streets",
        {"ryomyong": "Ryomyong", "changjon": "Changjon Streets"},
    ),
    ("희천, 삼수발전소에서는", {"huichon": "희천", "samsu": "삼수발전소"}),
    ("김책과 황해제철련합기업소", {"kimchaek": "김책", "hwanghae": "황해제철련합기업소"}),
    ("김책·황해제철련합기업소", {"kimchaek": "김책", "hwanghae": "황해제철련합기업소"}),
    ("沿着黎明和仓田大街", {"ryomyong": "黎明", "changjon": "仓田大街"}),
    ("黎明、倉田通り", {"ryomyong": "黎明", "changjon": "倉田通り"}),
    # not
    ("Okryu beat other restaurants", {}),
    ("Okryu and Chongryu sang before the restaurants", {}),
    ("Okryu, and a walk to other restaurants", {}),
    ("okryu, chongryu and other restaurants", {}),
    ("Samsu, Hyesan and other mines", {}),
    ("Samsung, Lotte and other power stations", {}),
    ("the dawn and 仓田大街", {"changjon": "仓田大街"}),
    ("희천에서 삼수발전소로", {"samsu": "삼수발전소"}),
]


@pytest.mark.parametrize(("text", "found"), SHARED)
def test_lists(text: str, found: dict[str, str]) -> None:
    assert {m.entity: m.surface for m in tag(LIST, text)} == found


def test_the_rule_is_told() -> None:
    rules = {m.entity: m.rule for m in tag(LIST, "희천, 삼수발전소")}
    assert rules == {"huichon": "shared-head", "samsu": "name"}


@pytest.mark.parametrize(
    ("listed", "parts"),
    [
        ("okryu restaurant", ("okryu", "restaurant")),
        ("kim chaek iron and steel complex", ("kim chaek", "iron and steel complex")),
        ("pyongyang kim jong suk textile mill", ("pyongyang kim jong suk", "textile mill")),
        ("okryu-gwan", None),
        ("power station", None),
        ("ten ton press", None),
    ],
)
def test_stem_and_head(listed: str, parts: tuple[str, str] | None) -> None:
    assert heads.split(listed) == parts


@pytest.mark.parametrize(
    ("one", "many"),
    [("mill", "mills"), ("factory", "factories"), ("complex", "complexes"), ("works", "works")],
)
def test_plural(one: str, many: str) -> None:
    assert heads.plural(one) == many


PYONGYANG = tagger(
    entity("silk", "Kim Jong Suk Pyongyang Silk Mill"),
    entity(
        "hosiery",
        "Pyongyang Hosiery Factory",
        name("평양양말공장", language="ko"),
        name("平壌靴下工場", language="ja"),
    ),
    entity(
        "bag",
        "Pyongyang Bag Factory",
        name("평양가방공장", language="ko"),
        name("平壌かばん工場", language="ja"),
    ),
    entity("hospital", "Ryonggang County Hospital", name("룡강군병원", language="ko")),
    entity("factories", name("룡강군지방공업공장", language="ko")),
    entity("ryomyong", name("улица Рёмён", language="ru", inflects=True)),
    entity("changjon", name("улица Чханчжон", language="ru", inflects=True)),
)

STEMS = [
    (
        "Kim Jong Suk Pyongyang Silk Mill, Cosmetics Factory, the Hosiery Factory and Bag Factory",
        {
            "silk": "Kim Jong Suk Pyongyang Silk Mill",
            "hosiery": "Hosiery Factory",
            "bag": "Bag Factory",
        },
    ),
    ("룡강군병원과 지방공업공장들이", {"hospital": "룡강군병원", "factories": "지방공업공장"}),
    ("룡강군병원·지방공업공장", {"hospital": "룡강군병원", "factories": "지방공업공장"}),
    ("룡강군병원, 지방공업공장 준공", {"hospital": "룡강군병원", "factories": "지방공업공장"}),
    ("평양양말공장과 신발공장, 가방공장을", {"hosiery": "평양양말공장", "bag": "가방공장"}),
    ("平壌靴下工場とかばん工場で", {"hosiery": "平壌靴下工場", "bag": "かばん工場"}),
    ("на улицах Рёмён и Чханчжон", {"ryomyong": "улицах Рёмён", "changjon": "Чханчжон"}),
    ("на улице Рёмён, Чханчжон далеко", {"ryomyong": "улице Рёмён", "changjon": "Чханчжон"}),
    ("Pyongyang Hosiery Factory, a bag factory", {"hosiery": "Pyongyang Hosiery Factory"}),
    ("Pyongyang Hosiery Factory. Bag Factory", {"hosiery": "Pyongyang Hosiery Factory"}),
    ("룡강군병원에서 지방공업공장으로", {"hospital": "룡강군병원"}),
    ("룡강군병원과 지방공업공장놀이터", {"hospital": "룡강군병원"}),
    ("강남군, 무산군 지방공업공장", {}),
]


@pytest.mark.parametrize(("text", "found"), STEMS)
def test_stems_that_went_before(text: str, found: dict[str, str]) -> None:
    mentions = tag(PYONGYANG, text)
    assert {m.entity: m.surface for m in mentions} == found
    assert {m.rule for m in mentions} <= {"name", "shared-stem"}
