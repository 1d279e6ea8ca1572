"""What one poll means: new items, edits, mentions, stories, alerts, the next poll. Pure.

No network, no database, no clock: the same observation and the same knowledge give the same record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from alerts.rules import Rule
from feeds.manners import next_poll_at
from feeds.types import Entry, FeedError, NotModified, ParsedFeed
from monitor import announce
from monitor.difference import changes, core
from monitor.identity import find, probes
from monitor.language import detect
from monitor.records import (
    Appearance,
    Fresh,
    Gone,
    Known,
    KnownItem,
    NewItem,
    Observation,
    OutboxAlert,
    PollRecord,
    PollRow,
    Probe,
    Revision,
    Seen,
)
from monitor.stories import Piece, Placement, Window, place, read
from monitor.stories.piece import publisher_of
from monitor.types import Document, Entity, Mention

# A feed that flips between versions must not fill the disk (reader stops at the same number).
MOST_REVISIONS = 24
# A feed that gives all its entries new ids is told from one that repeats itself now and then.
LEAST_REISSUED = 3
REISSUED_SHARE = 0.5
FULLER = 1.5  # another feed's text this much longer than ours is worth keeping as a new version

Tag = Callable[[Document], tuple[Mention, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What judging needs besides the poll: the watchlist's tagger, its entities and the rules."""

    tag: Tag
    entities: Mapping[str, Entity]
    rules: Sequence[Rule] = ()
    routes: Mapping[str, Sequence[str]] = field(default_factory=dict)  # channel → outbox names


def judge(seen: Observation, known: Known, desk: Desk, *, now: datetime) -> PollRecord:
    """Everything that one poll taught, ready to be stored."""
    match seen.result:
        case FeedError() as error:
            return _failed(seen, error, now)
        case NotModified() as answer:
            status = "not-modified" if answer.http_status == 304 else "unchanged"
            return _finish(seen, PollRow(status=status), now)
        case ParsedFeed() as parsed:
            return _Reading(seen, parsed, known, desk, now).record()
        case _:
            assert_never(seen.result)


def probes_of(seen: Observation) -> tuple[Probe, ...]:
    """The keys to look up before judging; none for a poll without entries."""
    if isinstance(seen.result, ParsedFeed):
        return probes(seen.result.entries, seen.feed.host)
    return ()


def _failed(seen: Observation, error: FeedError, now: datetime) -> PollRecord:
    failures = seen.feed.failures + 1
    return PollRecord(
        observation=seen,
        now=now,
        row=PollRow(status="error", error=f"{error.reason}: {error.message}"),
        health="failing",
        failures=failures,
        next_poll_at=next_poll_at(
            error, interval=seen.feed.interval, failures=failures, now=now, jitter=_jitter(seen)
        ),
    )


def _finish(seen: Observation, row: PollRow, now: datetime) -> PollRecord:
    ttl = seen.result.ttl if isinstance(seen.result, ParsedFeed) else None
    return PollRecord(
        observation=seen,
        now=now,
        row=row,
        next_poll_at=next_poll_at(
            seen.answer,
            interval=seen.feed.interval,
            failures=0,
            now=now,
            jitter=_jitter(seen),
            ttl=ttl,
        ),
    )


def _jitter(seen: Observation) -> float:
    """0 to 1, the same for the same feed and poll: spreads feeds without randomness in here."""
    return (seen.feed.id * 7919 + int(seen.started_at.timestamp())) % 1000 / 1000


@dataclass(slots=True)
class _Reading:
    """One document being read against what is known."""

    seen: Observation
    parsed: ParsedFeed
    known: Known
    desk: Desk
    now: datetime
    items: list[NewItem] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    sightings: list[Seen] = field(default_factory=list)
    alerts: list[OutboxAlert] = field(default_factory=list)
    present: set[int] = field(default_factory=set)  # known items that the document holds
    fresh: dict[str, int] = field(default_factory=dict)  # any key → position in self.items
    twins: Window = field(default_factory=Window)  # new items of this document, by position
    unchanged: int = 0
    repeated: int = 0
    rejected: int = 0
    notes: list[str] = field(default_factory=list)

    def record(self) -> PollRecord:
        """Go through the document once, oldest entry first where it is sorted as feeds are."""
        rekeyed = self._rekeyed()
        for at, probe in reversed(tuple(enumerate(self.known.probes))):
            item = find(probe, self.known) or rekeyed.get(at)
            if item is None:
                self._new(at, probe)
            elif item in self.present:
                self.repeated += 1
            else:
                self.present.add(item)
                self._again(probe, self.known.items[item], rekeyed=at in rekeyed)
        gone = self._gone()
        self._announce()
        return replace(
            _finish(self.seen, self._row(), self.now),
            items=tuple(self.items),
            revisions=tuple(self.revisions),
            seen=tuple(self.sightings),
            gone=gone,
            alerts=tuple(self.alerts),
            timings={rule.name: announce.timing(rule, self.now) for rule in self.desk.rules},
        )

    @property
    def baseline(self) -> bool:
        """The first good poll of a feed: stored and tagged, never alerted."""
        return self.seen.feed.last_success_at is None

    def _rekeyed(self) -> dict[int, int]:
        """Places of entries that are stored under other ids: the feed changed them wholesale."""
        taken = {find(probe, self.known) for probe in self.known.probes}
        again: dict[int, int] = {}
        for at, item in self.known.reissued.items():
            if item not in taken:
                taken.add(item)
                again[at] = item
        if len(again) < max(LEAST_REISSUED, REISSUED_SHARE * len(self.known.probes)):
            return {}
        self.notes.append(f"the feed changed its ids: {len(again)} items known by their text")
        return again

    def _new(self, at: int, probe: Probe) -> None:
        if at in self.known.buried:
            self.rejected += 1
            return
        keys = [k for k in (probe.guid and f"g{probe.guid}", probe.url_key) if k]
        keys = keys or [probe.title_key]
        if any(key in self.fresh for key in keys):
            self.repeated += 1
            return
        language = self._language(probe.entry)
        item = NewItem(
            probe=probe,
            language=language,
            mentions=self._tag(probe.entry, language),
            story=None,
            story_of=None,
            relation="original",
        )
        for key in keys:
            self.fresh[key] = len(self.items)
        self.items.append(self._placed(item, self.known.fresh[at]))

    def _language(self, entry: Entry) -> str:
        declared = entry.language or self.seen.feed.feed.language or self.parsed.language
        return detect(f"{entry.title} {entry.text}", declared)

    def _tag(self, entry: Entry, language: str) -> tuple[Mention, ...]:
        feed = self.seen.feed.feed
        return self.desk.tag(
            Document(
                title=entry.title,
                text=entry.text,
                language=language,
                source=feed.name,
                source_kind=feed.kind,
            )
        )

    def _placed(self, item: NewItem, fresh: Fresh) -> NewItem:
        """The item with its story: of a stored item, of a new one of this document, or its own."""
        stored, twin = self._among_stored(item.probe, fresh), self._among_twins(fresh)
        self.twins.add(len(self.items), fresh.signature, self.now.date())
        item = replace(item, signature=fresh.signature)
        if stored.of is not None and (stored.relation == "copy" or twin.relation != "copy"):
            return replace(
                item,
                story=self.known.items[stored.of].story,
                relation=stored.relation,
                of_item=stored.of,
                why=stored.why,
            )
        if twin.of is None:
            return item
        first = self.items[twin.of]
        return replace(
            item,
            story=first.story,
            story_of=None if first.story is not None else _first(twin.of, first),
            relation=twin.relation,
            of_new=twin.of,
            why=twin.why,
        )

    def _among_stored(self, probe: Probe, fresh: Fresh) -> Placement:
        known = self.known.items
        found = ((known[c.item], c.headline) for c in fresh.candidates)
        return place(
            fresh.piece, ((item.id, _piece(item, probe, fresh), like) for item, like in found)
        )

    def _among_twins(self, fresh: Fresh) -> Placement:
        """Among the new items of the same document, by their positions."""
        found = self.twins.candidates(fresh.signature)
        return place(
            fresh.piece, ((c.item, self._piece_of(self.items[c.item]), c.headline) for c in found)
        )

    def _piece_of(self, item: NewItem) -> Piece:
        entry = item.probe.entry
        publisher = publisher_of(entry.url, str(self.seen.feed.id))
        return read(entry.title, entry.text, at=entry.published_at or self.now, publisher=publisher)

    def _again(self, probe: Probe, item: KnownItem, *, rekeyed: bool) -> None:
        """An entry that is stored already: the same, edited, or new to this feed."""
        here = self.known.appearances.get(item.id)
        moved = here is None or not here.in_window or here.content_hash != probe.content_hash
        if moved or rekeyed:
            self.sightings.append(Seen(item=item.id, probe=probe, rekeyed=rekeyed))
        if self._is_edit(probe, item, here):
            self._revise(probe, item)
        else:
            self.unchanged += 1

    def _is_edit(self, probe: Probe, item: KnownItem, here: Appearance | None) -> bool:
        """A feed edits its own version; another feed's is taken only when it says far more.

        Compared with this feed's last version, not with the item: else two feeds that carry one
        article in two lengths would turn it over and over.
        """
        if probe.content_hash == item.content_hash:
            return False
        ours = item.text_feed == self.seen.feed.id
        changed = here is not None and here.content_hash != probe.content_hash
        longer = len(probe.entry.text) > FULLER * max(len(item.text), 1)
        if not ((changed and ours) or (longer and (changed or here is None))):
            return False
        return core(probe.entry.title, probe.entry.text) != core(item.title, item.text)

    def _revise(self, probe: Probe, item: KnownItem) -> None:
        if item.revisions >= MOST_REVISIONS:
            self.unchanged += 1
            return
        if item.revisions == MOST_REVISIONS - 1:
            self.notes.append(f"item {item.id} keeps changing: no further versions are kept")
        mentions = self._tag(probe.entry, item.language)
        after = _confirmed(mentions)
        added, removed = after - item.entities, item.entities - after
        self.revisions.append(
            Revision(
                item=item.id,
                probe=probe,
                mentions=mentions,
                change=_change(probe.entry, item),
                entities_added=tuple(sorted(added)),
                entities_removed=tuple(sorted(removed)),
            )
        )
        if not self.baseline:
            self._offer_edit(probe.entry, item, mentions, added, removed)

    def _offer_edit(
        self,
        entry: Entry,
        item: KnownItem,
        mentions: Sequence[Mention],
        added: frozenset[str],
        removed: frozenset[str],
    ) -> None:
        """What names more than before is the story's first mention, too, if it had none."""
        facts = self._facts(entry, mentions, item.language)
        facts = replace(facts, first_seen_at=item.first_seen_at)
        if added:
            self._offer(facts, item=item.id)
        if not any("edit" in rule.relation for rule in self.desk.rules):
            return
        news = announce.edit_news(added, removed, self.desk.entities)
        facts = replace(facts, relation="edit", news=news)
        self._offer(announce.only(facts, added), item=item.id)
        if removed:
            old = replace(entry, title=item.title, text=item.text)
            facts = replace(facts, entry=old, mentions=self._tag(old, item.language))
            self._offer(announce.only(facts, removed), item=item.id)

    def _gone(self) -> tuple[Gone, ...]:
        """Items of the poll before that this document lacks.

        Feeds drop their oldest entries when new ones come. One that goes while older ones stay was
        taken out: it `vanished`. An empty document is a fault more often than a clearance, and
        proves nothing.
        """
        if not self.parsed.entries:
            return ()
        window = self.known.appearances.values()
        oldest = min((a.age for a in window if a.item in self.present), default=None)
        gone = tuple(
            Gone(item=a.item, vanished=oldest is not None and a.age > oldest)
            for a in window
            if a.in_window and a.item not in self.present
        )
        for one in gone:
            if one.vanished and one.item in self.known.items:
                self._offer_gone(self.known.items[one.item])
        return gone

    def _offer_gone(self, item: KnownItem) -> None:
        if not any("gone" in rule.relation for rule in self.desk.rules):
            return
        entry = Entry(
            title=item.title, text=item.text, url=item.url, published_at=item.published_at
        )
        facts = self._facts(entry, self._tag(entry, item.language), item.language)
        news = "It was taken out of the feed, where older items still stand."
        facts = replace(facts, relation="gone", news=news, first_seen_at=item.first_seen_at)
        self._offer(facts, item=item.id)

    def _announce(self) -> None:
        if self.baseline:
            return
        for at, item in enumerate(self.items):
            facts = self._facts(item.probe.entry, item.mentions, item.language)
            if item.relation == "original" or _confirmed(item.mentions) - self._told(item):
                self._offer(facts, new_item=at)
            if self._is_new_origin(item):
                news = "Another source tells it in words of its own."
                self._offer(replace(facts, relation="new-origin", news=news), new_item=at)

    def _is_new_origin(self, item: NewItem) -> bool:
        """Whether the story is told anew by a source that has not told it yet."""
        ours = self.seen.feed.id
        told = {k.text_feed for k in self.known.items.values() if k.story == item.story}
        return item.relation == "same_event" and item.story is not None and ours not in told

    def _told(self, item: NewItem) -> frozenset[str]:
        """Entities that the story of a copy names already."""
        if item.story_of is not None:
            return frozenset(_confirmed(self.items[item.story_of].mentions))
        same = [k.entities for k in self.known.items.values() if k.story == item.story]
        return frozenset().union(*same)

    def _facts(self, entry: Entry, mentions: Sequence[Mention], language: str) -> announce.Facts:
        return announce.Facts(
            entry=entry,
            mentions=mentions,
            feed=self.seen.feed.feed,
            language=language,
            now=self.now,
        )

    def _offer(
        self, facts: announce.Facts, *, new_item: int | None = None, item: int | None = None
    ) -> None:
        desk = self.desk
        for offer in announce.offers(facts, desk.rules, desk.entities, desk.routes):
            self.alerts.append(
                OutboxAlert(
                    rule=offer.rule,
                    channel=offer.channel,
                    new_item=new_item,
                    item=item,
                    payload=offer.payload,
                    relation=facts.relation,
                    min_origins=offer.min_origins,
                )
            )

    def _row(self) -> PollRow:
        skipped = dict(self.parsed.skipped)
        if self.repeated:
            skipped["repeated"] = self.repeated
        if self.rejected:
            skipped["rejected"] = self.rejected
        before = sum(1 for a in self.known.appearances.values() if a.in_window)
        overlap = sum(
            1 for i in self.present if (a := self.known.appearances.get(i)) and a.in_window
        )
        if self.parsed.malformed:
            self.notes.append(f"not well-formed: {self.parsed.malformed}")
        return PollRow(
            status="ok",
            seen=len(self.parsed.entries) + sum(self.parsed.skipped.values()),
            new=len(self.items),
            changed=len(self.revisions),
            unchanged=self.unchanged,
            skipped=skipped,
            overlap=overlap if before or not self.baseline else None,
            baseline=self.baseline,
            note="; ".join(self.notes),
        )


def _confirmed(mentions: Sequence[Mention]) -> frozenset[str]:
    return frozenset(m.entity for m in mentions if m.state == "confirmed")


def _first(position: int, item: NewItem) -> int:
    """The position whose new story this one belongs to."""
    return item.story_of if item.story_of is not None else position


def _piece(item: KnownItem, probe: Probe, fresh: Fresh) -> Piece:
    """The stored item's features; the new entry's own where the two say the same."""
    at = item.published_at or item.first_seen_at
    publisher = publisher_of(item.url, str(item.text_feed))
    if item.content_hash == probe.content_hash:
        return replace(fresh.piece, at=at, publisher=publisher)
    return read(item.title, item.text, at=at, publisher=publisher)


def _change(entry: Entry, item: KnownItem) -> str:
    """What an edit changed, as JSON: field → [["=" | "-" | "+", words], …]."""
    pairs = {"title": (item.title, entry.title), "text": (item.text, entry.text)}
    change = {name: changes(*pair) for name, pair in pairs.items() if pair[0] != pair[1]}
    return json.dumps(change, ensure_ascii=False)
