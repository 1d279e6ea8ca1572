"""Numbered units, and names inside the name of another body."""

from __future__ import annotations

import pytest

from monitor.tagging.units import numbers
from tests.support.lists import entity, name, surfaces, tag, tagger

STATION = entity(
    "huichon",
    "Huichon Power Station",
    "Huichon Power Stations Nos. 1 and 2",
    name("희천발전소", language="ko"),
    name("희천1호발전소", language="ko"),
    name("熙川发电站", language="zh"),
)
RESORT = entity("resort", "Wonsan-Kalma", "Wonsan-Kalma Tourist Area", kind="project")
LIST = tagger(
    STATION,
    RESORT,
    entity("works", name("희천제철소", language="ko")),
    entity("plan", "Kalma Plan", kind="policy"),
)

TEXTS = [
    ("Huichon Power Station", ["Huichon Power Station"]),
    ("Huichon Power Station No. 1", ["Huichon Power Station"]),
    ("Huichon Power Station, Unit 2", ["Huichon Power Station"]),
    ("Huichon Power Stations Nos. 1 and 2", ["Huichon Power Stations Nos. 1 and 2"]),
    ("No. 2 Huichon Power Station", ["Huichon Power Station"]),
    ("Unit 1 of the Huichon Power Station", ["Huichon Power Station"]),
    ("희천발전소 2호", ["희천발전소"]),
    ("희천1호발전소", ["희천1호발전소"]),
    ("熙川发电站2号", ["熙川发电站"]),
    ("Huichon Power Station, 9 workers", ["Huichon Power Station"]),
    ("희천발전소 19명", ["희천발전소"]),
    ("Kalma Plan No. 9", ["Kalma Plan"]),
    ("희천발전소 3호발전기를", ["희천발전소"]),
    ("희천제철소 제2호용광로를", ["희천제철소"]),
    ("Huichon Power Station No. 9", []),
    ("Huichon Power Station №9", []),
    ("Huichon Power Station No. 12", []),
    ("No. 9 Huichon Power Station", []),
    ("Unit 6 of the Huichon Power Station", []),
    ("희천발전소 9호", []),
    ("熙川发电站9号", []),
    ("the Wonsan-Kalma zone", ["Wonsan-Kalma"]),
    ("the Wonsan-Kalma Tourist Area Construction Company", ["Wonsan-Kalma Tourist Area"]),
    ("the Wonsan-Kalma Airport", []),
    ("the Wonsan-Kalma shock brigade", []),
]


@pytest.mark.parametrize(("text", "found"), TEXTS)
def test_units_and_bodies(text: str, found: list[str]) -> None:
    assert surfaces(tag(LIST, text)) == found


def test_listed_numbers() -> None:
    assert numbers(STATION) == {"1", "2"}
    assert numbers(RESORT) == frozenset()


PARTY = tagger(
    entity(
        "party",
        "Workers' Party of Korea",
        name("Workers' Party", needs_context=True),
        name("WPK", needs_context=True),
        kind="organisation",
        match="context",
    ),
    cues=("DPRK", "Korea"),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("In the DPRK the Workers' Party met.", ["Workers' Party"]),
        ("In the DPRK the Workers' Party of Korea met.", ["Workers' Party of Korea"]),
        ("The DPRK Workers' Party met.", ["Workers' Party"]),
        ("In the DPRK, members of the Central WPK met.", ["WPK"]),
        ("A DPRK guest from the Workers' Party of Mexico left.", []),
        ("A DPRK guest from the Socialist Workers' Party left.", []),
    ],
)
def test_parties_of_a_longer_name(text: str, found: list[str]) -> None:
    assert surfaces(tag(PARTY, text)) == found
