"""What a reader sees of a publisher's markup."""

from __future__ import annotations

import pytest

from feeds.text import TEXT_LIMIT, TITLE_LIMIT, body_text, cut, one_line, title_text

BODIES = {
    "<p>One</p><p>Two<br/>three</p>": "One\nTwo\nthree",
    "<P>One<BR>Two<Br>three": "One\nTwo\nthree",
    "<div>a<div>b</div>c</div>": "a\nb\nc",
    "<h2>Dam</h2>Text": "Dam\nText",
    "<ul><li>a<li>b</ul>c": "a\nb\nc",
    "<table><tr><td>a</td><td>b</td></tr>\n<tr><td>c</td></tr></table>": "a b\nc",
    "평양<b>화력</b>발전소<i>는</i>": "평양화력발전소는",
    "<p\nclass=x>one\ntwo</p>": "one two",
    "<pre>one.\ntwo</pre>": "one.\ntwo",
    "a <!-- <p>no</p> --> b": "a b",
    "a<script>var x = '<p>no</p>';</script>b": "ab",
    "<style>p {}</style>a<template>no</template>": "a",
    "<img src=x alt='no'>a": "a",
    "<p title='<p>'>a</p>": "a",
    # nothing swallows the rest of an article
    "a <iframe src='https://video.example'/> b": "a b",
    "a <iframe src='https://video.example'> b": "a b",
    "a <object data=x><embed src=y> b": "a b",
    "a <script src=x/> b": "a b",
    "a <textarea> <b>b</b>": "a b",
    "a <plaintext> <b>b</b>": "a b",
    "<frameset><p>a": "a",
    "a <![CDATA[<b>b</b>]]> c": "a b c",
    # cut by the publisher
    "a <a href='https://news.exa": "a",
    "a <b": "a <b",
    # no tag
    "<사진> a": "<사진> a",
    "<사진> <b>a</b> <종합>": "<사진> a <종합>",
    "5 < 6 > 4": "5 < 6 > 4",
    "if a<b, c": "if a<b, c",
    "a < b <br> c": "a < b\nc",
    # references
    "A &amp; B &lt;b&gt; &quot;x&quot; &#8230; &#x2026;": 'A & B <b> "x" … …',
    "&amp;amp;quot;": "&amp;quot;",
    "&nbsp;a&nbsp;&nbsp;b": "a b",
    "&copy=1&para": "&copy=1&para",
    "&#150; &#xD800; &#x110000; &#0;x": "– \ufffd \ufffd \ufffdx",
    "<p>&#150; &#xD800; &#x110000; &#0;x</p>": "– \ufffd \ufffd \ufffdx",
    # lines of plain text
    "wrapped by the\nwriter's program": "wrapped by the writer's program",
    "First.\nSecond.\r\n\r\nThird": "First.\nSecond.\nThird",
    "제목\n\n본문이\n이어진다": "제목\n본문이 이어진다",
    "List:\n- a\n- b": "List:\n- a\n- b",
    "표제\n■ 첫째\n■ 둘째": "표제\n■ 첫째\n■ 둘째",
    # characters
    "a\x00b\x08c\x1b[31md\x7fe\x9bf": "abc[31mdef",
    "a\ud800b\udfffc\ufffed\ufeff": "abcd",
    "a\x85b\u2028c\u2029d": "a\nb\nc\nd",
    "全角　空白": "全角 空白",
    "  \n\n ": "",
    "": "",
}


@pytest.mark.parametrize(("markup", "text"), BODIES.items())
def test_body(markup: str, text: str) -> None:
    assert body_text(markup, references=True) == text


@pytest.mark.parametrize(
    ("value", "references", "title"),
    [
        ("A &amp; B", True, "A & B"),
        ("A &amp; B", False, "A &amp; B"),
        ("<b>A</b>\n &amp; B", False, "A & B"),
        ("순천시멘트,\n증산\t<종합>", True, "순천시멘트, 증산 <종합>"),
        ("a\x00\x1b]0;b\x07\u202e", True, "a]0;b\u202e"),
        ("x" * 1_001, True, "x" * 999 + "…"),
        ("x" * 1_000, True, "x" * 1_000),
        ("xy " * 5_000_000, True, "xy " * 332 + "xy…"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_title(value: str, *, references: bool, title: str) -> None:
    assert title_text(value, references=references) == title


def test_cut_says_so() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
    assert cut("ab cd", 4) == "ab…"


def test_a_title_that_begins_with_blanks_is_found() -> None:
    assert one_line(" " * TITLE_LIMIT + "x") == "x"


def test_long_texts_are_cut() -> None:
    assert len(body_text("가" * 3_000_000, references=True)) == TEXT_LIMIT
    assert len(body_text("<p>" + "가" * 3_000_000, references=True)) == TEXT_LIMIT


@pytest.mark.parametrize("tag", ["<div>", "<b id=1>", "<table>", "<p><b>", "<svg>", "<a>"])
def test_deep_markup_is_read_by_pattern(tag: str) -> None:
    """100,000 of them take the tree builder 24 seconds, and this not one."""
    assert body_text(tag * 100_000 + "deep &amp; down", references=True) == "deep & down"
