"""What one poll means: new items, edits, mentions, stories, alerts, the next poll. Pure.

No network, no database, no clock: the same observation and the same knowledge give the same record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import assert_never

from feeds.hosts import host_key
from feeds.types import Entry, FeedError, NotModified, ParsedFeed
from monitor import announce
from monitor.alarm import verdict
from monitor.desk import Desk
from monitor.difference import changes, core
from monitor.entries import Held, Source
from monitor.identity import find, probes
from monitor.offering import Offering, confirmed
from monitor.planning import plan, rechecked_in_vain
from monitor.records import (
    Appearance,
    Fresh,
    Gone,
    Known,
    KnownItem,
    NewItem,
    Observation,
    Past,
    PollRecord,
    PollRow,
    Probe,
    Revision,
    Seen,
    Verdict,
)
from monitor.stories import Piece, Placement, Twins, place, read
from monitor.stories.piece import publisher_of
from monitor.studying import declared, language_of
from monitor.types import Mention

# A feed that flips between versions must not fill the disk (reader stops at the same number).
MOST_REVISIONS = 24
# A feed that gives all its entries new ids is told from one that repeats itself now and then.
LEAST_REISSUED = 3
REISSUED_SHARE = 0.5
FULLER = 1.5  # another feed's text this much longer than ours is worth keeping as a new version


def judge(
    seen: Observation, known: Known, desk: Desk, past: Past | None = None, *, now: datetime
) -> PollRecord:
    """Everything that one poll taught, ready to be stored."""
    past = past or Past()
    match seen.result:
        case FeedError() as error:
            row = PollRow(status="error", error=f"{error.reason}: {error.message}")
            return _finish(seen, row, past, desk, now)
        case NotModified() as answer:
            status = "not-modified" if answer.http_status == 304 else "unchanged"
            return _finish(seen, PollRow(status=status), past, desk, now)
        case ParsedFeed() as parsed:
            offering = Offering(feed=seen.feed, known=known, desk=desk, now=now)
            twins = Twins(now.date(), len(known.fresh))
            return _Reading(seen, parsed, known, desk, past, now, offering, twins).record()
        case _:
            assert_never(seen.result)


def has_unread(seen: Observation) -> bool:
    """Whether there are entries of which only the store knows what they are."""
    return isinstance(seen.result, ParsedFeed) and any(one.unread for one in seen.result.entries)


def probes_of(seen: Observation, held: Mapping[str, Held] | None = None) -> tuple[Probe, ...]:
    """The keys to look up before judging; none for a poll without entries.

    `held`: what the store knows of entries that were not read, by Entry.source.
    """
    if isinstance(seen.result, ParsedFeed):
        host = host_key(seen.feed.feed.url)  # wherever it moved to
        return probes(seen.result.entries, host, held)
    return ()


def _finish(seen: Observation, row: PollRow, past: Past, desk: Desk, now: datetime) -> PollRecord:
    """The ledger's line, with what it says of the feed's health and of the polls to come."""
    if rechecked_in_vain(seen):
        health = Verdict(health=seen.feed.health)
    else:
        health = verdict(seen, row, past, desk.watch, now=now)
    return PollRecord(
        observation=seen,
        now=now,
        row=row,
        verdict=health,
        plan=plan(seen, row, past, muted=health.muted, bounds=desk.bounds, now=now),
    )


@dataclass(slots=True)
class _Reading:
    """One document being read against what is known."""

    seen: Observation
    parsed: ParsedFeed
    known: Known
    desk: Desk
    past: Past
    now: datetime
    offering: Offering
    twins: Twins  # the new items of this document, by position
    items: list[NewItem] = field(default_factory=list)
    revisions: list[Revision] = field(default_factory=list)
    sightings: list[Seen] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    present: set[int] = field(default_factory=set)  # known items that the document holds
    fresh: dict[str, int] = field(default_factory=dict)  # any key → position in self.items
    pieces: list[Piece] = field(default_factory=list)  # the same
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
                self._known(probe, item, rekeyed=at in rekeyed)
        gone = self._gone()
        self.offering.new(self.items, since=self._news_since())
        return replace(
            _finish(self.seen, self._row(), self.past, self.desk, self.now),
            items=tuple(self.items),
            revisions=tuple(self.revisions),
            seen=tuple(self.sightings),
            gone=gone,
            sources=tuple(self.sources),
            alerts=tuple(self.offering.alerts),
            timings={rule.name: announce.timing(rule, self.now) for rule in self.desk.rules},
        )

    @property
    def baseline(self) -> bool:
        """The first good poll of a feed: stored and tagged, and alerted only if it is asked for."""
        return self.seen.feed.last_success_at is None

    def _news_since(self) -> datetime | None:
        """On a feed's first poll, when what is told must have been published; None for anything."""
        return self.now - self.desk.baseline if self.baseline else None

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
        for key in keys:
            self.fresh[key] = len(self.items)
        self.items.append(self._item(probe, self.known.fresh[at]))

    def _language(self, entry: Entry) -> str:
        return language_of(entry, declared(entry, self.seen.feed.feed, self.parsed))

    def _tag(self, entry: Entry, language: str) -> tuple[Mention, ...]:
        return self.desk.tagged(entry, self.seen.feed.feed, language)

    def _item(self, probe: Probe, fresh: Fresh) -> NewItem:
        """The item with its story: of a stored item, of a new one of this document, or its own."""
        language = self._language(probe.entry)
        stored, twin = self._among_stored(probe, fresh), self._among_twins(fresh)
        self.twins.add(fresh.signature)
        self.pieces.append(fresh.piece)
        item = partial(
            NewItem,
            probe=probe,
            language=language,
            mentions=self._tag(probe.entry, language),
            signature=fresh.signature,
        )
        if stored.of is not None and (stored.relation == "copy" or twin.relation != "copy"):
            story = self.known.items[stored.of].story
            return item(story=story, relation=stored.relation, of_item=stored.of, why=stored.why)
        if twin.of is None:
            return item()
        first = self.items[twin.of]
        return item(
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
        return place(fresh.piece, ((c.item, self.pieces[c.item], c.headline) for c in found))

    def _known(self, probe: Probe, item: int, *, rekeyed: bool) -> None:
        """An entry that is stored already: what was not read is as it was in this feed."""
        if probe.held is None:
            self._again(probe, self.known.items[item], rekeyed=rekeyed)
        else:
            self.unchanged += 1

    def _again(self, probe: Probe, item: KnownItem, *, rekeyed: bool) -> None:
        """One that was read: the same, edited, or new to this feed."""
        here = self.known.appearances.get(item.id)
        moved = here is None or not here.in_window or here.content_hash != probe.content_hash
        if moved or rekeyed:
            seen = Seen(item=item.id, probe=probe, rekeyed=rekeyed, new_here=here is None)
            self.sightings.append(seen)
        elif here:
            self._remember(probe, here)
        if self._is_edit(probe, item, here):
            self._revise(probe, item)
        else:
            self.unchanged += 1

    def _remember(self, probe: Probe, here: Appearance) -> None:
        """It need not be read the next time, or else has to be."""
        source = probe.source(guid=here.guid, url=here.url)
        if probe.entry.source and source != here.source:
            self.sources.append(Source(item=here.item, source=source, title_key=probe.title_key))

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
        after = confirmed(mentions)
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
            self.offering.edit(probe.entry, item, mentions, added, removed)

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
                self.offering.gone(self.known.items[one.item])
        return gone

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
        self.notes.extend(self.parsed.notes)
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
