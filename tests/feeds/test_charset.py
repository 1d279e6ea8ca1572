"""Which encoding a document is in. Whole documents are in `cases`; here is what they leave open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.invented_encodings import Invented, feeds
from feeds.charset import codec_name, decode
from feeds.parse import parse
from feeds.types import Feed, ParsedFeed

LABELS = {
    "UTF-8": "utf-8",
    "utf8": "utf-8",
    " EUC-KR ": "cp949",
    "ks_c_5601-1987": "cp949",
    "windows-949": "cp949",
    "Shift_JIS": "cp932",
    "x-sjis": "cp932",
    "gb2312": "gb18030",
    "GBK": "gb18030",
    "big5": "cp950",
    "iso-8859-1": "cp1252",
    "us-ascii": "cp1252",
    "windows-1251": "cp1251",
    "koi8-r": "koi8-r",
    # no encodings of documents
    "punycode": "",
    "idna": "",
    "unicode_escape": "",
    "raw_unicode_escape": "",
    "undefined": "",
    "utf-7": "",
    "rot13": "",
    "zlib": "",
    "bogus": "",
    "a\0b": "",
    "../etc": "",
    "": "",
}


@pytest.mark.parametrize(("label", "name"), LABELS.items())
def test_codec_name(label: str, name: str) -> None:
    assert codec_name(label) == name


@pytest.mark.parametrize(
    ("language", "encoding", "text"),
    [
        ("ko", "cp949", "똠방각하는 평양화력발전소를 찾았다"),
        ("ja", "euc_jp", "熙川発電所は正常に稼働している"),
        ("ja", "cp932", "熙川発電所は正常に稼働している"),
        ("zh", "gb18030", "平壤火力发电厂正常运转"),
        ("ru", "cp1251", "Хичхонская ГЭС работает"),
    ],
)
def test_an_undeclared_document_is_tried_in_its_languages_encodings(
    language: str, encoding: str, text: str
) -> None:
    body = f"<rss><title>{text}</title></rss>".encode(encoding)
    assert decode(body, content_type="", language=language).encoding == encoding


@pytest.mark.parametrize(("broken", "encoding"), [(1, "utf-8"), (40, "utf-8"), (400, "cp1252")])
def test_few_broken_characters_are_an_accident(broken: int, encoding: str) -> None:
    body = "Обычный текст на русском языке. ".encode() * 5 + b"\xd0 " * broken
    found = decode(body, content_type="text/xml; charset=utf-8")
    assert found.encoding == encoding


VARIANTS = sorted({feed.variant for feed in feeds(copies=1)})


@pytest.mark.parametrize("variant", VARIANTS)
def test_feeds_in_many_encodings(variant: str) -> None:
    """Seven languages, declared rightly, wrongly, not at all, cut and mixed."""
    wrong = {feed.name: read(feed) for feed in feeds(copies=1) if feed.variant == variant}
    assert {name: found for name, found in wrong.items() if found} == {}


def read(feed: Invented) -> tuple[object, ...]:
    """What is other than it should be."""
    url = "https://feeds.example/"
    found = parse(feed.body, {"content-type": feed.content_type}, Feed(url=url), url)
    if not isinstance(found, ParsedFeed):
        return (found,)
    items = len(found.entries) + found.skipped.get("empty", 0)
    said = (found.title, items, found.entries[0].title)
    return () if said == (feed.title, feed.items, feed.first) else said


def test_without_the_judgement_a_wrong_name_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    lies = [feed for feed in feeds(copies=1) if feed.variant == "declares its sibling"]
    assert lies
    monkeypatch.setattr("feeds.charset.is_text", lambda *_: True)
    assert any(read(feed) for feed in lies)


@pytest.mark.parametrize(
    ("declared", "encoding", "text"),
    [
        ("Big5", "big5hkscs", "佢哋嘅船喺碼頭，橋樑工程將在明年春天完工"),
        ("EUC-JP", "euc_jis_2004", "①化学肥料、②セメントの順に増産する"),
        ("gb2312", "gb18030", "朱镕基路的桥梁工程将在明年春天竣工"),
        ("EUC-KR", "cp949", "똠방각하라는 별명의 기사는 펲시를 마셨다"),
    ],
)
def test_what_the_declared_set_lacks(declared: str, encoding: str, text: str) -> None:
    body = f'<?xml version="1.0" encoding="{declared}"?><rss><title>{text}</title></rss>'
    found = decode(body.encode(encoding), content_type="")
    assert found.text == body
    assert found.unreadable == 0


def test_a_name_that_no_such_document_can_have_is_passed_over() -> None:
    """.NET declares UTF-16 in what it then writes in UTF-8, or in the system's encoding."""
    head = b'<?xml version="1.0" encoding="utf-16"?><rss><title>Steel</title></rss>'
    assert decode(head, content_type="").text.startswith("<?xml")


PORTUGUESE = "A produção não avançou; ações, inflação e eleições são notícia em São Paulo. " * 3


def test_an_undeclared_latin_document_is_of_the_west_unless_it_says_its_language() -> None:
    assert decode(PORTUGUESE.encode("cp1252"), content_type="").encoding == "cp1252"
    hungarian = "Az erőmű újra termel, a gyár új gépei működnek, őszre elkészül a híd. " * 3
    body = f"<rss><language>hu</language><title>{hungarian}</title></rss>"
    assert decode(body.encode("cp1250"), content_type="").text == body


def test_an_override_that_nobody_knows_is_ignored() -> None:
    assert (
        decode("평양".encode("cp949"), content_type="", override="bogus", language="ko").text
        == "평양"
    )


@given(
    st.binary(), st.sampled_from(list(LABELS)), st.sampled_from(["", "ko", "ja", "zh", "ru", "de"])
)
def test_every_answer_is_text(body: bytes, label: str, language: str) -> None:
    found = decode(body, content_type=f"text/xml; charset={label}", language=language)
    assert isinstance(found.text, str)
    assert found.encoding
