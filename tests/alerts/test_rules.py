"""alerts.rules: which story goes to whom."""

from __future__ import annotations

import pytest

from alerts.errors import RuleError
from alerts.rules import Facts, Rule, Subject, matches, matching

TANCHON = Subject(
    entity="tanchon", sector="electric-power", kind="facility", province="South Hamgyong"
)
PHONGSAN = Subject(entity="school", sector="education", kind="facility", province="North Hwanghae")

FACTS = Facts(
    subjects=(TANCHON, PHONGSAN),
    feed="Example Wire",
    feed_url="https://wire.example.org/rss",
    source_kind="state-media",
    language="ko",
    title="단천발전소 건설에서 성과",
    text="Builders of the Tanchon power station; строители гидроэлектростанции; ＧＤＰ는 10 000; 水力発電所",
)


def rule(**conditions) -> Rule:
    return Rule(name="r", to=("desk",), **conditions)


@pytest.mark.parametrize(
    ("conditions", "entities"),
    [
        ({}, ["tanchon", "school"]),
        ({"entities": ("tanchon",)}, ["tanchon"]),
        ({"entities": ("tanchon", "other")}, ["tanchon"]),
        ({"entities": ("tan",)}, []),
        ({"sectors": ("electric-power",)}, ["tanchon"]),
        ({"sectors": ("electric-power", "education")}, ["tanchon", "school"]),
        ({"kinds": ("facility",)}, ["tanchon", "school"]),
        ({"kinds": ("policy",)}, []),
        ({"provinces": ("south hamgyong",)}, ["tanchon"]),
        # of one entity: a power station here and a school there are no power station there
        ({"sectors": ("electric-power",), "provinces": ("North Hwanghae",)}, []),
        ({"feeds": ("Example Wire",)}, ["tanchon", "school"]),
        ({"feeds": ("https://wire.example.org/rss",)}, ["tanchon", "school"]),
        ({"feeds": ("Other",)}, []),
        ({"source_kinds": ("state-media", "wire")}, ["tanchon", "school"]),
        ({"source_kinds": ("analysis",)}, []),
        ({"languages": ("KO",)}, ["tanchon", "school"]),
        ({"languages": ("en",)}, []),
        ({"sectors": ("electric-power",), "languages": ("ko",)}, ["tanchon"]),
        ({"sectors": ("electric-power",), "languages": ("en",)}, []),
        ({"words": ("builders",)}, ["tanchon", "school"]),
        ({"words": ("absent", "builders")}, ["tanchon", "school"]),
        ({"words": ("absent",)}, []),
        ({"exclude": ("builders",)}, []),
        ({"exclude": ("absent",)}, ["tanchon", "school"]),
        ({"words": ("builders",), "exclude": ("tanchon",)}, []),
    ],
)
def test_conditions(conditions, entities):
    found = matching(rule(**conditions), FACTS)
    assert [subject.entity for subject in found] == entities
    assert matches(rule(**conditions), FACTS) == bool(entities)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("builder", False),  # a whole word
        ("builder*", True),
        ("uilders", False),
        ("BUILDERS", True),
        ("power  station", True),
        ("power stat", False),
        ("발전소", True),  # within a Korean word
        ("건설", True),  # before its particle
        ("発電所", True),
        ("GDP", True),  # full-width in the text, a particle behind it
        ("гидроэлектростанции", True),
        ("гидроэлектростанц", False),
        ("гидроэлектростанц*", True),
        ("станции", False),
        ("10 000", True),
        ("0 00", False),
        ("station;", True),
        ("a.c", False),  # no regular expression
    ],
)
def test_words(word, found):
    assert matches(rule(words=(word,)), FACTS) is found
    assert matches(rule(exclude=(word,)), FACTS) is not found


def test_nothing_named_is_nothing_to_announce():
    assert matching(rule(), Facts(subjects=())) == ()


def test_a_language_with_a_region_is_that_language():
    assert matches(rule(languages=("zh",)), Facts(subjects=(TANCHON,), language="zh-Hans"))


def test_an_unknown_value_is_not_asked_for_by_an_empty_one():
    assert not matches(
        rule(provinces=("x",)), Facts(subjects=(Subject(entity="e", sector="", kind=""),))
    )


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"name": " "}, "name"),
        ({"to": ()}, "to"),
        ({"to": ("",)}, "to"),
        ({"sectors": ("",)}, "sectors"),
        ({"exclude": ("*",)}, "exclude"),
        ({"words": ("  ",)}, "words"),
    ],
)
def test_a_rule_that_could_never_do_what_it_says(changes, key):
    with pytest.raises(RuleError) as caught:
        Rule(**{"name": "r", "to": ("desk",), **changes})
    assert (caught.value.key, str(caught.value).split(": ")[1]) == (key, key)
