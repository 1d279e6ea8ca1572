"""From a story's mentions to rows of the outbox, and from a row to the alert that a channel sends.

Pure. A row's payload is the whole message in JSON, so that an alert says what was known when it was
written, whatever is edited later. Channels stand in it by name: no address, no secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts import rules
from alerts.rules import Rule
from alerts.types import Alert, Named
from feeds.types import Entry, Feed
from monitor.clock import iso, iso_or_none, moment, moment_or_none
from monitor.records import Waiting
from monitor.snippets import snippet
from monitor.types import Entity, Mention

# A feed decides how long its title is; the outbox keeps what any channel could show.
LONGEST_TITLE = 2_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An item that may be worth an alert."""

    entry: Entry
    mentions: Sequence[Mention]
    feed: Feed
    language: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A rule that announces the item, on one channel."""

    rule: str
    channel: str
    payload: str


def offers(
    facts: Facts,
    alert_rules: Sequence[Rule],
    entities: Mapping[str, Entity],
    routes: Mapping[str, Sequence[str]],
) -> Iterator[Offer]:
    """Every (rule, channel) that announces the item; `routes` gives a channel's outbox names."""
    confirmed = [m for m in facts.mentions if m.state == "confirmed"]
    if not confirmed or not alert_rules:
        return
    named = [entities[entity] for entity in dict.fromkeys(m.entity for m in confirmed)]
    what = asked(
        named,
        facts.feed,
        language=facts.language,
        title=facts.entry.title,
        text=facts.entry.text,
    )
    for rule in alert_rules:
        because = {subject.entity for subject in rules.matching(rule, what)}
        if not because:
            continue
        payload = _payload(facts, [m for m in confirmed if m.entity in because], entities)
        for name in rule.to:
            for channel in routes.get(name, ()):
                yield Offer(rule=rule.name, channel=channel, payload=payload)


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


def _payload(facts: Facts, because: Sequence[Mention], entities: Mapping[str, Entity]) -> str:
    entry, first = facts.entry, because[0]
    source = entry.title if first.field == "title" else entry.text
    around = snippet(source, first.start, first.end)
    return json.dumps(
        {
            "title": entry.title[:LONGEST_TITLE] or around.text,
            "url": entry.url,
            "source": facts.feed.name,
            "source_kind": facts.feed.kind,
            "language": facts.language,
            "first_seen_at": iso(facts.now),
            "published_at": iso_or_none(entry.published_at),
            "published_raw": entry.published_raw,
            "snippet": around.text,
            "snippet_marks": [[around.start, around.end]],
            "named": _named(because, entities),
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
    """The alert that a claimed row of the outbox stands for."""
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
    )
