"""Words that name an entity only when they stand together."""

from __future__ import annotations

import pytest

from monitor.types import Together
from tests.support.lists import entity, name, surfaces, tag, tagger

CONGRESS = Together(
    groups=(("ninth", "9차"), ("congress", "대회"), ("Workers' Party", "당", "로동당")),
    needs_context=False,
)
FACTORIES = Together(
    groups=(("Ryonggang", "룡강군"), ("local factories", "지방공업공장")), needs_context=False
)
LIST = tagger(
    entity("congress", kind="event", together=(CONGRESS,)),
    entity("party", name("로동당", language="ko"), "Workers' Party", kind="organisation"),
    entity("hospital", "Ryonggang County Hospital", name("룡강군병원", language="ko")),
    entity("factories", together=(FACTORIES,)),
    entity(
        "wide",
        together=(Together(groups=(("dam",), ("turbine",)), within="text", needs_context=False),),
    ),
    entity("doubtful", together=(Together(groups=(("barge",), ("crane",))),)),
    entity("parent", "Hosiery Mill"),
    entity(
        "part", part_of="parent", together=(Together(groups=(("women's",), ("workshop", "shop"))),)
    ),
    cues=("DPRK",),
)

TEXTS = [
    (
        "The Workers' Party holds its ninth congress.",
        {"congress": "Workers' Party holds its ninth congress"},
    ),
    ("로동당 제9차 대회", {"congress": "로동당 제9차 대회"}),
    ("The ninth day. The congress of the Workers' Party.", {"party": "Workers' Party"}),
    ("the 19차 대회 of 당", {}),
    (
        "The Ryonggang County Hospital and the county's local factories opened.",
        {
            "hospital": "Ryonggang County Hospital",
            "factories": "Ryonggang County Hospital and the county's local factories",
        },
    ),
    (
        "룡강군병원과 지방공업공장들이",
        {"hospital": "룡강군병원", "factories": "룡강군병원과 지방공업공장"},
    ),
    ("Ryonggang " + "and more " * 20 + "local factories", {}),
    ("A dam. Later, a turbine.", {"wide": "dam"}),
    ("A dam. Later, nothing.", {}),
    ("barge and crane", {}),
    ("DPRK: barge and crane", {"doubtful": "barge and crane"}),
    ("the women's knitting workshop", {}),
    (
        "At the Hosiery Mill the women's knitting workshop",
        {"parent": "Hosiery Mill", "part": "women's knitting workshop"},
    ),
]


@pytest.mark.parametrize(("text", "found"), TEXTS)
def test_words_together(text: str, found: dict[str, str]) -> None:
    assert {m.entity: m.surface for m in tag(LIST, text) if m.state == "confirmed"} == found


def test_each_word_takes_its_nearest_fellows() -> None:
    text = "Ryonggang, or rather Ryonggang local factories, and Ryonggang"
    assert surfaces(tag(LIST, text))[0] == "Ryonggang local factories"


def test_names_of_the_words_are_told() -> None:
    (mention,) = tag(LIST, "DPRK: barge and crane")
    assert (mention.name, mention.rule) == ("barge + crane", "cue-in-text")
    assert tag(LIST, "barge and crane") == ()
