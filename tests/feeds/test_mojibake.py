"""Text that its publisher spoilt: seen, counted, and never where there is none."""

from __future__ import annotations

import pytest

from benchmarks.invented_encodings import SENTENCES
from benchmarks.invented_garbled import garbled
from feeds.mojibake import garbled_note, is_garbled, noted
from feeds.parse import parse
from feeds.types import Feed, ParsedFeed
from tests.support import hostile

URL = "https://feeds.example/rss.xml"


@pytest.mark.parametrize("way", sorted({way for way, _, _ in garbled()}))
def test_every_way_to_spoil_a_text_is_seen(way: str) -> None:
    missed = [
        title for said, title, text in garbled() if said == way and not is_garbled(title, text)
    ]
    assert missed == []


SOUND = {
    "capitals and dashes": ("CAFÉ–BAR ‘É’", "NOËL À ÉVRY — “L’ÉTÉ” commence demain, à côté"),
    "questions": ("Why??? Who?? When?", "Was it so? Or not? See http://a.example/?a=b?c=d ?!"),
    "a game": ("What does ? mean", "???"),
    "dots and rules": ("••••••••••••", "———————————— ………………………… ★★★★★★★★★★★★"),
    "Vietnamese": ("Đường phố được mở rộng", "Nhà máy xi măng đã vượt kế hoạch năm nay"),
    "capitals in Russian": ("ГАЗПРОМ И РОСАТОМ ПОДПИСАЛИ", "ДОГОВОР О ПОСТАВКАХ НА ТРИ ГОДА ВПЕРЁД"),
    "names in Russian": ("РосАтом, ГазПром и РусГидро", "договорились о поставках угля и газа зимой"),
    "one mark of a cut": ("평양의 봄", "봄이 왔다. 꽃이 피었\ufffd"),
    "Bulgarian": ("някой знае ли магазин", "за бюра? не успях да намеря свестен"),
    "a dash in English": ("An instrument", "It should be your next—or even first—instrument—ever—yes."),
}  # fmt: skip


@pytest.mark.parametrize(("title", "text"), SOUND.values(), ids=SOUND)
def test_what_is_sound_is_left_alone(title: str, text: str) -> None:
    assert not is_garbled(title, text)


@pytest.mark.parametrize("language", SENTENCES)
def test_sentences_are_sound(language: str) -> None:
    assert not any(is_garbled(sentence, "") for sentence in SENTENCES[language])
    assert not is_garbled("", " ".join(SENTENCES[language]))


def test_a_feed_says_how_many_and_keeps_them_as_published() -> None:
    spoilt = "강변 방직공장에서 새 설비가 가동을 시작했다".encode().decode("cp1252", "replace")
    items = hostile.item(1) + f"<item><title>{spoilt}</title></item>"
    found = parse(hostile.rss(items), {}, Feed(url=URL), URL)
    assert isinstance(found, ParsedFeed)
    assert found.garbled == 1
    assert found.notes == ("1 of 2 entries are garbled: spoilt before they were published",)
    assert found.entries[1].title.startswith("ê°•ë³€")


def test_a_sound_feed_says_nothing() -> None:
    found = parse(hostile.rss(hostile.item(1)), {}, Feed(url=URL), URL)
    assert isinstance(found, ParsedFeed)
    assert (found.garbled, found.notes) == (0, ())


def test_the_note_is_found_again() -> None:
    note = garbled_note(3, 20)
    assert noted(f"it moved; {note}; other") == note
    assert noted("it moved") == ""
