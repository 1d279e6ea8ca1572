"""`wirewatch stats --gaps`: when which feed was not seen whole, and what it may have cost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from feeds.types import FeedError, FetchState, NotModified
from monitor.store.desk.sources import sources
from tests.support.collection import Ran, run
from tests.support.learning import entry
from tests.support.newsroom import Newsroom

DOWN = FeedError(url="https://two.example/feed", reason="timeout", message="no \x1b[31manswer")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    made = Newsroom(tmp_path)
    feeds = "".join(f'[[feed]]\nurl = "{url}"\n' for url in made.urls.values())
    (tmp_path / "feeds.toml").write_text(feeds)
    (tmp_path / "wirewatch.toml").write_text('database = "test.db"\nfeeds = ["feeds.toml"]\n')
    for name in made.urls:
        made.again(entry(1, "An old story", url=f"https://{name}.example/1"), by=name)
    yield made
    made.close()


def gaps(room: Newsroom, *arguments: str) -> Ran:
    config = str(room.path.with_name("wirewatch.toml"))
    return run("stats", "--gaps", *arguments, "--config", config, now=room.now)


def test_no_gap_is_said(room: Newsroom) -> None:
    assert "No gap" in gaps(room).out
    assert gaps(room, "--json").json == []


def test_a_failing_feed_and_one_that_rolled_over(room: Newsroom) -> None:
    room.observe(DOWN, "two")
    room.observe(DOWN, "two")
    room.again(entry(9, "All new", url="https://one.example/9"), by="one")
    found = json.loads(gaps(room, "--json").out)
    assert {(gap["feed"], gap["why"]) for gap in found} == {
        ("one", "no overlap"),
        ("two", "failing"),
    }
    (down,) = (gap for gap in found if gap["feed"] == "two")
    assert down["to"] is None
    shown = gaps(room).out
    assert "lasts" in shown
    assert "\x1b" not in shown


def test_old_gaps_need_a_longer_look(room: Newsroom) -> None:
    room.again(entry(9, "All new", url="https://one.example/9"), by="one")
    for name in room.urls:
        room.again(entry(9, "All new", url=f"https://{name}.example/9"), by=name)
    room.now += timedelta(days=20)
    feeds = {gap["feed"] for gap in gaps(room, "--json", "--since", "30d").json}
    assert "one" in feeds
    assert all(gap["why"] != "no overlap" for gap in gaps(room, "--json").json)


def test_the_present_pace_is_shown(room: Newsroom) -> None:
    """Polled every quarter of an hour and in vain, a feed comes to be asked less often."""
    for _ in range(8):
        room.observe(NotModified(url="u", http_status=304, state=FetchState(etag="e")), "two")
    pace = room.feed("two").pace
    assert 900 < pace <= 3_600
    config = str(room.path.with_name("wirewatch.toml"))
    listed = run("feeds", "list", "--json", "--config", config, now=room.now).json
    health = run("feeds", "health", "--json", "--config", config, now=room.now).json["feeds"]
    at = room.urls["two"]
    for rows in (listed, health):
        assert {row["pace"] for row in rows if row["url"] == at} == {pace}
    with sqlite3.connect(room.path) as db:
        assert {row.pace for row in sources(db, now=room.now)} == {900, pace}
