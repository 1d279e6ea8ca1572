"""The tagger as a whole: fields, overlaps, order, odd input, many names."""

from __future__ import annotations

import random

import pytest

from monitor.tagging import Tagger
from monitor.types import Document
from tests.support.lists import entity, ids, name, surfaces, tag, tagger, watchlist

LIST = tagger(
    entity("party", "Workers' Party of Korea", kind="organisation"),
    entity("congress", "Ninth Congress of the Workers' Party of Korea", kind="event"),
    entity("bag", "Pyongyang Bag Factory", name("평양가방공장", language="ko")),
    entity("twin", "Pyongyang Bag Factory No. 1"),
)


def test_the_longest_name_wins_and_the_shorter_counts_where_it_stands_alone() -> None:
    text = "The Ninth Congress of the Workers' Party of Korea, said the Workers’ Party of Korea."
    found = [(m.entity, m.surface) for m in tag(LIST, text)]
    assert found == [
        ("congress", "Ninth Congress of the Workers' Party of Korea"),
        ("party", "Workers’ Party of Korea"),
    ]


def test_title_and_text_have_offsets_of_their_own() -> None:
    mentions = tag(LIST, "…at the Pyongyang Bag Factory", title="“Pyongyang Bag Factory” №1")
    assert [(m.field, m.start, m.end) for m in mentions] == [("title", 1, 26), ("text", 8, 29)]


def test_no_name_runs_from_the_title_into_the_text() -> None:
    assert tag(LIST, "Factory opens", title="Pyongyang Bag") == ()


def test_a_mention_tells_the_name_as_listed() -> None:
    (mention,) = tag(LIST, "PYONGYANG\nBAG FACTORY")
    assert (mention.name, mention.surface) == ("Pyongyang Bag Factory", "PYONGYANG\nBAG FACTORY")


PARK = tagger(
    entity("park", "Munsu Park", name("аквапарк Мунсу", language="ru", inflects=True)),
    entity("district", name("화성지구", language="ko")),
)


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("В аквапарке «Мунсу» плавали", "аквапарке «Мунсу»"),
        ("the Munsu “Park” opened", "Munsu “Park”"),
        ("«Munsu Park» opened", "Munsu Park"),
        ("《화성지구》에서", "화성지구"),
    ],
)
def test_a_quotation_opened_in_a_name_is_closed(text: str, surface: str) -> None:
    assert surfaces(tag(PARK, text)) == [surface]


def test_tagging_is_pure() -> None:
    document = Document(title="", text="The Pyongyang Bag Factory and 평양가방공장은")
    assert LIST.tag(document) == LIST.tag(document) != ()


def test_a_watchlist_without_names_finds_nothing() -> None:
    assert Tagger(watchlist()).tag(Document(title="a", text="b")) == ()


ODD = {
    "nothing": ("", ""),
    "lone surrogates": ("\ud800", "\udfff the Pyongyang Bag Factory \ud83d"),
    "one letter": ("", "a" * 10_000_000),
    "one syllable": ("", "평" * 1_000_000),
    "combining marks": ("", "Pyongyang Bag Factory" + "\u0301\u0327" * 50_000),
    "entities": ("", "&amp;" * 200_000),
    "borders": ("\x1e\x1e", "\x1e Pyongyang Bag Factory \x1e"),
    "blanks": ("", "Pyongyang" + " " * 1_000_000 + "Bag Factory"),
    "control characters": ("\x00", "\x00Pyongyang Bag Factory\x00"),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_texts_get_an_answer(case: str) -> None:
    title, text = ODD[case]
    expected = "Factory" in text
    assert bool(tag(LIST, text, title)) == expected


def test_dense_texts_get_an_answer() -> None:
    text = "Pyongyang Bag Factory, 평양가방공장과 " * 5_000
    assert len(tag(LIST, text)) == 10_000


def test_fifty_thousand_names() -> None:
    """A list of any size answers; every name of a sample of it is found, and only that."""
    syllables = ["kim", "pyong", "song", "chon", "ryong", "hae", "mun", "san", "gang", "nam"]
    draw = random.Random(7)
    stems = {"".join(draw.choices(syllables, k=6)).capitalize() for _ in range(65_000)}
    names = [f"{stem} Works" for stem in sorted(stems)][:50_000]
    assert len(names) == 50_000
    large = Tagger(watchlist(*(entity(f"e{at}", each) for at, each in enumerate(names))))
    for at in draw.sample(range(len(names)), 50):
        text = f"Yesterday the {names[at]} opened."
        assert ids(tag(large, text)) == {f"e{at}"}
    assert surfaces(tag(large, "Nothing of the kind Works here.")) == []
