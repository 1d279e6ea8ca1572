"""Where names begin and end: one table, all scripts, through the tagger."""

from __future__ import annotations

import re

import pytest

from monitor.tagging import boundaries, korean
from tests.support.lists import entity, name, surfaces, tag, tagger

NAMES = [
    "Samsu Power Station",
    "Musan Mine",
    "Ryugyong Kimchi Factory",
    "Chollima Steel Complex",
    "KISC",
    "평양양말공장",
    "상원세멘트련합기업소",
    "옥류관",
    "갈마역",
    "주체철",
    "CNC화",
    "주체사상",
    "로동당",
    "원산갈마해안관광지구",
    "熙川发电站",
    "主体鉄",
    "ビナロン",
    "20x10 policy",
]
LIST = tagger(*(entity(f"e{at}", each) for at, each in enumerate(NAMES)))

FOUND = [
    # text, surface
    ("the Samsu Power Station.", "Samsu Power Station"),
    ("SAMSU POWER STATION", "SAMSU POWER STATION"),
    ("Samsu Power Stations", "Samsu Power Stations"),
    ("Samsu Power Station's dam", "Samsu Power Station"),
    ("(Samsu Power Station)", "Samsu Power Station"),
    ("Samsu-Power Station", "Samsu-Power Station"),
    ("Samsu\nPower Station", "Samsu\nPower Station"),
    ("theMusan Mine was", "Musan Mine"),
    ("the Musan MineWorkers", "Musan Mine"),
    ("Ryugyong Kimchi Factories", "Ryugyong Kimchi Factories"),
    ("Chollima Steel Complexes", "Chollima Steel Complexes"),
    ("both Musan Mines", "Musan Mines"),
    ("KISC는", "KISC"),
    ("평양양말공장은 새 양말을", "평양양말공장"),
    ("평양양말공장에서의", "평양양말공장"),
    ("평양양말공장종업원들이", "평양양말공장"),
    ("평양양말공장건설장에서는", "평양양말공장"),
    ("평양양말공장일군들과", "평양양말공장"),
    ("평양 양말 공장의", "평양 양말 공장"),
    ("평양시평양양말공장", "평양양말공장"),
    ("새로건설된평양양말공장을", "평양양말공장"),
    ("황해북도상원군상원세멘트련합기업소로동계급은", "상원세멘트련합기업소"),
    ("자랑스러운상원세멘트련합기업소", None),
    ("조선의옥류관", "옥류관"),
    ("평양옥류관에서", "옥류관"),
    ("《옥류관》에서", "옥류관"),
    ("제2옥류관이라고", "옥류관"),
    ("CNC화된 설비", "CNC화"),
    ("CNC화하였다", "CNC화"),
    ("주체철생산체계완성의 만세소리", "주체철"),
    ("혁명적주체사상으로", "주체사상"),
    ("온 사회를 주체사상화하는", "주체사상"),
    ("주체사상교양을", "주체사상"),
    ("로동당원들과", "로동당"),
    ("로동당대표자회는", "로동당"),
    ("주체사상탑에", None),
    ("로동당산업", None),
    ("원산-갈마 해안관광지구", "원산-갈마 해안관광지구"),
    ("中国的熙川发电站里", "熙川发电站"),
    ("主体鉄の生産", "主体鉄"),
    ("新ビナロン", "ビナロン"),
    ("20 x 10 policy", "20 x 10 policy"),
    ("20×10 policy", "20×10 policy"),
    # not
    ("Samsung Power Station", None),
    ("Samsu Power Stationery", None),
    ("Newsamsu Power Station", None),
    ("Samsu Power\n\nStation", None),
    ("Musan, Mine", None),
    ("Mu san Mine", None),
    ("the Musan Mine-dong road", None),
    ("K ISC", None),
    ("해주체철도", None),
    ("새옥류관련소식", None),
    ("옥류관광", None),
    ("북옥 류관 보", None),
    ("평양양말공장놀이터", None),
    ("동평양양말공장", None),
    ("개갈마역", None),
    ("主体鉄道会社", None),
    ("ビナロンテックス", None),
    ("スビナロン", None),
    ("120x10 policy", None),
    ("1.20x10 policy", None),
]


@pytest.mark.parametrize(("text", "surface"), FOUND)
def test_borders(text: str, surface: str | None) -> None:
    assert surfaces(tag(LIST, text)) == ([surface] if surface else [])


BLUNT = tagger(entity("mill", name("Mill", whole_word=False), name("HQ", case_sensitive=True)))


@pytest.mark.parametrize(
    ("text", "surface"),
    [("Windmills", ["mill"]), ("the HQ", ["HQ"]), ("the hq", []), ("HQs", ["HQs"])],
)
def test_a_name_may_ask_for_other_borders(text: str, surface: list[str]) -> None:
    assert surfaces(tag(BLUNT, text)) == surface


@pytest.mark.parametrize("tail", ["가" * 25, "은" * 24, "건설" * 12, "종업원들이며이다만"])
def test_long_tails_of_hangul_get_an_answer(tail: str) -> None:
    folded = "옥류관" + tail
    assert korean.ends(folded, 3) in (True, False)
    assert boundaries.ends(folded, len(folded)) == len(folded)


MISSED = [
    "평양양말공장은 새 양말을",
    "CNC화된 설비",
    "中国的熙川发电站里",
    "KISC는",
    "theMusan Mine was",
]
TAKEN = ["옥류관광", "主体鉄道会社", "Samsung Power Station No. 2 of Newsamsu Power Stationery"]


@pytest.mark.parametrize("text", MISSED)
def test_word_borders_of_re_would_miss_what_is_found(text: str) -> None:
    r"""What peers do: `\b` on both sides of the name."""
    assert surfaces(tag(LIST, text))
    assert not any(re.search(rf"\b{re.escape(each)}\b", text) for each in NAMES)


@pytest.mark.parametrize("text", TAKEN)
def test_substrings_would_take_what_is_not_meant(text: str) -> None:
    """What other peers do: the name anywhere."""
    assert not surfaces(tag(LIST, text))
    assert any(each.lower() in text.lower() for each in NAMES)
