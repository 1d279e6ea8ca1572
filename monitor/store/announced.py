"""Filling the outbox, within the transaction that stores what is announced.

A story is announced once a rule and channel; what a rule asks for besides (new origins, edits,
items gone) once each. What comes too thick is gathered, never dropped.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.clock import iso, moment
from monitor.records import OutboxAlert, Timing

HOUR = timedelta(hours=1)

_PUT = """
INSERT INTO alerts (rule, channel, story, item, feed, relation, occasion, state, min_origins, batch,
  attempts, in_doubt, created_at, next_try_at, last_error, message_key, thread, payload)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, '', ?, '', ?)
ON CONFLICT (rule, channel, story, occasion) DO NOTHING"""

_HELD = """
SELECT a.id, a.rule, a.channel, a.feed FROM json_each(?) AS key
JOIN alerts AS a ON a.story = key.value AND a.state = 'held'
JOIN stories AS s ON s.id = a.story AND s.origins >= a.min_origins ORDER BY a.id"""

_RELEASE = "UPDATE alerts SET state = 'pending', batch = ?, next_try_at = ? WHERE id = ?"

# Those that wait for more origins were not sent; what is gathered is one message.
_RECENT = """
SELECT total(rule = :rule), min(CASE WHEN rule = :rule THEN created_at END),
  total(feed = :feed), min(CASE WHEN feed = :feed THEN created_at END)
FROM alerts WHERE channel = :channel AND created_at > :since AND batch = '' AND state <> 'held'"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an alert is about, as it is stored."""

    item: int
    story: int
    version: int = 0  # of the item


@dataclass(slots=True)
class Outbox:
    """The alerts of one poll, on an open transaction."""

    db: sqlite3.Connection
    feed: int
    now: datetime
    timings: Mapping[str, Timing]

    def put(self, alerts: Sequence[OutboxAlert], subjects: Sequence[Subject]) -> None:
        """Write the alerts, each with its subject. First of a story before what else it is."""
        told: set[tuple[str, str, int]] = set()
        pairs = sorted(
            zip(alerts, subjects, strict=True), key=lambda pair: pair[0].relation != "first"
        )
        for alert, subject in pairs:
            key = (alert.rule, alert.channel, subject.story)
            if alert.relation == "first":
                if self._put(alert, subject):
                    told.add(key)
            elif key not in told:  # an edit that was the story's first mention is told as that
                self._put(alert, subject)

    def _put(self, alert: OutboxAlert, subject: Subject) -> bool:
        timing = self.timing(alert.rule, alert.channel, self.feed)
        occasion = occasion_of(alert.relation, subject)
        named = f"{alert.rule}\0{alert.channel}\0{subject.story}\0{subject.item}"
        if occasion != "first":
            named += f"\0{occasion}"
        cursor = self.db.execute(
            _PUT,
            (
                alert.rule,
                alert.channel,
                subject.story,
                subject.item,
                self.feed,
                alert.relation,
                occasion,
                "held" if self._origins(subject.story) < alert.min_origins else "pending",
                alert.min_origins,
                timing.batch,
                iso(self.now),
                iso(timing.due),
                hashlib.sha256(named.encode()).hexdigest()[:32],
                alert.payload,
            ),
        )
        return cursor.rowcount > 0

    def _origins(self, story: int) -> int:
        row = self.db.execute("SELECT origins FROM stories WHERE id = ?", (story,)).fetchone()
        return int(row[0])

    def release(self, stories: Iterable[int]) -> None:
        """Let go what was held for more origins, where its story has them now."""
        grown = sorted(set(stories))
        held = self.db.execute(_HELD, (json.dumps(grown),)).fetchall() if grown else []
        for alert, rule, channel, feed in held:
            timing = self.timing(rule, channel, feed)
            self.db.execute(_RELEASE, (timing.batch, iso(timing.due), alert))

    def timing(self, rule: str, channel: str, feed: int) -> Timing:
        """When an alert goes that is written now, and with which others."""
        timing = self.timings.get(rule, Timing(due=self.now))
        if not timing.most_an_hour:
            return timing
        return self._storm(rule, channel, feed, timing.most_an_hour) or timing

    def _storm(self, rule: str, channel: str, feed: int, most: int) -> Timing | None:
        """When and with what the next alert goes if the hour has had too many; None if not."""
        asked = {
            "rule": rule,
            "feed": feed,
            "channel": channel,
            "since": iso(self.now - HOUR),
        }
        by_rule, rule_since, by_feed, feed_since = self.db.execute(_RECENT, asked).fetchone()
        if by_rule >= most:
            return _gathered(most, f"rule {rule}", rule_since)
        if by_feed >= most:
            return _gathered(most, f"feed {feed}", feed_since)
        return None


def occasion_of(relation: str, subject: Subject) -> str:
    """What is announced once. A burst or a silence has its day in its own relation."""
    match relation:
        case "first":
            return "first"
        case "edit":
            return f"edit {subject.version} of item {subject.item}"
        case "new-origin" | "gone":
            return f"{relation}: item {subject.item}"
        case _:
            return relation


def _gathered(most: int, what: str, since: str) -> Timing:
    """One message at the end of the hour that began with the first of those that went alone."""
    return Timing(
        due=moment(since) + HOUR, batch=f"more than {most} in an hour by {what}, from {since}"
    )
