"""Writing what a poll taught: the caller holds the transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from feeds.hosts import host_key
from feeds.moves import ask_at
from feeds.types import ParsedFeed
from monitor.clock import iso, iso_or_none
from monitor.entries import Source, studied
from monitor.records import Gone, NewItem, OutboxAlert, PollRecord, Probe, Revision, Seen
from monitor.segments import segment
from monitor.store import articles, evidence, grouping, health, missed, subscriptions
from monitor.store import mentions as mentions_table
from monitor.store.announced import Outbox, Subject
from monitor.store.desk import facets
from monitor.store.search import INDEX, UNINDEX
from monitor.types import Mention


def write(
    db: sqlite3.Connection, learnt: PollRecord, *, watchlist_version: int
) -> list[tuple[int, NewItem]]:
    """Store it all; returns the new items with their numbers.

    Items, revisions, appearances, mentions, alerts, the ledger and the feed's next poll.
    """
    writer = _Writer(db, learnt, watchlist_version)
    document = isinstance(learnt.observation.result, ParsedFeed)
    items = writer.news() if document else []
    writer.poll_row()
    writer.feed()
    health.write(db, writer.feed_id, learnt.verdict, learnt.now)
    if document:
        facets.refresh_items(db, writer.touched(items))
        writer.search_index()
    return [(item, new) for (item, _), new in zip(items, learnt.items, strict=True)]


_NEW_ITEM = """
INSERT INTO items (feed, url, guid, title, text, language, author, published_at, published_raw,
  first_seen_at, story, relation, of_item, why, revisions, url_key, title_key, text_key,
  content_hash, evidence)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)"""

_NEW_STORY = """
INSERT INTO stories (title, language, first_seen_at, last_seen_at, items, copies, origins)
VALUES (?, ?, ?, ?, 1, 0, 1)"""

_APPEARANCE = """
INSERT INTO appearances (item, feed, guid, url, content_hash, first_seen_at, last_seen_at, vanished,
  source, title_key)
VALUES (:item, :feed, :guid, :url, :content_hash, :now, :now, 0, :source, :title_key)
ON CONFLICT (feed, item) DO UPDATE SET guid = excluded.guid, url = excluded.url,
  content_hash = excluded.content_hash, last_seen_at = excluded.last_seen_at,
  gone_at = NULL, vanished = 0, source = excluded.source, title_key = excluded.title_key"""

_SOURCE = "UPDATE appearances SET source = ?, title_key = ? WHERE feed = ? AND item = ?"

_FIRST_VERSION = """
INSERT INTO revisions (item, number, feed, seen_at, title, text, change, entities_added,
  entities_removed, evidence)
SELECT id, 1, feed, first_seen_at, title, text, '{}', '[]', '[]', evidence FROM items
WHERE id = ? AND revisions = 0"""

_NEXT_VERSION = """
INSERT INTO revisions (item, number, feed, seen_at, title, text, change, entities_added,
  entities_removed, evidence)
VALUES (?, (SELECT max(number) + 1 FROM revisions WHERE item = ?), ?, ?, ?, ?, ?, ?, ?, ?)"""

_REVISED_ITEM = """
UPDATE items SET feed = ?, title = ?, text = ?, text_key = ?, content_hash = ?, changed_at = ?,
  evidence = ?, revisions = (SELECT max(number) FROM revisions WHERE item = ?) WHERE id = ?"""

_REKEY = "UPDATE items SET guid = ?, url = ?, url_key = ?, title_key = ? WHERE id = ?"

_POLL = """
INSERT INTO polls (feed, started_at, seconds, status, http_status, bytes, seen, new, changed,
  unchanged, skipped, skipped_why, overlap, baseline, error, note, gap_since_at, missed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_FEED = """
UPDATE feeds SET health = :health, health_note = :note, health_since_at = :since,
  health_rounds = :rounds, alerted = :told, alerted_at = :told_at, failures = :failures,
  next_poll_at = :next, last_poll_at = :now, pace = :pace, hints = :hints, full_at = :full,
  last_success_at = CASE WHEN :good THEN :now ELSE last_success_at END,
  last_new_at = CASE WHEN :new THEN :now ELSE last_new_at END,
  etag = :etag, last_modified = :last_modified, body_hash = :body_hash,
  rest_until_at = :rest, host = :host, moved_to = :moved_to, moved_polls = :moved_polls,
  moved_seen_at = :moved_seen
WHERE id = :id"""

_REST = """
UPDATE feeds SET next_poll_at = max(next_poll_at, :until)
WHERE host = (SELECT host FROM feeds WHERE id = :id) AND subscribed = 1"""


class _Writer:
    """The statements of one poll, on one open transaction."""

    def __init__(self, db: sqlite3.Connection, learnt: PollRecord, watchlist_version: int) -> None:
        self.db = db
        self.learnt = learnt
        self.feed_id = learnt.observation.feed.id
        self.now = iso(learnt.now)
        self.watchlist_version = watchlist_version
        self.evidence: dict[int, int] = {}  # by the page of the poll that an entry stood on
        self._searchable: list[tuple[str, int, str, str, str]] = []

    def news(self) -> list[tuple[int, int]]:
        """What the document brought and took away. Returns (item, story) for each new item."""
        learnt = self.learnt
        self.archived()
        items = self.new_items(learnt.items)
        for revision in learnt.revisions:
            self.revise(revision)
        self.seen(learnt.seen)
        self.gone(learnt.gone)
        self.sources(learnt.sources)
        self.alerts(learnt.alerts, items)
        feed, baseline = learnt.observation.feed, learnt.row.baseline
        wanted = [(one.item, one.probe) for one in learnt.seen if one.new_here]
        wanted += [(item, new.probe) for (item, _), new in zip(items, learnt.items, strict=True)]
        articles.queue(self.db, feed, wanted, baseline=baseline, now=learnt.now)
        return items

    def archived(self) -> None:
        """The documents' bytes, which stand on the disk already."""
        first = {0: self.learnt.evidence} if self.learnt.evidence else {}
        for page, kept in (first | dict(self.learnt.further_evidence)).items():
            self.evidence[page] = evidence.put(self.db, self.feed_id, kept)

    def new_items(self, items: Sequence[NewItem]) -> list[tuple[int, int]]:
        """Store entries seen for the first time. Returns (item, story) for each."""
        stored: list[tuple[int, int]] = []
        for item in items:
            story = item.story if item.story_of is None else stored[item.story_of][1]
            of_item = item.of_item if item.of_new is None else stored[item.of_new][0]
            number, story = self._new_item(item, story, of_item)
            stored.append((number, story))
            grouping.remember(self.db, number, item)
            if item.relation != "original":
                grouping.recount(self.db, story)
            grouping.propose(self.db, number, story, item, self.learnt.now)
        return stored

    def _new_item(self, item: NewItem, story: int | None, of_item: int | None) -> tuple[int, int]:
        story = self._join_story(item, story)
        entry, probe = item.probe.entry, item.probe
        row = self._insert(
            _NEW_ITEM,
            (
                self.feed_id,
                entry.url,
                entry.guid,
                entry.title,
                entry.text,
                item.language,
                entry.author,
                iso_or_none(entry.published_at),
                entry.published_raw,
                self.now,
                story,
                item.relation,
                of_item,
                item.why,
                probe.url_key,
                probe.title_key,
                probe.text_key,
                probe.content_hash,
                self.evidence.get(entry.document),
            ),
        )
        self._appearance(row, probe)
        self._mentions(row, item.mentions, probe, item.language)
        study = studied(entry)
        segments = study.segments if study else None
        self._searchable.append((INDEX, row, *(segments or _segments(entry.title, entry.text)), ""))
        return row, story

    def _insert(self, statement: str, values: Sequence[object]) -> int:
        """The new row's id. Not by RETURNING: see `search_index`."""
        row = self.db.execute(statement, values).lastrowid
        assert row is not None
        return row

    def _join_story(self, item: NewItem, story: int | None) -> int:
        if story is not None:
            return story
        title = item.probe.entry.title or item.probe.entry.text[:120]
        return self._insert(_NEW_STORY, (title, item.language, self.now, self.now))

    def _appearance(self, item: int, probe: Probe) -> None:
        self.db.execute(
            _APPEARANCE,
            {
                "item": item,
                "feed": self.feed_id,
                "guid": probe.guid,
                "url": probe.entry.url,
                "content_hash": probe.content_hash,
                "now": self.now,
                "source": probe.source(guid=probe.guid, url=probe.entry.url),
                "title_key": probe.title_key,
            },
        )

    def _mentions(
        self, item: int, mentions: Sequence[Mention], probe: Probe, language: str
    ) -> None:
        mentions_table.insert(
            self.db,
            item,
            mentions,
            fields={"title": probe.entry.title, "text": probe.entry.text},
            language=language,
            watchlist_version=self.watchlist_version,
            now=self.now,
        )

    def _index(self, item: int, title: str, text: str, article: str) -> None:
        self._searchable.append((INDEX, item, *_segments(title, text), segment(article)))

    def _unindex(self, item: int, article: str) -> None:
        title, text = self.db.execute(
            "SELECT title, text FROM items WHERE id = ?", (item,)
        ).fetchone()
        self._searchable.append((UNINDEX, item, *_segments(title, text), segment(article)))

    def search_index(self) -> None:
        """Bring the search index up to date, after everything else.

        A statement that may have to be undone by itself (RETURNING, INSERT … SELECT) makes FTS5
        write out what it has gathered, which is dear; between two items it did so every time.
        """
        for statement, item, *segments in self._searchable:
            self.db.execute(statement, (item, *segments))

    def revise(self, revision: Revision) -> None:
        """Append a version; the item shows the newest, the revisions keep them all."""
        item, probe = revision.item, revision.probe
        entry = probe.entry
        self.db.execute(_FIRST_VERSION, (item,))
        self.db.execute(
            _NEXT_VERSION,
            (
                item,
                item,
                self.feed_id,
                self.now,
                entry.title,
                entry.text,
                revision.change,
                json.dumps(revision.entities_added),
                json.dumps(revision.entities_removed),
                self.evidence.get(entry.document),
            ),
        )
        article = articles.text_of(self.db, item)
        self._unindex(item, article)
        self.db.execute(
            _REVISED_ITEM,
            (
                self.feed_id,
                entry.title,
                entry.text,
                probe.text_key,
                probe.content_hash,
                self.now,
                self.evidence.get(entry.document),
                item,
                item,
            ),
        )
        # What its article names is not the feed's to take back.
        self.db.execute("DELETE FROM mentions WHERE item = ? AND field <> 'article'", (item,))
        language = self.db.execute("SELECT language FROM items WHERE id = ?", (item,)).fetchone()
        self._mentions(item, revision.mentions, probe, language[0])
        self._index(item, entry.title, entry.text, article)

    def seen(self, seen: Sequence[Seen]) -> None:
        """Known items that are new to this feed, came back to it or changed in it."""
        for one in seen:
            if one.rekeyed:
                probe = one.probe
                keys = (probe.entry.guid, probe.entry.url, probe.url_key, probe.title_key)
                self.db.execute(_REKEY, (*keys, one.item))
            self._appearance(one.item, one.probe)

    def gone(self, gone: Sequence[Gone]) -> None:
        """Items that left the window; they were last seen at the last good poll."""
        last = self.learnt.observation.feed.last_success_at
        self.db.executemany(
            "UPDATE appearances SET gone_at = ?, vanished = ?, last_seen_at = ? "
            "WHERE feed = ? AND item = ?",
            [
                (self.now, int(g.vanished), iso(last or self.learnt.now), self.feed_id, g.item)
                for g in gone
            ],
        )

    def sources(self, sources: Sequence[Source]) -> None:
        """What entries are known by that were read, and held nothing new."""
        self.db.executemany(
            _SOURCE, [(one.source, one.title_key, self.feed_id, one.item) for one in sources]
        )

    def alerts(self, alerts: Sequence[OutboxAlert], items: Sequence[tuple[int, int]]) -> None:
        """Fill the outbox."""
        outbox = Outbox(self.db, self.feed_id, self.learnt.now, self.learnt.timings)
        outbox.put(alerts, [self._subject(alert, items) for alert in alerts])
        outbox.release(story for _, story in items)

    def _subject(self, alert: OutboxAlert, items: Sequence[tuple[int, int]]) -> Subject:
        if alert.new_item is not None:
            item, story = items[alert.new_item]
            return Subject(item=item, story=story)
        row = self.db.execute(
            "SELECT id, story, revisions FROM items WHERE id = ?", (alert.item,)
        ).fetchone()
        return Subject(item=int(row[0]), story=int(row[1]), version=int(row[2]))

    def touched(self, items: Sequence[tuple[int, int]]) -> list[int]:
        """The items by which a story may be found otherwise than before."""
        learnt = self.learnt
        gone = [one.item for one in learnt.gone if one.vanished]
        edited = [one.item for one in learnt.revisions]
        return [*(item for item, _ in items), *edited, *(one.item for one in learnt.seen), *gone]

    def poll_row(self) -> None:
        """The ledger's line."""
        row, seen, gap = self.learnt.row, self.learnt.observation, self._gap()
        self.db.execute(
            _POLL,
            (
                self.feed_id,
                iso(seen.started_at),
                round(seen.seconds, 3),
                row.status,
                seen.answer.http_status,
                seen.answer.wire_bytes,
                row.seen,
                row.new,
                row.changed,
                row.unchanged,
                sum(row.skipped.values()),
                json.dumps(dict(row.skipped), sort_keys=True),
                row.overlap,
                int(row.baseline),
                row.error,
                "; ".join(filter(None, (row.note, self.learnt.plan.remark))),
                iso_or_none(gap),
                missed.estimate(self.db, self.learnt, gap) if gap and not row.overlap else None,
            ),
        )

    def _gap(self) -> datetime | None:
        """Since when what stood in the feed is not known, for a good poll that ends such a time."""
        row, feed = self.learnt.row, self.learnt.observation.feed
        unseen = feed.failures > 0 or (row.overlap == 0 and row.seen > 0)
        return feed.last_success_at if unseen and row.status != "error" else None

    def feed(self) -> None:
        """What the next poll of this feed must know."""
        learnt, plan = self.learnt, self.learnt.plan
        state = learnt.verdict.health
        self.db.execute(
            _FEED,
            {
                "health": state.state,
                "note": state.note or learnt.row.error or learnt.row.note,
                "since": iso_or_none(state.since),
                "rounds": state.rounds,
                "told": state.told,
                "told_at": iso_or_none(state.told_at),
                "failures": plan.failures,
                "next": iso(plan.next_poll_at),
                "pace": round(plan.pace),
                "hints": subscriptions.written(plan.hints),
                "full": iso_or_none(plan.full_at),
                "rest": iso_or_none(plan.rest_until),
                "now": self.now,
                "good": learnt.row.status != "error",
                "new": learnt.row.new > 0,
                "etag": plan.state.etag,
                "last_modified": plan.state.last_modified,
                "body_hash": plan.state.body_hash,
                "host": self._host(),
                "moved_to": plan.move.to,
                "moved_polls": plan.move.polls,
                "moved_seen": iso_or_none(plan.move.at),
                "id": self.feed_id,
            },
        )
        if plan.host_rests_until:
            self.db.execute(_REST, {"until": iso(plan.host_rests_until), "id": self.feed_id})

    def _host(self) -> str:
        """Whom the next poll asks."""
        feed, move = self.learnt.observation.feed, self.learnt.plan.move
        if not (move.to or feed.move.to):
            return feed.host  # whose own it was at the start, and is
        return host_key(ask_at(feed.feed.url, move, self.learnt.now))


def _segments(title: str, text: str) -> tuple[str, str]:
    return segment(title), segment(text)
