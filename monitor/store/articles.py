"""The articles table: which full texts are wanted, and what became of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from feeds.hosts import host_key
from monitor.articles.records import ArticleItem, ArticleRecord, DueArticle
from monitor.clock import iso, iso_or_none, moment, moment_or_none
from monitor.records import Probe, StoredFeed
from monitor.segments import segment
from monitor.store import evidence, subscriptions
from monitor.store import mentions as mentions_table
from monitor.store.announced import Outbox, Subject
from monitor.store.desk import facets
from monitor.store.search import INDEX, UNINDEX

if TYPE_CHECKING:  # the store itself queues, in record.py
    from monitor.store.store import Store

# Of a feed's first poll: enough to see what it writes about, and over in minutes.
BASELINE_MOST = 20
# Of a feed. At a pause of 5 s it is 40 minutes' work; a feed that brings more than its host can be
# asked for must neither fill the disk nor keep its newest items waiting.
WAITING_MOST = 500
SWITCHED_OFF = "the list no longer asks for full texts of this feed"
RESUMED = timedelta(days=3)  # what was switched off and on again is still worth fetching

_PUT = """
INSERT INTO articles (item, feed, url, host, state, baseline, attempts, hops, next_try_at, text,
  chars, why)
VALUES (:item, :feed, :url, :host, :state, :baseline, 0, 0, :next, '', 0, :why)"""

_KNOWN = "SELECT 1 FROM articles WHERE item = ?"

_SAME_URL = "SELECT 1 FROM articles WHERE url = ? LIMIT 1"

_TOO_MANY = """
UPDATE articles SET state = 'skipped', next_try_at = NULL, why = :why WHERE id IN (
  SELECT id FROM articles WHERE feed = :feed AND state = 'waiting'
  ORDER BY baseline, id DESC LIMIT -1 OFFSET :most)"""

# One row a host, found in the index without walking over the others that wait for it.
_DUE = """
WITH RECURSIVE hosts(host) AS (
  SELECT min(host) FROM articles WHERE state = 'waiting'
  UNION ALL
  SELECT (SELECT min(a.host) FROM articles AS a WHERE a.state = 'waiting' AND a.host > hosts.host)
  FROM hosts WHERE hosts.host IS NOT NULL)
SELECT a.id, a.item, a.feed, a.url, a.host, a.attempts, a.hops, a.baseline
FROM hosts CROSS JOIN articles AS a ON a.id = (
  SELECT b.id FROM articles AS b WHERE b.state = 'waiting' AND b.host = hosts.host
    AND b.next_try_at <= ? ORDER BY b.baseline, b.next_try_at, b.id LIMIT 1)
ORDER BY a.baseline, a.next_try_at, a.id"""

_ITEM = """
SELECT i.story, i.title, i.text, i.language, i.url, i.author, i.first_seen_at, i.published_at,
  i.published_raw, (SELECT group_concat(DISTINCT m.entity) FROM items AS o
    CROSS JOIN mentions AS m ON m.item = o.id AND m.state = 'confirmed' WHERE o.story = i.story)
FROM items AS i JOIN articles AS a ON a.item = i.id
WHERE a.id = ? AND a.state = 'waiting' AND a.url = ? AND a.attempts = ?"""

_SETTLED = """
UPDATE articles SET state = :state, url = :url, host = :host, hops = :hops, attempts = :attempts,
  next_try_at = :next, http_status = :status, why = :why, text = :text, chars = :chars,
  fetched_at = CASE WHEN :state = 'fetched' THEN :now END, evidence = :evidence
WHERE id = :id"""

_REST = """
UPDATE articles SET next_try_at = :until
WHERE state = 'waiting' AND host = :host AND next_try_at < :until"""

_WITHDRAWN = """
UPDATE articles SET state = 'skipped', next_try_at = NULL, why = :why
WHERE state = 'waiting' AND feed IN (SELECT id FROM feeds WHERE subscribed = 0 OR full_text = 0)"""

_RESUMED = """
UPDATE articles SET state = 'waiting', next_try_at = :now, why = ''
WHERE state = 'skipped' AND why = :why
  AND feed IN (SELECT id FROM feeds WHERE subscribed = 1 AND full_text = 1)
  AND (SELECT first_seen_at FROM items WHERE items.id = articles.item) >= :since"""


def queue(
    db: sqlite3.Connection,
    feed: StoredFeed,
    items: Sequence[tuple[int, Probe]],
    *,
    baseline: bool,
    now: datetime,
) -> None:
    """Have the full texts of items fetched that are new to the feed, oldest first as `items` are.

    What another feed brought first is wanted too, unless that one had it fetched.
    """
    if not feed.feed.full_text:
        return
    items = [(item, probe) for item, probe in items if not db.execute(_KNOWN, (item,)).fetchone()]
    late = len(items) - BASELINE_MOST if baseline else 0
    for at, (number, probe) in enumerate(items):
        url = probe.entry.url.partition("#")[0]
        why = f"older than the {BASELINE_MOST} newest of the first poll" if at < late else ""
        why = why or _unfit(db, url)
        db.execute(
            _PUT,
            {
                "item": number,
                "feed": feed.id,
                "url": url,
                "host": host_key(url),
                "state": "skipped" if why else "waiting",
                "baseline": int(baseline),
                "next": None if why else iso(now),
                "why": why,
            },
        )
    why = f"more than {WAITING_MOST} newer ones of the feed wait"
    db.execute(_TOO_MANY, {"feed": feed.id, "most": WAITING_MOST, "why": why})


def _unfit(db: sqlite3.Connection, url: str) -> str:
    """Why a link leads to no article of its own."""
    if not url:
        return "the entry has no link"
    if db.execute(_SAME_URL, (url,)).fetchone():
        return "another item has the same link"
    return ""


def due(db: sqlite3.Connection, now: datetime) -> list[DueArticle]:
    """The article of each host whose turn it is: those of news before those of first polls."""
    rows = db.execute(_DUE, (iso(now),)).fetchall()
    feeds = {feed.id: feed for feed in subscriptions.subscribed(db)} if rows else {}
    return [
        DueArticle(
            id=number,
            item=item,
            feed=feeds[feed],
            url=url,
            host=host,
            attempts=attempts,
            hops=hops,
            baseline=bool(baseline),
        )
        for number, item, feed, url, host, attempts, hops, baseline in rows
        if feed in feeds
    ]


def waiting(db: sqlite3.Connection) -> int:
    """How many are still to be fetched, now or later."""
    row = db.execute("SELECT count(*) FROM articles WHERE state = 'waiting'").fetchone()
    return int(row[0])


def item_of(db: sqlite3.Connection, due: DueArticle) -> ArticleItem | None:
    """The item as it stands now; None if its article is not waited for any more.

    The item was removed, the list asks for no full texts, or another worker was there first.
    """
    row = db.execute(_ITEM, (due.id, due.url, due.attempts)).fetchone()
    if row is None:
        return None
    (story, title, text, language, url, author, first_seen_at, published_at, published_raw,
     told) = row  # fmt: skip
    return ArticleItem(
        story=story,
        title=title,
        text=text,
        language=language,
        url=url,
        author=author,
        first_seen_at=moment(first_seen_at),
        published_at=moment_or_none(published_at),
        published_raw=published_raw,
        told=frozenset(told.split(",")) if told else frozenset(),
    )


def write(store: Store, record: ArticleRecord, item: ArticleItem) -> None:
    """Store all that an attempt taught, alerts included, in one transaction.

    Raises:
        StoreError: nothing was stored.
    """
    with store.transaction() as db:
        archived = record.evidence and evidence.put(db, record.due.feed.id, record.evidence)
        db.execute(
            _SETTLED,
            {
                "id": record.due.id,
                "state": record.state,
                "url": record.url,
                "host": record.host,
                "hops": record.hops,
                "attempts": record.attempts,
                "next": iso_or_none(record.next_try_at),
                "status": record.http_status,
                "why": record.why,
                "text": record.text,
                "chars": len(record.text),
                "evidence": archived,
                "now": iso(record.now),
            },
        )
        if record.host_rests_until:
            until = iso(record.host_rests_until)
            db.execute(_REST, {"host": record.host, "until": until})
        if record.state == "fetched":
            _write_text(db, record, item, store.watchlist_version)
        store.have_sent(record.alerts)


def _write_text(
    db: sqlite3.Connection, record: ArticleRecord, item: ArticleItem, version: int
) -> None:
    number, text = record.due.item, record.text
    mentions_table.insert(
        db,
        number,
        record.mentions,
        fields={"article": text},
        language=item.language,
        watchlist_version=version,
        now=iso(record.now),
    )
    outbox = Outbox(db, record.due.feed.id, record.now, record.timings)
    outbox.put(record.alerts, [Subject(item=number, story=item.story)] * len(record.alerts))
    facets.refresh(db, [item.story])
    shown = segment(item.title), segment(item.text)
    db.execute(UNINDEX, (number, *shown, ""))
    db.execute(INDEX, (number, *shown, segment(text)))


def text_of(db: sqlite3.Connection, item: int) -> str:
    """The full text of an item; "" if there is none."""
    row = db.execute("SELECT text FROM articles WHERE item = ?", (item,)).fetchone()
    return str(row[0]) if row else ""


def follow_lists(db: sqlite3.Connection, now: datetime) -> None:
    """After the subscriptions changed: what nobody asks for any more waits no more."""
    db.execute(_WITHDRAWN, {"why": SWITCHED_OFF})
    since = iso(now - RESUMED)
    db.execute(_RESUMED, {"why": SWITCHED_OFF, "now": iso(now), "since": since})


def shift(db: sqlite3.Connection, by: timedelta) -> None:
    """Follow a clock that was moved back, as the outbox does."""
    if by >= timedelta(0):
        return
    rows = db.execute("SELECT id, next_try_at FROM articles WHERE state = 'waiting'").fetchall()
    db.executemany(
        "UPDATE articles SET next_try_at = ? WHERE id = ?",
        [(iso(moment(at) + by), number) for number, at in rows],
    )
