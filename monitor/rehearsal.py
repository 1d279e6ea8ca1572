"""What the rules would have announced: the stored happenings, gone through once. Pure.

It tells what today's rules make of what is stored. Mentions are those of each item's newest version
and origins those that its story has by now, so a story counts from its first item even where a
later edit or source made it fit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from alerts.rules import Facts, Rule, matching
from feeds.types import Feed
from monitor.announce import age_of, asked, timing
from monitor.clock import moment, moment_or_none
from monitor.stored import StoredItem
from monitor.types import Entity

EXAMPLES = 5  # a rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that a rule may announce."""

    at: str  # UTC, as stored
    what: str  # seen | origin (seen, and its story told anew) | edit | gone
    item: StoredItem
    published_at: str  # "" = not known
    origins: int  # of its story, by now
    added: frozenset[str] = frozenset()  # entities, by an edit
    removed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Would:
    """An alert that would have been sent."""

    at: str
    relation: str
    story: int
    title: str
    source: str
    entities: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """What one rule would have sent."""

    alerts: int = 0
    examples: list[Would] = field(default_factory=list)  # the newest
    batches: set[str] = field(default_factory=set)
    alone: int = 0

    @property
    def messages(self) -> int:
        """How many messages they would have made on each channel, storms aside."""
        return self.alone + len(self.batches)


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """Rules, and what they have announced so far."""

    rules: Sequence[Rule]
    entities: Mapping[str, Entity]
    news_since: Mapping[int, str]  # by feed: when its baseline ended
    since: str  # earlier happenings only tell what was known
    outcomes: dict[str, Outcome] = field(default_factory=lambda: defaultdict(Outcome))
    _told: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    _announced: set[tuple[str, int]] = field(default_factory=set)

    def go(self, happenings: Iterable[Happening]) -> None:
        """Go through happenings, oldest first."""
        for happening in happenings:
            self._one(happening)

    def _one(self, happening: Happening) -> None:
        item = happening.item
        named = {m.entity for m in item.mentions if m.state == "confirmed"}
        fresh = item.relation == "original" or bool(named - self._told[item.story])
        self._told[item.story] |= named
        if happening.at < self.news_since.get(item.feed, ""):
            return
        match happening.what:
            case "seen" | "origin":
                told = self._offer(happening, "first", named) if fresh else set()
                if happening.what == "origin":
                    self._offer(happening, "new-origin", named, told)
            case "edit":
                told = self._offer(happening, "first", set(happening.added))
                self._offer(happening, "edit", {*happening.added, *happening.removed}, told)
            case _:
                self._offer(happening, "gone", named)

    def _offer(
        self,
        happening: Happening,
        relation: str,
        entities: Iterable[str],
        told: Iterable[str] = (),
    ) -> set[str]:
        """The names of the rules that announce it; those in `told` have announced it just now."""
        done: set[str] = set()
        facts = self._facts(happening, [e for e in sorted(entities) if e in self.entities])
        for rule in self.rules:
            if rule.name in told or relation not in rule.relation:
                continue
            if happening.origins < rule.min_origins or _too_old(rule, happening):
                continue
            key = (rule.name, happening.item.story)
            because = matching(rule, facts)
            if because and not (relation == "first" and key in self._announced):
                self._announced.add(key)
                done.add(rule.name)
                self._note(rule, happening, relation, tuple(s.entity for s in because))
        return done

    def _facts(self, happening: Happening, entities: Sequence[str]) -> Facts:
        item = happening.item
        return asked(
            [self.entities[entity] for entity in entities],
            Feed(url=item.source_url, name=item.source, kind=item.source_kind),
            language=item.language,
            title=item.title,
            text=item.text,
        )

    def _note(
        self, rule: Rule, happening: Happening, relation: str, because: tuple[str, ...]
    ) -> None:
        if happening.at < self.since:
            return
        outcome = self.outcomes[rule.name]
        outcome.alerts += 1
        batch = timing(rule, moment(happening.at)).batch
        if batch:
            outcome.batches.add(batch)
        else:
            outcome.alone += 1
        would = Would(
            at=happening.at,
            relation=relation,
            story=happening.item.story,
            title=happening.item.title,
            source=happening.item.source,
            entities=because,
        )
        outcome.examples = [*outcome.examples, would][-EXAMPLES:]


def _too_old(rule: Rule, happening: Happening) -> bool:
    age = age_of(moment_or_none(happening.published_at), moment(happening.at))
    return age.total_seconds() > rule.max_age
