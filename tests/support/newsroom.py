"""A desk for the tests of what pages read: sources of several kinds, polls by hand, judgements."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from feeds.types import Entry, Feed
from monitor.records import PollRecord
from monitor.store.desk import decisions, reviews
from monitor.store.desk.decisions import Decision, Recorded
from tests.support.learning import LearningDesk, entry

SOURCES = {"one": "state-media", "two": "wire", "three": "analysis"}


class Newsroom(LearningDesk):
    """A learning desk whose stories can be judged."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "test.db"
        self.reviews = folder / reviews.FILE
        self.subscribe(SOURCES)

    def subscribe(self, sources: dict[str, str]) -> None:
        """Poll these, by name, as of these kinds."""
        self.urls = {name: f"https://{name}.example/feed" for name in sources}
        feeds = [Feed(url=u, name=n, kind=sources[n]) for n, u in self.urls.items()]
        self.store.subscribe(feeds, interval=900, now=self.now)

    def say(self, number: int, title: str, text: str = "", *, by: str = "one", **other: Any) -> int:
        """A document with one more entry than that source's last; returns the story."""
        window = self.__dict__.setdefault("window", {}).setdefault(by, [])
        url = other.pop("url", f"https://{by}.example/{number}")
        window.insert(0, entry(number, title, text, url=url, **other))
        self.poll(*window[:20], name=by)
        row = self.rows("SELECT story FROM items WHERE url = ?", url)[0]
        return int(row["story"])

    def again(self, *entries: Entry, by: str = "one") -> PollRecord:
        """A document of exactly these entries."""
        self.__dict__.setdefault("window", {})[by] = list(entries)
        return self.poll(*entries, name=by)

    def judge(self, story: int, verdict: str, **other: Any) -> Recorded:
        """Somebody decides, now."""
        if not self.reviews.exists():
            reviews.create(self.reviews)
        given: dict[str, Any] = {"reviewer": "kim", "decided_at": self.now, **other}
        conn = sqlite3.connect(self.reviews, isolation_level=None)
        try:
            reviews.prepare(conn)
            return decisions.record(conn, [Decision(story=story, verdict=verdict, **given)])[0]
        finally:
            conn.close()

    @contextmanager
    def reader(self) -> Iterator[sqlite3.Connection]:
        """A connection as the pages have one."""
        conn = sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)
        try:
            reviews.attach(conn, self.reviews)
            yield conn
        finally:
            conn.close()

    def facets(self) -> set[tuple[Any, ...]]:
        """All rows of story_facets."""
        return {tuple(row.values()) for row in self.rows("SELECT * FROM story_facets")}

    def facets_of(self, story: int) -> set[str]:
        """A story's facets, as facet/value."""
        rows = self.rows("SELECT facet, value FROM story_facets WHERE story = ?", story)
        return {f"{row['facet']}/{row['value']}" for row in rows}


def at(text: str) -> datetime:
    """A moment from ISO 8601."""
    return datetime.fromisoformat(text)
