"""Which encoding a document is in. Whole documents are in `cases`; here is what they leave open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.charset import codec_name, decode

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


@pytest.mark.parametrize(("broken", "encoding"), [(1, "utf-8"), (40, "cp1252")])
def test_few_broken_characters_are_an_accident(broken: int, encoding: str) -> None:
    body = "Обычный текст на русском языке. ".encode() * 5 + b"\xd0 " * broken
    found = decode(body, content_type="text/xml; charset=utf-8")
    assert found.encoding == encoding
    assert found.unreadable >= 1


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
