"""Cues, namesakes abroad, look-alikes, parts and wholes: when a name that stands there is meant."""

from __future__ import annotations

import pytest

from monitor.tagging.reading import Reading, Vocabulary
from monitor.tagging.shadow import Shadow
from monitor.tagging.words import Words
from monitor.types import Document, Together
from tests.support.lists import entity, name, surfaces, tag, tagger, watchlist

LIST = tagger(
    entity("okryu", "Okryu Restaurant", name("옥류관", language="ko"), not_near=("branch", "분점")),
    entity(
        "kisc",
        "Kim Chaek Works",
        name("KISC", needs_context=True),
        name("김철", language="ko", confidence="low"),
    ),
    entity("vinalon", "vinalon fibre", match="context"),
    entity("trade", "processing trade", match="generic", kind="policy"),
    entity("mill", "Textile Mill", near=("Sinuiju",)),
    entity("workshop", "yarn workshop", part_of="mill", match="generic"),
    entity("district", name("화성지구", language="ko"), "Hwasong District"),
    entity("stage", name("화성지구 3단계", language="ko"), part_of="district"),
    entity("idea", "Juche", match="context", kind="policy"),
    entity("iron", "Juche iron"),
    cues=("DPRK", "North Korea", "북한", "평양", "Juche #"),
    foreign=("Seoul", "전주", "Brazil"),
    masks=("Hwasong-#", "Juche #", "Juche Tower", "평양냉면", "Okryu Restaurant Group"),
)

CONFIRMED = [
    # standalone names need nothing
    ("Okryu Restaurant opened.", ["Okryu Restaurant"]),
    # … but not among foreigners, unless a cue stands there too
    ("An Okryu Restaurant opened in Seoul.", []),
    ("전주의 중식당 옥류관은 값을 올리지 않는다.", []),
    ("North Korea's Okryu Restaurant is known in Seoul.", ["Okryu Restaurant"]),
    ("Seoul slept. Okryu Restaurant opened.", ["Okryu Restaurant"]),
    # in a text about the subject only a foreign word right beside the name tells
    (
        "DPRK. Okryu Restaurant received a guest who had come a long way from Brazil.",
        ["Okryu Restaurant"],
    ),
    ("DPRK. The Seoul Okryu Restaurant received a guest.", []),
    # neighbours
    ("The Okryu Restaurant's branch opened.", []),
    ("The Okryu Restaurant opened. A branch did not.", ["Okryu Restaurant"]),
    ("옥류관 분점", []),
    # short forms
    ("KISC made steel.", []),
    ("KISC made steel in the DPRK.", ["KISC"]),
    ("KISC made steel. Kim Chaek Works did not.", ["KISC", "Kim Chaek Works"]),
    # context and generic
    ("vinalon fibre was spun.", []),
    ("vinalon fibre was spun in the DPRK.", ["vinalon fibre"]),
    ("The DPRK expands processing trade.", ["processing trade"]),
    ("The DPRK spoke. It expands processing trade.", ["processing trade"]),
    ("x" * 500 + ". Processing trade grew. The DPRK did not.", []),
    # one of `near` anywhere
    ("The Textile Mill works.", []),
    ("The Textile Mill works. It is in Sinuiju.", ["Textile Mill"]),
    # parts
    ("The yarn workshop opened.", []),
    (
        "The Textile Mill in Sinuiju works. Its yarn workshop too.",
        ["Textile Mill", "yarn workshop"],
    ),
    ("화성지구 3단계가", ["화성지구", "화성지구 3단계"]),
    # look-alikes
    ("The Hwasong-18 flew over Hwasong District.", ["Hwasong District"]),
    ("It was Juche 98 in the DPRK.", []),
    ("The Juche Tower in the DPRK.", []),
    ("Juche iron in the DPRK.", ["Juche iron"]),
    ("Juche in Juche 98.", ["Juche"]),  # the year is a cue, not a name
    ("Okryu Restaurant Group", []),
    ("평양냉면과 processing trade", []),  # a dish is no cue
    ("태평양의 vinalon fibre", []),  # nor is an ocean
]


@pytest.mark.parametrize(("text", "found"), CONFIRMED)
def test_confirmed(text: str, found: list[str]) -> None:
    assert surfaces(tag(LIST, text)) == found


CANDIDATES = [
    ("vinalon fibre was spun.", ["vinalon fibre"]),
    ("KISC made steel.", ["KISC"]),
    ("김철", []),  # of low confidence, and no cue anywhere: noise
    ("processing trade grew.", []),
    ("x" * 500 + ". Processing trade grew. The DPRK did not.", ["Processing trade"]),
    ("Okryu Restaurant opened in Seoul.", []),
]


@pytest.mark.parametrize(("text", "found"), CANDIDATES)
def test_candidates(text: str, found: list[str]) -> None:
    assert surfaces(tag(LIST, text), "candidate") == found


RULES = [
    ("Okryu Restaurant", "name"),
    ("DPRK: vinalon fibre", "cue-in-text"),
    ("DPRK: processing trade", "cue-in-passage"),
    ("vinalon fibre", "no-cue"),
    ("x" * 500 + ". Processing trade grew. The DPRK did not.", "cue-elsewhere"),
]


@pytest.mark.parametrize(("text", "rule"), RULES)
def test_every_mention_says_which_rule_decided(text: str, rule: str) -> None:
    assert [mention.rule for mention in tag(LIST, text)] == [rule]


def test_a_part_says_so() -> None:
    mentions = tag(LIST, "화성지구 3단계")
    assert [(m.entity, m.rule) for m in mentions] == [
        ("district", "name"),
        ("stage", "part-with-parent"),
    ]


def test_a_cue_in_the_title_counts_for_the_text() -> None:
    assert surfaces(tag(LIST, "vinalon fibre was spun.", title="News of the DPRK")) == [
        "vinalon fibre"
    ]


SENTENCES = [
    ("One. Two! Three? Four", ["One. ", "Two! ", "Three? ", "Four"]),
    ("Shop No. 1 at Mt. Kumgang. End", ["Shop No. 1 at Mt. Kumgang. ", "End"]),
    ("At 3.5 per cent, J. Smith said. End", ["At 3.5 per cent, J. Smith said. ", "End"]),
    ('He said "stop." She went. ', ['He said "stop." ', "She went. "]),
    ("말하였다.올해 2.8공장에서", ["말하였다.", "올해 2.8공장에서"]),
    ("東京。大阪！\n奈良", ["東京。", "大阪。", "\n", "奈良"]),
]


@pytest.mark.parametrize(("text", "sentences"), SENTENCES)
def test_sentences(text: str, sentences: list[str]) -> None:
    shadow = Shadow("", text)
    reading = Reading(Vocabulary.of(watchlist()), shadow, Words([]).find(shadow))
    found = dict.fromkeys(reading.sentence(place) for place in range(1, len(shadow.folded)))
    assert [shadow.folded[start:end] for start, end in found] == [
        each.lower() for each in sentences
    ]


def test_words_inside_a_look_alike_do_not_join() -> None:
    vinalon = Together(groups=(("비날론",), ("생산",)), needs_context=False)
    small = tagger(entity("vinalon", together=(vinalon,)), masks=("비날론련합기업소",))
    assert surfaces(tag(small, "비날론을 생산하였다")) == ["비날론을 생산"]
    assert surfaces(tag(small, "순천비날론련합기업소에서 생산하였다")) == []


@pytest.mark.parametrize(
    ("source", "state"),
    [
        ("", "candidate"),
        ("Harbour Wire", "candidate"),
        ("North Korea desk of a wire", "confirmed"),
        ("평양신문", "confirmed"),
    ],
)
def test_a_feed_that_names_the_subject_is_a_cue(source: str, state: str) -> None:
    found = LIST.tag(Document(title="", text="vinalon fibre", source=source))
    assert [mention.state for mention in found] == [state]
