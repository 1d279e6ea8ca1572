"""Writing entries that were seen for the first time: one statement a table, whatever their number.

The caller holds the transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from monitor.clock import iso, iso_or_none
from monitor.entries import studied
from monitor.records import NewItem, PollRecord
from monitor.segments import segment
from monitor.store import appearances, grouping, mentions, proposals
from monitor.store.search import INDEX, Indexed

_ITEM = """
INSERT INTO items (id, feed, url, guid, title, text, language, author, published_at, published_raw,
  first_seen_at, story, relation, of_item, why, revisions, url_key, title_key, text_key,
  content_hash, evidence)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)"""

_STORY = """
INSERT INTO stories (id, title, language, first_seen_at, last_seen_at, items, copies, origins)
VALUES (?, ?, ?, ?, ?, 1, 0, 1)"""

LAST_ITEM = "SELECT coalesce(max(id), 0) FROM items"
_LAST_STORY = "SELECT coalesce(max(id), 0) FROM stories"
_HEADLINE = 120  # characters of a text that stand for its title


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A new item with its numbers."""

    item: int
    story: int
    of_item: int | None
    new: NewItem


def numbered(db: sqlite3.Connection, items: Sequence[NewItem]) -> list[Newcomer]:
    """Number new items and their stories, as nobody else writes before they are stored."""
    if not items:
        return []
    first: int = db.execute(LAST_ITEM).fetchone()[0] + 1
    last_story: int = db.execute(_LAST_STORY).fetchone()[0]
    found: list[Newcomer] = []
    for item, new in enumerate(items, first):
        story = new.story if new.story_of is None else found[new.story_of].story
        if story is None:
            story = last_story = last_story + 1
        of_item = new.of_item if new.of_new is None else found[new.of_new].item
        found.append(Newcomer(item=item, story=story, of_item=of_item, new=new))
    return found


def write(
    db: sqlite3.Connection,
    learnt: PollRecord,
    items: Sequence[Newcomer],
    *,
    evidence: Mapping[int, int],
    watchlist_version: int,
) -> None:
    """Store them with all that belongs to them but the search index.

    `evidence`: its row, by the page of the poll that an entry stood on.
    """
    feed, now = learnt.observation.feed.id, iso(learnt.now)
    db.executemany(_STORY, [_story(one, now) for one in items if _begins(one)])
    db.executemany(_ITEM, [_item(one, feed, now, evidence) for one in items])
    appearances.put(db, feed, [(one.item, one.new.probe) for one in items], now)
    mentions.put(
        db,
        chain.from_iterable(
            mentions.rows(
                one.item,
                one.new.mentions,
                fields={"title": one.new.probe.entry.title, "text": one.new.probe.entry.text},
                language=one.new.language,
                watchlist_version=watchlist_version,
                now=now,
            )
            for one in items
            if one.new.mentions
        ),
    )
    grouping.remember(db, [(one.item, one.new) for one in items])
    grouping.recount(db, sorted({one.story for one in items if one.new.relation != "original"}))
    for one in items:
        proposals.propose(db, one.item, one.story, one.new, learnt.now)


def indexed(items: Sequence[Newcomer]) -> list[Indexed]:
    """Their rows of the search index."""
    return [_indexed(one) for one in items]


def _indexed(one: Newcomer) -> Indexed:
    entry = one.new.probe.entry
    study = studied(entry)
    ready = study.segments if study else None
    return INDEX, one.item, *(ready or (segment(entry.title), segment(entry.text))), ""


def touches(one: Newcomer) -> bool:
    """Whether its story may be found otherwise than before: a new one that names nothing is not."""
    return bool(one.new.mentions) or one.new.story is not None


def _begins(one: Newcomer) -> bool:
    """Whether its story is its own."""
    return one.new.story is None and one.new.story_of is None


def _story(one: Newcomer, now: str) -> tuple[object, ...]:
    entry = one.new.probe.entry
    return one.story, entry.title or entry.text[:_HEADLINE], one.new.language, now, now


def _item(one: Newcomer, feed: int, now: str, evidence: Mapping[int, int]) -> tuple[object, ...]:
    new, probe, entry = one.new, one.new.probe, one.new.probe.entry
    return (
        one.item,
        feed,
        entry.url,
        entry.guid,
        entry.title,
        entry.text,
        new.language,
        entry.author,
        iso_or_none(entry.published_at),
        entry.published_raw,
        now,
        one.story,
        new.relation,
        one.of_item,
        new.why,
        probe.url_key,
        probe.title_key,
        probe.text_key,
        probe.content_hash,
        evidence.get(entry.document),
    )
