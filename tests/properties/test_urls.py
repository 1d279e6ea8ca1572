"""Addresses: whatever is given, an answer; and never another article's."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from feeds import urls

BASE = "https://host.example/feeds/rss.xml?x=1"

_PIECES = st.sampled_from(
    ["http://", "HTTPS://", "//", "/", "?", "#", "&", "=", "%", "%ed", "%2F", ":", ":80", "@", "[", "]",
     "[::1]", "news.example", "평양.example", "ＮＥＷＳ", "..", "a", "É", "\ud800", " ", "\t", "\n", "\x00",
     "utm_source=x", "id=7", "amp", ".amp.html", "xn--", "\\", "`", "javascript:", "\u3002", "\u200d"]
)  # fmt: skip
URLISH = st.one_of(
    st.text(),
    st.from_regex(r"https?://[^\s]{0,30}", fullmatch=True),
    st.lists(_PIECES, max_size=12).map("".join),
    st.lists(_PIECES, max_size=12).map(lambda parts: f"https://news.example/{''.join(parts)}"),
)
_SAFE = st.text("abcXYZ019-._~/%가é ", max_size=20)
PLAIN = st.tuples(_SAFE, st.lists(st.tuples(st.sampled_from(["id", "q", "A"]), _SAFE), max_size=4))


@given(URLISH)
def test_an_address_has_one_spelling(url: str) -> None:
    once = urls.canonical_url(url)
    assert urls.canonical_url(once) == once
    assert urls.url_key(once) == urls.url_key(url)


@given(URLISH)
def test_what_is_made_absolute_stays_so(url: str) -> None:
    absolute = urls.absolute_url(url, BASE)
    assert absolute.lower().startswith(("https://", "http://")) or not absolute
    assert not set(absolute) & set(' \t\n"<>\x00\x1b')
    absolute.encode()
    if len(absolute) <= urls.URL_LIMIT:  # escapes make it longer
        assert urls.absolute_url(absolute, BASE) == absolute


@given(PLAIN)
def test_the_article_stays_the_same(parts: tuple[str, list[tuple[str, str]]]) -> None:
    """The same bytes of path and query, as the standard library undoes escapes."""
    path, query = parts
    url = f"http://news.example/{path}?{'&'.join(f'{name}={value}' for name, value in query)}"
    before, after = urlsplit(url.strip()), urlsplit(urls.canonical_url(url))
    assert unquote_to_bytes(after.path) == unquote_to_bytes(before.path)
    assert unquote_to_bytes(after.query) == unquote_to_bytes(before.query)
