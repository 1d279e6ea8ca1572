"""Copies that wait for the writer together: one commit, one story, one alert."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from feeds.types import Entry, FetchState, ParsedFeed
from monitor.learning import Learner
from monitor.records import Observation
from tests.support.learning import LearningDesk, entry, fetched
from tests.support.press import words
from tests.support.stores import ON_BOTH, SQLITE_ALONE, statements

pytestmark = ON_BOTH

FEEDS = ("one", "two", "three")
WIRE = f"{words(60, 'wire')} mine {words(20, 'more')}"
UNNAMED = WIRE.replace(" mine ", " pit ")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LearningDesk]:
    """Three feeds that were polled before: what comes now is news."""
    desk = LearningDesk(tmp_path, feeds=FEEDS)
    for name in FEEDS:
        desk.poll(told(0, name, words(90, name)), name=name)
    yield desk
    desk.close()


def told(number: int, by: str, text: str) -> Entry:
    """By each under a headline and an address of its own."""
    title = words(6, f"{by} {number}").capitalize()
    link = f"https://{by}.example/{number}"
    return entry(number, title, text, guid=f"{by}-{number}", url=link)


def document(desk: LearningDesk, name: str, *entries: Entry) -> Observation:
    feed = desk.feed(name)
    return Observation(
        feed=feed,
        started_at=desk.now,
        seconds=0.1,
        answer=fetched(feed.feed.url),
        result=ParsedFeed(entries=entries),
        state=FetchState(etag="e"),
    )


def learn_together(desk: LearningDesk, *seen: Observation) -> int:
    """Let them all wait for the writer, then have it go on; returns how many commits it made."""

    async def all_of_them() -> None:
        go = threading.Event()
        with ThreadPoolExecutor(1) as writer:
            writer.submit(go.wait)
            learner = Learner(store=desk.store, desk=desk.desk, now=lambda: desk.now, writer=writer)
            tasks = [asyncio.create_task(learner.learn(one)) for one in seen]
            await asyncio.sleep(0)
            go.set()
            await asyncio.gather(*tasks)

    with statements(desk.store) as found:
        asyncio.run(all_of_them())
    return found.count("COMMIT")


def stories(desk: LearningDesk) -> list[dict[str, Any]]:
    """Those of the wire's text, with their counts as stored and as they are."""
    rows = desk.rows(
        "SELECT s.items, s.copies, s.origins, count(i.id) AS there, total(i.relation = 'copy') AS same "
        "FROM stories AS s LEFT JOIN items AS i ON i.story = s.id WHERE s.id > 3 GROUP BY s.id"
    )
    return [dict(row) for row in rows]


def both(desk: LearningDesk) -> int:
    return learn_together(
        desk,
        document(desk, "one", told(7, "one", WIRE), told(0, "one", words(90, "one"))),
        document(desk, "two", told(8, "two", WIRE), told(0, "two", words(90, "two"))),
    )


def test_copies_of_each_other(desk: LearningDesk) -> None:
    assert both(desk) == 1
    assert stories(desk) == [{"items": 2, "copies": 1, "origins": 1, "there": 2, "same": 1}]
    assert desk.count("alerts") == 1


@pytest.mark.parametrize("stored", [WIRE, UNNAMED], ids=["announced", "named nothing"])
def test_copies_of_each_other_and_of_a_stored_one(desk: LearningDesk, stored: str) -> None:
    desk.poll(told(6, "three", stored), told(0, "three", words(90, "three")), name="three")
    before = desk.count("alerts")
    assert before == (stored == WIRE)
    assert both(desk) == 1
    assert stories(desk) == [{"items": 3, "copies": 2, "origins": 1, "there": 3, "same": 2}]
    assert desk.count("alerts") == 1


@SQLITE_ALONE
def test_twin_that_learns_after_the_commit_would_tell_it_twice(
    desk: LearningDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of the two must know what the first one stored, though nothing is committed yet."""
    monkeypatch.setattr(desk.store._recent, "remember", lambda *_: None)
    assert both(desk) == 1
    assert len(stories(desk)) == 2
    assert desk.count("alerts") == 2
