"""Writing what a poll taught: the caller holds the transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from feeds.hosts import host_key
from feeds.moves import ask_at
from feeds.types import ParsedFeed
from monitor.clock import iso, iso_or_none
from monitor.records import NewItem, OutboxAlert, PollRecord, Revision, Seen
from monitor.segments import segment
from monitor.store import (
    appearances,
    articles,
    evidence,
    health,
    mentions,
    missed,
    newcomers,
    subscriptions,
)
from monitor.store.announced import Outbox, Subject
from monitor.store.desk import facets
from monitor.store.newcomers import Newcomer
from monitor.store.search import INDEX, UNINDEX, Indexed


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a poll brought, as it was stored."""

    items: Sequence[tuple[int, NewItem]] = ()
    index: Sequence[Indexed] = ()  # still to be told to the search index


def write(db: sqlite3.Connection, learnt: PollRecord, *, watchlist_version: int) -> Written:
    """Store it all but for the search index.

    Items, revisions, appearances, mentions, alerts, the ledger and the feed's next poll.
    """
    writer = _Writer(db, learnt, watchlist_version)
    if isinstance(learnt.observation.result, ParsedFeed):
        writer.news()
    writer.poll_row()
    writer.feed()
    health.write(db, writer.feed_id, learnt.verdict, learnt.now)
    writer.facets()
    return Written(
        items=[(one.item, one.new) for one in writer.items],
        index=newcomers.indexed(writer.items) + writer.index,
    )


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
        self.items: Sequence[Newcomer] = ()
        self.index: list[Indexed] = []  # of revised items

    def news(self) -> None:
        """What the document brought and took away."""
        learnt = self.learnt
        self.archived()
        self.items = newcomers.numbered(self.db, learnt.items)
        newcomers.write(
            self.db,
            learnt,
            self.items,
            evidence=self.evidence,
            watchlist_version=self.watchlist_version,
        )
        for revision in learnt.revisions:
            self.revise(revision)
        self.seen(learnt.seen)
        last = learnt.observation.feed.last_success_at or learnt.now
        appearances.leave(self.db, self.feed_id, learnt.gone, last=iso(last), now=self.now)
        appearances.know(self.db, self.feed_id, learnt.sources)
        self.alerts(learnt.alerts)
        wanted = [(one.item, one.probe) for one in learnt.seen if one.new_here]
        wanted += [(one.item, one.new.probe) for one in self.items]
        feed, baseline = learnt.observation.feed, learnt.row.baseline
        articles.queue(self.db, feed, wanted, baseline=baseline, now=learnt.now)

    def archived(self) -> None:
        """The documents' bytes, which stand on the disk already."""
        first = {0: self.learnt.evidence} if self.learnt.evidence else {}
        for page, kept in (first | dict(self.learnt.further_evidence)).items():
            self.evidence[page] = evidence.put(self.db, self.feed_id, kept)

    def _unindex(self, item: int, article: str) -> None:
        title, text = self.db.execute(
            "SELECT title, text FROM items WHERE id = ?", (item,)
        ).fetchone()
        self.index.append((UNINDEX, item, segment(title), segment(text), segment(article)))

    def revise(self, revision: Revision) -> None:
        """Append a version; the item shows the newest, the revisions keep them all."""
        item, entry = revision.item, revision.probe.entry
        self._append(revision)
        article = articles.text_of(self.db, item)
        self._unindex(item, article)
        self._show(revision)
        self._name_anew(revision)
        text = segment(entry.title), segment(entry.text), segment(article)
        self.index.append((INDEX, item, *text))

    def _append(self, revision: Revision) -> None:
        item, entry = revision.item, revision.probe.entry
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

    def _show(self, revision: Revision) -> None:
        """The version that was appended last."""
        item, probe = revision.item, revision.probe
        self.db.execute(
            _REVISED_ITEM,
            (
                self.feed_id,
                probe.entry.title,
                probe.entry.text,
                probe.text_key,
                probe.content_hash,
                self.now,
                self.evidence.get(probe.entry.document),
                item,
                item,
            ),
        )

    def _name_anew(self, revision: Revision) -> None:
        """Its mentions. What its article names is not the feed's to take back."""
        item, entry = revision.item, revision.probe.entry
        self.db.execute("DELETE FROM mentions WHERE item = ? AND field <> 'article'", (item,))
        language = self.db.execute("SELECT language FROM items WHERE id = ?", (item,)).fetchone()
        mentions.insert(
            self.db,
            item,
            revision.mentions,
            fields={"title": entry.title, "text": entry.text},
            language=language[0],
            watchlist_version=self.watchlist_version,
            now=self.now,
        )

    def seen(self, seen: Sequence[Seen]) -> None:
        """Known items that are new to this feed, came back to it or changed in it."""
        rekeyed = [(one.probe, one.item) for one in seen if one.rekeyed]
        self.db.executemany(
            _REKEY,
            [(p.entry.guid, p.entry.url, p.url_key, p.title_key, item) for p, item in rekeyed],
        )
        there = [(one.item, one.probe) for one in seen]
        appearances.put(self.db, self.feed_id, there, self.now)

    def alerts(self, alerts: Sequence[OutboxAlert]) -> None:
        """Fill the outbox."""
        outbox = Outbox(self.db, self.feed_id, self.learnt.now, self.learnt.timings)
        outbox.put(alerts, [self._subject(alert) for alert in alerts])
        # What was put just now for a story of this poll knows of all its items.
        outbox.release(one.story for one in self.items if one.new.story is not None)

    def _subject(self, alert: OutboxAlert) -> Subject:
        if alert.new_item is not None:
            one = self.items[alert.new_item]
            return Subject(item=one.item, story=one.story)
        row = self.db.execute(
            "SELECT id, story, revisions FROM items WHERE id = ?", (alert.item,)
        ).fetchone()
        return Subject(item=int(row[0]), story=int(row[1]), version=int(row[2]))

    def facets(self) -> None:
        """The items by which a story may be found otherwise than before."""
        learnt = self.learnt
        new = [one.item for one in self.items if newcomers.touches(one)]
        gone = [one.item for one in learnt.gone if one.vanished]
        edited = [one.item for one in learnt.revisions]
        again = [one.item for one in learnt.seen]
        facets.refresh_items(self.db, [*new, *edited, *again, *gone])

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
