"""Folding and squeezing, and the way back to the source."""

from __future__ import annotations

import unicodedata

import pytest

from monitor.tagging.shadow import BORDER, Shadow, fold, squeeze

FOLDED = [
    # source, folded
    ("Mill NO. 1", "mill no. 1"),
    ("P’yŏngsŏng", "p'yongsong"),
    ("Ch'o\u0306llima", "ch'ollima"),
    ("ＡＢＣ　２０", "abc 20"),
    ("№1", "no1"),
    ("20×10", "20x10"),
    ("㎡", "m2"),
    ("Ⅸ", "ix"),
    ("Йёж", "иеж"),
    ("и\u0306", "и"),
    ("《갈마》", "'갈마'"),
    ("元山・葛麻", "元山`葛麻"),
    ("ｶﾞｽ", "ガス"),
    ("か\u3099", "が"),
    (unicodedata.normalize("NFD", "평양"), "평양"),
    ("soft\xadhyphen, zero\u200bwidth", "softhyphen, zerowidth"),
    ("non\u2011breaking\xa0blank", "non-breaking blank"),
    ("R&amp;D, R&amp;amp;D, R&#38;D", "r&d, r&d, r&d"),
    ("&quot;Mill&quot; &hellip;", '"mill" .'),
    ("&nosuchthing;", "&nosuchthing;"),
    ("龍岡（リョンガン）郡病院", "龍岡郡病院"),
    ("龍岡(平安)郡", "龍岡(平安)郡"),
    ("İstanbul", "istanbul"),
    ("女", "女"),  # a compatibility ideograph
    ("العربية ไทย", "العربية ไทย"),
]


@pytest.mark.parametrize(("source", "folded"), FOLDED)
def test_fold(source: str, folded: str) -> None:
    assert fold(source) == folded


SQUEEZED = [
    ("Wonsan-Kalma", "wonsankalma"),
    ("원산 갈마 해안\n관광지구", "원산갈마해안관광지구"),
    ('Ch\'ollima `Works` "A"', "chollimaworksa"),
    ("10 000-ton", "10000ton"),
    ("No. 1, A.B.", "no.1,a.b."),
]


@pytest.mark.parametrize(("source", "squeezed"), SQUEEZED)
def test_squeeze(source: str, squeezed: str) -> None:
    assert squeeze(fold(source)).decode() == squeezed


def test_lone_surrogates_survive() -> None:
    shadow = Shadow("\ud800", "Mill \udfff")
    assert shadow.squeezed.endswith(b"mill\xed\xbf\xbf")


BACK = [
    # text, folded stretch that is looked for, as the source writes it
    ("the P’yŏngyang mill", "p'yongyang", "P’yŏngyang"),
    ("a ㎡ of №1 cloth", "no1", "№1"),
    ("R&amp;D Mill", "mill", "Mill"),
    ("iron &amp; steel", "iron & steel", "iron &amp; steel"),
    ("zero\u200bwidth mill", "zerowidth", "zero\u200bwidth"),
    ("龍岡（リョンガン）郡病院で", "龍岡郡病院", "龍岡（リョンガン）郡病院"),
    ("ｶﾞｽ工場", "工場", "工場"),
    (unicodedata.normalize("NFD", "새 평양 역"), "평양", unicodedata.normalize("NFD", "평양")),
    ("… …㎡\u200b mill", "mill", "mill"),
]


@pytest.mark.parametrize(("text", "folded", "written"), BACK)
@pytest.mark.parametrize("title", ["", "㎡ &amp; title"])
def test_back_to_the_source(text: str, folded: str, written: str, title: str) -> None:
    shadow = Shadow(title, text)
    start = shadow.folded.index(folded, shadow.folded.index(BORDER))
    field, low, high = shadow.place(start, start + len(folded))
    assert (field, text[low:high]) == ("text", written)
    assert shadow.written(start, start + len(folded)) == written


def test_title_and_text_are_told_apart() -> None:
    shadow = Shadow("Mill №1", "mill")
    start = shadow.folded.index("no1")
    assert shadow.place(start, start + 3) == ("title", 5, 7)
    assert shadow.place(len(shadow.folded) - 4, len(shadow.folded)) == ("text", 0, 4)


@pytest.mark.parametrize(
    "text",
    ["a" * 10_000_000, "a" + "\u0301\u0316" * 50_000, "\u1112\u1161" * 200_000, "(" * 1_000_000],
    ids=["one letter", "combining marks", "jamo", "brackets"],
)
def test_odd_texts_get_an_answer(text: str) -> None:
    assert Shadow("", text).folded
