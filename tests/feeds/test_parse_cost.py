"""What keeps parsing cheap changes nothing of what is read."""

from __future__ import annotations

import io
from xml.sax import ContentHandler
from xml.sax.expatreader import ExpatParser

import pytest

from feeds.driver import Driver
from feeds.parse import _Text, parse
from feeds.text import clean
from feeds.types import Feed, ParsedFeed

LINES = "\n".join(f"line {number} &amp; more" for number in range(100))


class Pieces(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def characters(self, content: str) -> None:
        self.pieces.append(content)


@pytest.mark.parametrize(("parser", "most"), [(Driver, 1), (ExpatParser, 400)])
def test_text_comes_in_one_piece(parser: type[ExpatParser], most: int) -> None:
    handler = Pieces()
    reader = parser()
    reader.setContentHandler(handler)
    reader.parse(io.BytesIO(f"<a>{LINES}</a>".encode()))
    assert "".join(handler.pieces) == LINES.replace("&amp;", "&")
    assert most / 2 < len(handler.pieces) <= most  # the second parser is Python's own: the twin


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Plain ’ text", "Plain ’ text"),
        ("Mill&#146;s output", "Mill’s output"),  # Windows-1252, as a reference
        ("Mill\u0092s output", "Mill’s output"),
        ("평양 &#147;공장&#148;", "평양 “공장”"),
    ],
)
def test_slips_of_windows_1252_are_still_mended(written: str, read: str) -> None:
    document = f"<rss version='2.0'><channel><item><title>{written}</title></item></channel></rss>"
    parsed = parse(document.encode(), {}, Feed(url="https://a.example/"), "https://a.example/")
    assert isinstance(parsed, ParsedFeed)
    assert parsed.entries[0].title == read


def test_a_text_is_a_plain_string_again_afterwards() -> None:
    assert type(_Text("평양").translate({0x92: "’"})) is str
    assert type(_Text("\x92").translate({0x92: "’"})) is str


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("as it is\nhere", "as it is\nhere"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\x85b\u2028c\u2029d", "a\nb\nc\nd"),
        ("a\x00b\x9fc\ufeffd\ufffee\uffff", "abcde"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
