"""Bursts, silences and returns of what is stored, put into the outbox where rules ask for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from alerts.rules import Rule, matching
from feeds.types import Feed
from monitor.announce import LONGEST_TITLE, asked, timing
from monitor.clock import iso, iso_or_none
from monitor.desk import Desk
from monitor.store import Store
from monitor.store.trends import Newest, TrendAlert
from monitor.trends import Burst, Return, Series, Silence, burst, comeback, may_return, silence
from monitor.types import Entity

RELATIONS = {"burst", "silence", "return"}

Found = Burst | Silence | Return
_SHOWN = {Burst: "The newest", Silence: "The newest", Return: "The first again"}


def watch_trends(store: Store, desk: Desk, now: datetime) -> int:
    """Look for bursts, silences and returns; gives how many alerts were written.

    Raises:
        StoreError: the database cannot be read or written.
    """
    rules = [rule for rule in desk.rules if RELATIONS & set(rule.relation)]
    if not rules:
        return 0
    return store.announce_trends(_alerts(store, desk, rules, now), now)


def _alerts(store: Store, desk: Desk, rules: list[Rule], now: datetime) -> Iterator[TrendAlert]:
    today = now.astimezone(UTC).date()
    returns = any("return" in rule.relation for rule in rules)
    for entity, (series, item) in store.histories(now).items():
        if entity not in desk.entities:
            continue
        found: list[tuple[Found | None, int]] = [
            (burst(series, today), item),
            (silence(series, today), item),
            *(_returns(store, entity, series, today) if returns else ()),
        ]
        for one, shown in found:
            if one:
                newest = store.newest(shown)
                yield from _announced(one, desk.entities[entity], newest, desk, rules, now)


def _returns(
    store: Store, entity: str, series: Series, today: date
) -> Iterator[tuple[Return | None, int]]:
    """Of today, and of yesterday: the last look at it was before its end."""
    for day in (today, today - timedelta(days=1)):
        if may_return(series, day):
            career, first = store.career(entity, day)
            yield comeback(career, day), first


def _announced(
    found: Found,
    entity: Entity,
    newest: Newest,
    desk: Desk,
    rules: list[Rule],
    now: datetime,
) -> Iterator[TrendAlert]:
    relation = type(found).__name__.lower()
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
                    since=found.since if isinstance(found, Silence) else found.day,
                    newest=newest,
                    timing=timing(rule, now),
                    payload=_payload(found, entity, newest),
                )


def said(found: Found, name: str) -> tuple[str, str]:
    """A headline, and the reason with what was expected."""
    if isinstance(found, Burst):
        news = (
            f"A burst: {found.stories} stories on {found.day}, {_number(found.expected)} a day "
            f"expected; as many or more come on one day in {_one_in(found.odds)}."
        )
        return f"{name}: {found.stories} stories today", news
    if isinstance(found, Return):
        return f"{name}: named again, for the first time since {found.since}", _returned(found)
    news = (
        f"A silence: {found.days} days with its feeds answering; it is named every "
        f"{_number(found.expected)} days, and {found.longest} was the longest wait."
    )
    return f"{name}: not named since {found.since}", news


def _returned(found: Return) -> str:
    days = (found.day - found.since).days
    said = f"A return: the first mention in {days} days; usually {found.a_month:.0f} a month."
    return (
        said if found.days == days else f"{said} Its feeds answered on {found.days} of these days."
    )


def _number(value: float) -> str:
    return f"{value:.1f}" if value >= 0.1 else f"{value:.2f}"


def _one_in(odds: float) -> str:
    return f"{round(1 / odds, -3):,.0f}" if odds > 1e-6 else "a million or more"


def _payload(found: Found, entity: Entity, newest: Newest) -> str:
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
            "snippet": f"{_SHOWN[type(found)]}: {newest.title[:LONGEST_TITLE]}",
            "snippet_marks": [],
            "named": [named],
            "news": news,
        },
        ensure_ascii=False,
    )
