"""Links proposed to a reviewer: items of other languages that may tell of the same event."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from monitor.clock import iso, moment
from monitor.records import NewItem
from monitor.store.grouping import WINDOW
from monitor.stories.across import Told, across

COMPARED = 40  # items of other languages that one new item is compared with
MOST = 3  # proposed for one item
# The newest mentions of an entity, among which those items are looked for. In a week in which every
# paper names one plant ten thousand times, each new item would be held to all of them otherwise.
NEWEST = 300

_NAMING = """
SELECT item FROM mentions
WHERE entity = ? AND found_at >= ? AND state = 'confirmed' AND field <> 'article'
ORDER BY found_at DESC LIMIT ?"""

_OTHERS = """
SELECT i.id FROM json_each(:items) AS key JOIN items AS i ON i.id = key.value
WHERE i.language <> :language AND i.story <> :story AND i.relation <> 'copy' AND i.id < :item
  AND NOT EXISTS (SELECT 1 FROM links AS l WHERE l.item = :item AND l.story = i.story)"""

_SAID = """
SELECT i.story, i.title, substr(i.text, 1, 4000), i.published_at, i.first_seen_at,
  (SELECT group_concat(DISTINCT o.entity) FROM mentions AS o
   WHERE o.item = i.id AND o.state = 'confirmed' AND o.field <> 'article')
FROM json_each(?) AS key JOIN items AS i ON i.id = key.value"""

_LINK = """
INSERT INTO links (item, story, relation, score, why, state, created_at)
VALUES (?, ?, 'same_event', ?, ?, 'proposed', ?) ON CONFLICT (item, story) DO NOTHING"""


def propose(db: sqlite3.Connection, item: int, story: int, new: NewItem, now: datetime) -> None:
    """Write down to which stories a new item may belong, for a reviewer."""
    named = sorted({m.entity for m in new.mentions if m.state == "confirmed"})
    if not named or new.relation == "copy":
        return
    entry = new.probe.entry
    mine = Told.of(entry.title, entry.text, entities=named, at=entry.published_at or now)
    others = _sharing(db, named, since=iso(now - WINDOW), item=item, story=story, new=new)
    found = []
    for other, title, text, published, seen, entities in db.execute(_SAID, (json.dumps(others),)):
        at = moment(published or seen)
        theirs = Told.of(title, text, entities=str(entities or "").split(","), at=at)
        if link := across(mine, theirs):
            found.append((-link.score, other, link.why))
    db.executemany(
        _LINK,
        [
            (item, other, round(-score, 3), why, iso(now))
            for score, other, why in sorted(found)[:MOST]
        ],
    )


def _sharing(
    db: sqlite3.Connection, named: Sequence[str], *, since: str, item: int, story: int, new: NewItem
) -> list[int]:
    """The items to compare with: those that share the most entities, and of them the newest."""
    shared = Counter[int]()
    for entity in named:
        shared.update({row[0] for row in db.execute(_NAMING, (entity, since, NEWEST))})
    asked = {
        "items": json.dumps(list(shared)),
        "language": new.language,
        "story": story,
        "item": item,
    }
    others = [row[0] for row in db.execute(_OTHERS, asked)]
    return sorted(others, key=lambda other: (-shared[other], -other))[:COMPARED]
