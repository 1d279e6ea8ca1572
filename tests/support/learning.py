"""A desk for tests: real store, real judge, a tagger that finds two plain words, a clock by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.rules import Rule
from feeds.types import Entry, Feed, FeedError, Fetched, FetchState, NotModified, ParsedFeed
from monitor.desk import Desk
from monitor.judge import judge, probes_of
from monitor.records import Observation, PollRecord, StoredFeed
from monitor.store import Store
from monitor.store.reads import Reader
from monitor.types import Document, Entity, Mention, Name, Watchlist
from tests.support.stores import place

START = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def entity(word: str, sector: str = "mining") -> Entity:
    return Entity(
        id=word,
        kind="facility",
        sector=sector,
        name=f"The {word}",
        names=(Name(text=word, language="en"),),
    )


WATCHLIST = Watchlist(
    name="test", version="1", entities={"mine": entity("mine"), "dam": entity("dam", "power")}
)


def tag(document: Document) -> tuple[Mention, ...]:
    """Every `mine` and `dam`; a `maybe-mine` is a candidate."""
    found = []
    for field, text in (("title", document.title), ("text", document.text)):
        for word in WATCHLIST.entities:
            start = text.find(word)
            if start >= 0:
                state = "candidate" if text[:start].endswith("maybe-") else "confirmed"
                found.append(
                    Mention(
                        entity=word,
                        name=word,
                        surface=word,
                        field=field,
                        start=start,
                        end=start + len(word),
                        state=state,
                        rule="test",
                    )
                )
    return tuple(found)


def entry(number: int, title: str = "", text: str = "", **other: Any) -> Entry:
    """An entry with guid, link and date; a higher number is younger."""
    fields: dict[str, Any] = {
        "guid": f"guid-{number}",
        "url": f"https://news.example/{number}",
        "title": title or f"Article number {number} of the day",
        "text": text or f"Text {number}.",
        "published_at": START - timedelta(hours=100 - number),
        "language": "en",
    }
    return Entry(**{**fields, **other})


def fetched(url: str, status: int = 200) -> Fetched:
    return Fetched(
        url=url,
        headers={},
        body=b"",
        wire_bytes=100,
        state=FetchState(etag="e"),
        http_status=status,
    )


class LearningDesk:
    """Polls by hand: say what each document holds, look at what was stored."""

    def __init__(self, folder: Path, feeds: Sequence[str] = ("one",)) -> None:
        self.now = START
        self.store = Store(place(folder / "test.db"))
        self.store.watch([WATCHLIST], now=self.now)
        self.urls = {name: f"https://{name}.example/feed" for name in feeds}
        self.store.subscribe(
            [Feed(url=url, name=name, kind="wire") for name, url in self.urls.items()],
            interval=900,
            now=self.now,
        )
        self.desk = Desk(
            tag=tag,
            entities=WATCHLIST.entities,
            rules=(Rule(name="all", to=("desk",)),),
            routes={"desk": ("desk",)},
        )

    def feed(self, name: str = "one") -> StoredFeed:
        return next(f for f in self.store.subscribed() if f.feed.name == name)

    def observe(
        self, result: ParsedFeed | NotModified | FeedError, name: str = "one"
    ) -> PollRecord:
        """One attempt, judged and stored; then a quarter of an hour passes."""
        feed = self.feed(name)
        answer = result if not isinstance(result, ParsedFeed) else fetched(feed.feed.url)
        seen = Observation(
            feed=feed,
            started_at=self.now,
            seconds=0.1,
            answer=answer,
            result=result,
            state=FetchState(etag="e"),
        )
        known = self.store.known(feed, probes_of(seen), now=self.now)
        past = self.store.past(seen, now=self.now)
        record = judge(seen, known, self.desk, past, now=self.now)
        self.store.record(record)
        self.now += timedelta(minutes=15)
        return record

    def poll(self, *entries: Entry, name: str = "one", **other: Any) -> PollRecord:
        """A document with these entries, youngest first as feeds have them."""
        return self.observe(ParsedFeed(entries=entries, **other), name)

    def rows(self, sql: str, *arguments: object) -> list[Mapping[str, Any]]:
        return list(self.store.db.query(sql, arguments))

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"])

    def found(self, words: str) -> list[int]:
        """The items that a search finds, by number."""
        with Reader(self.store.place) as reader:
            return sorted(row["id"] for row in reader.search(words, limit=10_000))

    def close(self) -> None:
        self.store.close()
