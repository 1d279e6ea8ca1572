"""From a story's mentions to rows of the outbox, and from a row to the alert that a channel sends.

Pure. A row's payload is the whole message in JSON, so that an alert says what was known when it was
written, whatever is edited later. Channels stand in it by name: no address, no secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts import rules
from alerts.rules import Rule
from alerts.schedule import next_due, quiet_until
from alerts.types import Alert, Named
from feeds.types import Entry, Feed
from monitor.clock import iso, iso_or_none, moment, moment_or_none
from monitor.records import Timing, Waiting
from monitor.snippets import snippet
from monitor.types import Entity, Mention

# A feed decides how long its title is; the outbox keeps what any channel could show.
LONGEST_TITLE = 2_000  # characters
EARLIEST_YEAR = 1990  # before the web: 1970 and 0001 are how programs write "no date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An item that may be worth an alert."""

    entry: Entry
    mentions: Sequence[Mention]
    feed: Feed
    language: str
    now: datetime
    article: str = ""  # its full text, where mentions of the field "article" lie
    relation: str = "first"  # what is news: see alerts.rules.RELATIONS
    news: str = ""  # the same in a sentence
    first_seen_at: datetime | None = None  # None = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A rule that announces the item, on one channel."""

    rule: str
    channel: str
    payload: str
    min_origins: int


def age_of(published_at: datetime | None, now: datetime) -> timedelta:
    """Since publication, where the publisher's date is one that can be true, else none."""
    if published_at is None or published_at.year < EARLIEST_YEAR:
        return timedelta(0)
    return max(now - published_at, timedelta(0))  # dates ahead of us are wrong zones, not old


def timing(rule: Rule, now: datetime) -> Timing:
    """When what the rule announces now is sent, and what together with."""
    if rule.schedule:
        due = next_due(rule.schedule, now)
        return Timing(due=due, batch=f"digest of {rule.name}, due {iso(due)}")
    if rule.quiet and (end := quiet_until(rule.quiet, now)):
        return Timing(due=end, batch=f"quiet hours of {rule.name}, until {iso(end)}")
    return Timing(due=now, most_an_hour=rule.most_an_hour)


def offers(
    facts: Facts,
    alert_rules: Sequence[Rule],
    entities: Mapping[str, Entity],
    routes: Mapping[str, Sequence[str]],
) -> Iterator[Offer]:
    """Every (rule, channel) that announces the item; `routes` gives a channel's outbox names."""
    confirmed = [m for m in facts.mentions if m.state == "confirmed"]
    age = age_of(facts.entry.published_at, facts.now).total_seconds()
    alert_rules = [r for r in alert_rules if facts.relation in r.relation and age <= r.max_age]
    if not confirmed or not alert_rules:
        return
    named = [entities[entity] for entity in dict.fromkeys(m.entity for m in confirmed)]
    what = asked(
        named,
        facts.feed,
        language=facts.language,
        title=facts.entry.title,
        text=f"{facts.entry.text}\n{facts.article}" if facts.article else facts.entry.text,
    )
    for rule in alert_rules:
        because = {subject.entity for subject in rules.matching(rule, what)}
        if not because:
            continue
        payload = _payload(facts, [m for m in confirmed if m.entity in because], entities)
        for name in rule.to:
            for channel in routes.get(name, ()):
                yield Offer(
                    rule=rule.name,
                    channel=channel,
                    payload=payload,
                    min_origins=rule.min_origins,
                )


def asked(
    named: Iterable[Entity], feed: Feed, *, language: str, title: str, text: str
) -> rules.Facts:
    """What the rules are asked about an item of this feed with confirmed mentions of `named`."""
    return rules.Facts(
        subjects=tuple(
            rules.Subject(entity=e.id, sector=e.sector, kind=e.kind, province=e.province)
            for e in named
        ),
        feed=feed.name,
        feed_url=feed.url,
        source_kind=feed.kind,
        language=language,
        title=title,
        text=text,
    )


def only(facts: Facts, entities: AbstractSet[str]) -> Facts:
    """The same, as far as it is about these entities."""
    return replace(facts, mentions=[m for m in facts.mentions if m.entity in entities])


def edit_news(
    added: AbstractSet[str], removed: AbstractSet[str], entities: Mapping[str, Entity]
) -> str:
    """Such as: An edit added Arin Dam; it removed Bolu Mine."""
    said = [
        f"{verb} {', '.join(entities[e].name if e in entities else e for e in sorted(some))}"
        for verb, some in (("added", added), ("removed", removed))
        if some
    ]
    return f"An edit {'; it '.join(said)}."


def _payload(facts: Facts, because: Sequence[Mention], entities: Mapping[str, Entity]) -> str:
    entry, first = facts.entry, because[0]
    source = {"title": entry.title, "article": facts.article}.get(first.field, entry.text)
    around = snippet(source, first.start, first.end)
    return json.dumps(
        {
            "title": entry.title[:LONGEST_TITLE] or around.text,
            "url": entry.url,
            "source": facts.feed.name,
            "source_kind": facts.feed.kind,
            "language": facts.language,
            "first_seen_at": iso(facts.first_seen_at or facts.now),
            "published_at": iso_or_none(entry.published_at),
            "published_raw": entry.published_raw,
            "snippet": around.text,
            "snippet_marks": [[around.start, around.end]],
            "named": _named(because, entities),
            "news": facts.news,
        },
        ensure_ascii=False,
    )


def _named(because: Sequence[Mention], entities: Mapping[str, Entity]) -> list[dict[str, str]]:
    first = {m.entity: m for m in reversed(because)}
    return [
        {
            "entity": entity,
            "name": entities[entity].name,
            "sector": entities[entity].sector,
            "kind": entities[entity].kind,
            "surface": first[entity].surface,
        }
        for entity in dict.fromkeys(m.entity for m in because)
    ]


def alert_of(row: Waiting) -> Alert:
    """The alert that a claimed row of the outbox stands for, with those that go with it."""
    first = _alert(row)
    if not row.others:
        return first
    parts = (_alert(replace(row, others=())), *map(_alert, row.others))
    return replace(first, parts=parts, in_doubt=row.in_doubt, thread="", batch=row.batch)


def _alert(row: Waiting) -> Alert:
    said = json.loads(row.payload)
    return Alert(
        id=row.id,
        rule=row.rule,
        channel=row.channel,
        story=row.story,
        title=said["title"],
        url=said["url"],
        source=said["source"],
        source_kind=said["source_kind"],
        language=said["language"],
        first_seen_at=moment(said["first_seen_at"]),
        published_at=moment_or_none(said["published_at"]),
        published_raw=said["published_raw"],
        snippet=said["snippet"],
        snippet_marks=tuple((start, end) for start, end in said["snippet_marks"]),
        named=tuple(Named(**one) for one in said["named"]),
        origins=row.origins,
        copies=row.copies,
        attempts=row.attempts,
        in_doubt=row.in_doubt,
        key=row.key,
        relation=row.relation,
        news=said["news"],
        facts=tuple((label, value) for label, value in said.get("facts", ())),
        thread=row.thread,
    )
