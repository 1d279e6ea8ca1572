"""The demo's items, as they come out of the parser, against the tagger and the bundled watchlist."""

from datetime import UTC, datetime

import pytest

from feeds.parse import parse
from feeds.types import Feed
from monitor.demo.items import ROUNDS, load
from monitor.demo.render import render
from monitor.tagging import Tagger
from monitor.types import Document
from monitor.watchlist import load as load_watchlist

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


def _served():
    """Every version of every item: the feed, what was written, and the entry that is read."""
    for feed in load():
        subscribed = Feed(url=feed.home, language=feed.language, encoding=feed.override)
        headers = {"content-type": feed.content_type}
        for number in ROUNDS:
            window = feed.window(number)
            parsed = parse(render(feed, number, NOW), headers, subscribed, feed.home)
            for item, entry in zip(window, parsed.entries, strict=True):
                if number == 1 or item not in feed.window(1):
                    yield f"{feed.key}/{item.key}/{number}", (feed, item, entry)


CASES = dict(_served())


@pytest.fixture(scope="module")
def tagger():
    return Tagger(load_watchlist("dprk-civilian"))


@pytest.mark.parametrize("case", CASES)
def test_the_tagger_finds_what_a_careful_reader_finds(tagger, case):
    feed, item, entry = CASES[case]
    document = Document(
        title=entry.title, text=entry.text, language=entry.language, source_kind=feed.kind
    )
    found = {mention.entity for mention in tagger.tag(document) if mention.state == "confirmed"}
    assert found == set(item.names)


def test_there_is_a_case_for_every_item_and_every_edit():
    items = [item for feed in load() for item in feed.items]
    assert len(CASES) == len(items) + sum(item.edit is not None for item in items)
