"""When a feed's health is alerted, and how it reads. Pure.

Trouble is told once, when `after_rounds` polls in a row have found it, and its end once, after as
many that have not. Another kind of trouble meanwhile is the same trouble. A feed that comes and
goes is told of once a day at most. What fails while nothing answers is told once for all, as a
fault of ours, and is counted anew when feeds answer again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.message import utc
from feeds.types import FeedError
from monitor.clock import iso
from monitor.health import ADVICE, TROUBLE, Finding, find, in_trouble, settle, span
from monitor.records import (
    Change,
    Health,
    HealthAlert,
    Network,
    Observation,
    Past,
    PollRow,
    StoredFeed,
    Verdict,
)

RULE = "source health"  # what stands in `alerts.rule`
MOST_AN_HOUR = 20  # messages; a host with hundreds of feeds may fall. The rest goes in one
REST = timedelta(days=1)  # from one alert about a feed, or about all, to the next
AFTER_ROUNDS = 3  # with a poll every 15 minutes: told after 45, since waits double
# Nothing answers: asked of the feed that has failed so often, at least. Two hosts, and half of all:
# with fewer it may be those.
ALL_ROUNDS = 3
LEAST_HOSTS = 2
SHARE = 0.5

_HERE = (
    "The fault is probably here: look at this machine's network, name resolution and proxy. "
    "The feeds are tried again by themselves."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told of the health of feeds, and when."""

    to: tuple[str, ...] = ()  # names of the outbox; none = nobody
    after_rounds: int = AFTER_ROUNDS


def verdict(seen: Observation, row: PollRow, past: Past, watch: Watch, *, now: datetime) -> Verdict:
    """The feed's health after this poll, what changed, and who is told."""
    found = find(seen, row, past, now)
    health = settle(seen, found)
    changes = [*_changed(seen.feed.health, health)]
    failed = isinstance(seen.result, FeedError)
    network = _network(seen, health, past.network, watch, failed=failed)
    alerts = [*_network_alerts(network, past.network, watch, now)]
    changes += [network] if network else []
    muted = failed and bool(network or past.network.down_since)
    if muted:
        health = replace(health, rounds=0)
    elif watch.to and _is_due(seen, found, health, watch, now):
        alerts += _alerts(seen.feed, health, watch, now)
        told = in_trouble(health)
        health = replace(
            health,
            told=health.state if told else "",
            told_at=now if told else health.told_at,
        )
    return Verdict(health=health, changes=tuple(changes), alerts=tuple(alerts), muted=muted)


def _changed(before: Health, health: Health) -> Iterator[Change]:
    if health.state != before.state and health.since:
        yield Change(
            state=health.state,
            before=before.state,
            since=health.since,
            note=health.note,
            advice=ADVICE[health.state],
        )


def _is_due(seen: Observation, found: Finding, health: Health, watch: Watch, now: datetime) -> bool:
    """Whether the trouble, or its end, is to be told now."""
    if not in_trouble(health):
        return bool(health.told) and health.rounds >= watch.after_rounds
    if health.told or (found.passing and not seen.feed.failures):
        return False
    if health.state == "gone":  # after the second it is polled no more
        return health.rounds >= min(watch.after_rounds, 2)
    rested = health.told_at is None or now - health.told_at >= REST
    return rested and health.rounds >= watch.after_rounds


# ── all feeds ────────────────────────────────────────────────────────────────────────────────────


def _network(
    seen: Observation, health: Health, network: Network, watch: Watch, *, failed: bool
) -> Change | None:
    """Whether from now on nothing answers, or something does again."""
    if network.down_since and not failed:
        note = f"{seen.feed.feed.name or seen.feed.host} answers again"
        return Change(
            state="ok", before="down", since=seen.started_at, note=note, advice="", network=True
        )
    if network.down_since or not (failed and _nothing_answers(health, network, watch)):
        return None
    note = (
        f"{network.failing} of {network.hosts} hosts were asked, and none answered as it should; "
        f"the last: {health.note}"
    )
    return Change(
        state="down",
        before="ok",
        since=network.last_good_at or health.since or seen.started_at,
        note=note,
        advice=_HERE,
        network=True,
    )


def _nothing_answers(health: Health, network: Network, watch: Watch) -> bool:
    if not in_trouble(health) or health.rounds < min(watch.after_rounds, ALL_ROUNDS):
        return False
    good = network.last_good_at
    if good and health.since and good >= health.since:
        return False
    return network.failing >= max(LEAST_HOSTS, SHARE * network.hosts)


def _network_alerts(
    change: Change | None, network: Network, watch: Watch, now: datetime
) -> Iterator[HealthAlert]:
    if change is None:
        return
    down = change.state == "down"
    rested = network.told_at is None or now - network.told_at >= REST
    if not (rested if down else network.told):
        return
    since = change.since if down else network.down_since or change.since
    facts = [("News", change.note), ("Since", utc(since)), ("To do", change.advice)]
    if not down:
        facts = [("News", f"Nothing answered for {span(now - since)}; {change.note}.")]
    yield from _to_each(
        watch,
        feed=None,
        relation="trouble" if down else "recovery",
        occasion=f"{change.state} since {iso(since)}",
        title="No feed answers: the fault seems to be here" if down else "Feeds answer again",
        source="",
        kind="",
        facts=facts,
        since=since,
    )


# ── one feed ─────────────────────────────────────────────────────────────────────────────────────

_TITLES = {
    "unreachable": "{} cannot be reached",
    "not a feed": "{} sends something that is not a feed",
    "empty": "{} has become empty",
    "stale": "{} has gone quiet",
    "dropping items": "{} drops items before they are seen",
    "gone": "{} is gone for good",
}
assert set(_TITLES) == set(TROUBLE)


def _alerts(feed: StoredFeed, health: Health, watch: Watch, now: datetime) -> Iterator[HealthAlert]:
    trouble = in_trouble(health)
    since = health.since or now
    title = _TITLES[health.state] if trouble else "{} is well again"
    facts = _trouble_facts(feed, health, since) if trouble else _recovery_facts(health, now)
    yield from _to_each(
        watch,
        feed=feed.id,
        relation="trouble" if trouble else "recovery",
        occasion=f"{health.state} since {iso(since)}",
        title=title.format(feed.feed.name or feed.host),
        source=feed.feed.name or feed.host,
        kind=feed.feed.kind,
        facts=facts,
        since=since,
    )


def _trouble_facts(feed: StoredFeed, health: Health, since: datetime) -> list[tuple[str, str]]:
    good, new = feed.last_success_at, feed.last_new_at
    return [
        ("News", f"{health.state}: {health.note}"),
        ("Since", utc(since)),
        ("Last good poll", utc(good) if good else "never"),
        ("Newest item", f"first seen {utc(new)}" if new else "none"),
        ("To do", ADVICE[health.state]),
    ]


def _recovery_facts(health: Health, now: datetime) -> list[tuple[str, str]]:
    told = f", alerted {utc(health.told_at)}" if health.told_at else ""
    since = f"since {utc(health.since)}" if health.since else f"at {utc(now)}"
    state = "" if health.state == "ok" else f", though {health.state}: {health.note}"
    return [("News", f"It is well {since}{state}."), ("Was", f"{health.told}{told}")]


def _to_each(
    watch: Watch,
    *,
    feed: int | None,
    relation: str,
    occasion: str,
    title: str,
    source: str,
    kind: str,
    facts: list[tuple[str, str]],
    since: datetime,
) -> Iterator[HealthAlert]:
    """The same for each channel. The feed's address is left out: it may hold a key."""
    payload = json.dumps(
        {
            "title": title,
            "url": "",
            "source": source,
            "source_kind": kind,
            "language": "en",
            "first_seen_at": iso(since),
            "published_at": None,
            "published_raw": "",
            "snippet": "",
            "snippet_marks": [],
            "named": [],
            "news": facts[0][1],
            "facts": facts,
        },
        ensure_ascii=False,
    )
    for channel in watch.to:
        yield HealthAlert(
            channel=channel, relation=relation, feed=feed, occasion=occasion, payload=payload
        )
