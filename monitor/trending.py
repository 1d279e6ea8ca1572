"""Bursts and silences of what is stored, put into the outbox for the rules that ask for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from alerts.rules import Rule, matching
from feeds.types import Feed
from monitor.announce import LONGEST_TITLE, asked, timing
from monitor.clock import iso, iso_or_none
from monitor.judge import Desk
from monitor.store import Store
from monitor.store.trends import Newest, TrendAlert
from monitor.trends import Burst, Silence, burst, silence
from monitor.types import Entity

RELATIONS = {"burst", "silence"}


def watch_trends(store: Store, desk: Desk, now: datetime) -> int:
    """Look for bursts and silences; returns how many alerts were written.

    Raises:
        StoreError: the database cannot be read or written.
    """
    rules = [rule for rule in desk.rules if RELATIONS & set(rule.relation)]
    if not rules:
        return 0
    return store.announce_trends(_alerts(store, desk, rules, now), now)


def _alerts(store: Store, desk: Desk, rules: list[Rule], now: datetime) -> Iterator[TrendAlert]:
    today = now.date()
    for entity, (series, item) in store.histories(now).items():
        if entity not in desk.entities:
            continue
        for found in (burst(series, today), silence(series, today)):
            if found:
                newest = store.newest(item)
                yield from _announced(found, desk.entities[entity], newest, desk, rules, now)


def _announced(
    found: Burst | Silence,
    entity: Entity,
    newest: Newest,
    desk: Desk,
    rules: list[Rule],
    now: datetime,
) -> Iterator[TrendAlert]:
    relation = "burst" if isinstance(found, Burst) else "silence"
    feed = Feed(url=newest.feed_url, name=newest.feed_name, kind=newest.feed_kind)
    facts = asked([entity], feed, language=newest.language, title=newest.title, text=newest.text)
    for rule in rules:
        if relation not in rule.relation or not matching(rule, facts):
            continue
        for name in rule.to:
            for channel in desk.routes.get(name, ()):
                yield TrendAlert(
                    rule=rule.name,
                    channel=channel,
                    relation=relation,
                    what=f"{relation} of {entity.id}",
                    since=found.day if isinstance(found, Burst) else found.since,
                    newest=newest,
                    timing=timing(rule, now),
                    payload=_payload(found, entity, newest),
                )


def said(found: Burst | Silence, name: str) -> tuple[str, str]:
    """A headline, and the reason with what was expected."""
    if isinstance(found, Burst):
        news = (
            f"A burst: {found.stories} stories on {found.day}, {_number(found.expected)} a day "
            f"expected; as many or more come on one day in {_one_in(found.odds)}."
        )
        return f"{name}: {found.stories} stories today", news
    news = (
        f"A silence: {found.days} days with its feeds answering; it is named every "
        f"{_number(found.expected)} days, and {found.longest} was the longest wait."
    )
    return f"{name}: not named since {found.since}", news


def _number(value: float) -> str:
    return f"{value:.1f}" if value >= 0.1 else f"{value:.2f}"


def _one_in(odds: float) -> str:
    return f"{round(1 / odds, -3):,.0f}" if odds > 1e-6 else "a million or more"


def _payload(found: Burst | Silence, entity: Entity, newest: Newest) -> str:
    title, news = said(found, entity.name)
    named = {
        "entity": entity.id,
        "name": entity.name,
        "sector": entity.sector,
        "kind": entity.kind,
        "surface": entity.name,
    }
    return json.dumps(
        {
            "title": title,
            "url": newest.url,
            "source": newest.feed_name,
            "source_kind": newest.feed_kind,
            "language": "en",
            "first_seen_at": iso(newest.first_seen_at),
            "published_at": iso_or_none(newest.published_at),
            "published_raw": newest.published_raw,
            "snippet": f"The newest: {newest.title[:LONGEST_TITLE]}",
            "snippet_marks": [],
            "named": [named],
            "news": news,
        },
        ensure_ascii=False,
    )
