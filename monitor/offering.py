"""What of a poll is offered to the alert rules: new items, edits, items taken out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from feeds.types import Entry
from monitor import announce
from monitor.desk import Desk
from monitor.records import Known, KnownItem, NewItem, OutboxAlert, StoredFeed
from monitor.types import Mention


def confirmed(mentions: Sequence[Mention]) -> frozenset[str]:
    """The entities that are named beyond doubt."""
    return frozenset(m.entity for m in mentions if m.state == "confirmed")


@dataclass(slots=True, kw_only=True)
class Offering:
    """Offers what one document of a feed brings; what the rules take stands in `alerts`."""

    feed: StoredFeed
    known: Known
    desk: Desk
    now: datetime
    alerts: list[OutboxAlert] = field(default_factory=list)

    def new(self, items: Sequence[NewItem], *, since: datetime | None = None) -> None:
        """The new items of the document; those published from `since` until now, if it is given."""
        for at, item in enumerate(items):
            if since and not self._was_published(item.probe.entry, since):
                continue
            facts = self._facts(item.probe.entry, item.mentions, item.language)
            if item.relation == "original" or confirmed(item.mentions) - self._told(item, items):
                self._offer(facts, new_item=at)
            if self._is_new_origin(item):
                news = "Another source tells it in words of its own."
                self._offer(replace(facts, relation="new-origin", news=news), new_item=at)

    def _was_published(self, entry: Entry, since: datetime) -> bool:
        """Within the time, by a date that can be true."""
        return entry.published_at is not None and since < entry.published_at <= self.now

    def _is_new_origin(self, item: NewItem) -> bool:
        """Whether the story is told anew by a source that has not told it yet."""
        told = {k.text_feed for k in self.known.items.values() if k.story == item.story}
        return item.relation == "same_event" and item.story is not None and self.feed.id not in told

    def _told(self, item: NewItem, items: Sequence[NewItem]) -> frozenset[str]:
        """Entities that the story of a copy names already."""
        if item.story_of is not None:
            return confirmed(items[item.story_of].mentions)
        same = [k.entities for k in self.known.items.values() if k.story == item.story]
        return frozenset().union(*same)

    def edit(
        self,
        entry: Entry,
        item: KnownItem,
        mentions: Sequence[Mention],
        added: frozenset[str],
        removed: frozenset[str],
    ) -> None:
        """An edit. What names more than before is the story's first mention, if it had none."""
        facts = self._facts(entry, mentions, item.language)
        facts = replace(facts, first_seen_at=item.first_seen_at)
        if added:
            self._offer(facts, item=item.id)
        if not self._asked_for("edit"):
            return
        news = announce.edit_news(added, removed, self.desk.entities)
        facts = replace(facts, relation="edit", news=news)
        self._offer(announce.only(facts, added), item=item.id)
        if removed:
            old = replace(entry, title=item.title, text=item.text)
            facts = replace(facts, entry=old, mentions=self._tag(old, item.language))
            self._offer(announce.only(facts, removed), item=item.id)

    def gone(self, item: KnownItem) -> None:
        """An item that was taken out of the feed."""
        if not self._asked_for("gone"):
            return
        entry = Entry(
            title=item.title, text=item.text, url=item.url, published_at=item.published_at
        )
        facts = self._facts(entry, self._tag(entry, item.language), item.language)
        news = "It was taken out of the feed, where older items still stand."
        facts = replace(facts, relation="gone", news=news, first_seen_at=item.first_seen_at)
        self._offer(facts, item=item.id)

    def _asked_for(self, relation: str) -> bool:
        return any(relation in rule.relation for rule in self.desk.rules)

    def _tag(self, entry: Entry, language: str) -> tuple[Mention, ...]:
        return self.desk.tagged(entry, self.feed.feed, language)

    def _facts(self, entry: Entry, mentions: Sequence[Mention], language: str) -> announce.Facts:
        return announce.Facts(
            entry=entry, mentions=mentions, feed=self.feed.feed, language=language, now=self.now
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
