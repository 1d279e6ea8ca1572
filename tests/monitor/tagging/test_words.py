"""The words round a name: how each is looked for."""

from __future__ import annotations

import pytest

from monitor.tagging.shadow import Shadow
from monitor.tagging.words import Words, fixed_part

FOUND = [
    # word, text, as found in the folded text
    ("DPRK", "the DPRK's plan", ["dprk's"]),
    ("North Korea", "in north-korea", ["north-korea"]),
    ("branch", "two branches of the branch", ["branch"]),
    ("mine", "mines, undermine, miner", ["mines"]),
    ("prospect*", "Prospecting and prospectors", ["prospecting", "prospectors"]),
    ("Hwasong-#", "Hwasong-18, Hwasong 11 and Hwasong area", ["hwasong-18", "hwasong 11"]),
    ("Juche #", "Juche 98 (2009), Juche98", ["juche 98", "juche98"]),
    ("주체#", "주체 98(2009)년 주체사상", ["주체 98"]),
    ("# года чучхе", "102 года чучхе", ["102 года чучхе"]),
    ("9", "9차, 19차, 9.5", ["9", "9"]),
    ("북한", "남북한 북 한", ["북한", "북 한"]),
    ("朝鮮", "北朝鮮の", ["朝鮮"]),
    ("съезд", "на IX съезде, съезды, съездить", ["съезде", "съезды"]),
    ("Северная Корея", "в Северной Корее", ["севернои корее"]),
]


@pytest.mark.parametrize(("word", "text", "found"), FOUND)
def test_words(word: str, text: str, found: list[str]) -> None:
    shadow = Shadow("", text)
    places = Words([word]).find(shadow)
    assert [shadow.folded[start:end] for start, end in places.get(word, [])] == found


@pytest.mark.parametrize(
    ("word", "fixed"), [("Hwasong-#", "hwasong"), ("mine*", "mine"), ("в съезде", "всъезд")]
)
def test_the_fixed_part_is_what_never_varies(word: str, fixed: str) -> None:
    assert fixed_part(word) == fixed


def test_no_words_no_finds() -> None:
    assert Words([]).find(Shadow("", "anything")) == {}
    assert Words(["", "  ", "-"]).find(Shadow("", "- anything")) == {}
