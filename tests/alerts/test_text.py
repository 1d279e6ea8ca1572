"""alerts.text: what goes out is one line, short, and inert."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import text

ANY = st.text(st.characters(categories=None, exclude_categories=()), max_size=300)


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("one\ntwo\r\nthree", "one two three"),
        ("a\x0bb\x0cc\x1cd\x1de\x1ef\x85g\u2028h\u2029i", "a b c d e f g h i"),
        ("  many   blanks\t\u3000\u00a0here ", "many blanks here"),
        ("\x1b[31mred\x07", "[31mred"),
        ("user\u202egnp.exe\u2066\u200f", "usergnp.exe"),
        ("pay\u200b\u200d\ufeffpal\u00ad", "paypal"),
        ("nul\x00", "nul"),
        ("half \ud83d", "half \ufffd"),
        ("\u3164\u115f\u2800", ""),
        ("е\u0308\u0308\u0308\u0308\u0308\u0308\u0308", "е" + "\u0308" * 4),
        ("Hŭich'ŏn 熙川 희천 Хичхонская й", "Hŭich'ŏn 熙川 희천 Хичхонская й"),
        ("🏭☢️", "🏭☢️"),
    ],
)
def test_one_line(raw, line):
    assert text.one_line(raw, 100) == line


@pytest.mark.parametrize(
    ("raw", "limit", "short"),
    [
        ("", 5, ""),
        ("abcde", 5, "abcde"),
        ("abcdef", 5, "abcd…"),
        ("abc def", 5, "abc…"),
        ("cafe\u0301s", 5, "caf…"),  # e and its accent go together
        ("단천발전소", 4, "단천발…"),
        ("\u1103\u1161\u11ab\u110e\u1165\u11ab", 5, "\u1103\u1161\u11ab…"),  # jamo: one syllable
        ("🇰🇷🇯🇵🇨🇳", 4, "🇰🇷…"),
        ("👍🏽👍🏽", 3, "👍🏽…"),
        ("\u0301\u0301\u0301", 2, "…"),
        ("abc", 1, "…"),
    ],
)
def test_shorten_cuts_between_letters(raw, limit, short):
    assert text.shorten(raw, limit) == short


def test_shorten_counts_what_a_character_costs():
    assert text.shorten("a&b&c", 9, text.slack_cost) == "a&b…"
    assert text.shorten("🏭🏭🏭", 5, text.slack_cost) == "🏭🏭…"


def test_a_huge_title_is_not_read_to_its_end():
    line = text.one_line("x" * 10_000_000, 20_000_000)
    assert line == "x" * text.LONGEST_READ + "…"


@given(ANY)
def test_one_line_is_one_line(raw):
    line = text.one_line(raw, 50)
    assert len(line) <= 50
    assert len(line.splitlines()) <= 1
    line.encode()
    assert not {unicodedata.category(char) for char in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert text.one_line(line, 50) == line


@given(ANY, st.integers(1, 40))
def test_shorten_keeps_its_limit_in_any_currency(raw, limit):
    short = text.shorten(raw, limit, text.slack_cost)
    assert sum(map(text.slack_cost, short)) <= limit
    assert raw.startswith(short.removesuffix("…").rstrip())


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org", "https://example.org"),
        ("HTTPS://example.org/A?b=c&d=%20#e", "https://example.org/A?b=c&d=%20#e"),
        (" http://example.org:8080/x ", "http://example.org:8080/x"),
        ("http://[2001:db8::1]/x", "http://[2001:db8::1]/x"),
        ("http://example.org/a<b>c|d e\t", "http://example.org/a%3Cb%3Ec%7Cd%20e"),
        ("http://example.org/\x00\ud800", "http://example.org/%00?"),
        ("https://평양.example/기", "https://평양.example/%EA%B8%B0"),
        ("", ""),
        ("javascript:alert(1)", ""),
        ("ja\tvascript:alert(1)", ""),
        ("ftp://example.org/", ""),
        ("https:example.org", ""),
        ("https:///x", ""),
        ("https://a b/", ""),
        ("https://user:pass@example.org/", ""),
        ("https://good.example\\@evil.example/", ""),
        ("https://example.org:99999999/", ""),
        ("https://example.org/" + "a" * 2_000, ""),
        ("https://example.org/" + "가" * 500, ""),  # nine characters each when encoded
    ],
)
def test_safe_url(url, safe):
    assert text.safe_url(url) == safe


@given(ANY)
def test_a_safe_url_ends_no_markup(raw):
    safe = text.safe_url("https://example.org/" + raw)
    assert re.fullmatch(r"[!#-;=?-\[\]_a-z~]*", safe)


@pytest.mark.parametrize(
    ("function", "raw", "shown"),
    [
        (text.slack_escaped, "<!channel> & co", "&lt;!channel&gt; &amp; co"),
        (text.slack_escaped, "&lt;", "&amp;lt;"),
        (text.slack_unformatted, "*b* _i_ ~s~ `c` <", "∗b∗ ˍiˍ ∼s∼ ˋcˋ &lt;"),
        (text.slack_literal, "<@U1> & co", "‹@U1› & co"),
    ],
)
def test_slack_escapes(function, raw, shown):
    assert function(raw) == shown
