"""What another watchlist makes of the same items: mentions gained, lost and moved. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from alerts import rules
from alerts.rules import Rule
from feeds.types import Feed
from monitor.announce import asked
from monitor.snippets import Snippet, snippet
from monitor.stored import StoredItem
from monitor.types import Entity, Mention

FIELDS = ("title", "text", "article")  # of mentions, in the order of reading
EXAMPLES = 3  # snippets kept of each kind of change of an entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How the mentions of one item change."""

    gained: tuple[Mention, ...] = ()
    lost: tuple[Mention, ...] = ()
    # The same entity at another place, in another state, or by another name or rule: before, after.
    moved: tuple[tuple[Mention, Mention], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost or self.moved)

    @property
    def out(self) -> tuple[Mention, ...]:
        """The mentions that are no longer."""
        return (*self.lost, *(before for before, _ in self.moved))

    @property
    def new(self) -> tuple[Mention, ...]:
        """The mentions that were not."""
        return (*self.gained, *(after for _, after in self.moved))


def difference(before: Sequence[Mention], after: Sequence[Mention]) -> Difference:
    """What changes from one set of mentions of an item to another."""
    old, new = set(before), set(after)
    if old == new:
        return Difference()
    gained: list[Mention] = []
    lost: list[Mention] = []
    moved: list[tuple[Mention, Mention]] = []
    gone, come = _by_entity(old - new), _by_entity(new - old)
    for entity in sorted(gone.keys() | come.keys()):
        pairs, left, right = _paired(gone.get(entity, []), come.get(entity, []))
        moved += pairs
        lost += left
        gained += right
    return Difference(gained=tuple(gained), lost=tuple(lost), moved=tuple(moved))


def _by_entity(mentions: Iterable[Mention]) -> dict[str, list[Mention]]:
    found: dict[str, list[Mention]] = defaultdict(list)
    for mention in sorted(mentions, key=_place):
        found[mention.entity].append(mention)
    return found


def _place(mention: Mention) -> tuple[int, int, int]:
    return FIELDS.index(mention.field), mention.start, mention.end


def _paired(
    gone: list[Mention], come: list[Mention]
) -> tuple[list[tuple[Mention, Mention]], list[Mention], list[Mention]]:
    """Pairs of one entity's mentions, those that share their place first; and what is left."""
    pairs = []
    for mention in list(gone):
        same = next((m for m in come if _overlap(m, mention)), None)
        if same:
            pairs.append((mention, same))
            gone.remove(mention)
            come.remove(same)
    rest = min(len(gone), len(come))
    pairs += zip(gone[:rest], come[:rest], strict=True)
    return pairs, gone[rest:], come[rest:]


def _overlap(one: Mention, other: Mention) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A change as a person sees it."""

    item: int
    source: str
    language: str
    first_seen_at: str
    snippet: Snippet
    state: str  # of the mention, the new one where it moved
    note: str = ""  # what is different, where it moved


@dataclass(slots=True)
class Changes:
    """What became of one entity."""

    gained: int = 0
    lost: int = 0
    moved: int = 0
    examples: dict[str, list[Example]] = field(default_factory=lambda: defaultdict(list))
    _stories: set[tuple[str, int]] = field(default_factory=set)

    def wants(self, what: str, story: int) -> bool:
        """Whether one more example is wanted: few, and none of a story that is shown already."""
        if len(self.examples[what]) >= EXAMPLES or (what, story) in self._stories:
            return False
        self._stories.add((what, story))
        return True


@dataclass(slots=True, kw_only=True)
class Tally:
    """The changes of many items, added up; its size depends on the watchlist, not on the items."""

    rules: Sequence[Rule] = ()
    entities: Mapping[str, Entity] = field(default_factory=dict)  # of both lists
    news_since: Mapping[int, str] = field(default_factory=dict)  # by feed: when its baseline ended
    items: int = 0  # gone through
    changed: int = 0  # of them
    by_entity: dict[str, Changes] = field(default_factory=lambda: defaultdict(Changes))
    alerts: Counter[str] = field(default_factory=Counter)  # by rule: stories to be announced

    def count(self, what: str) -> int:
        """How many mentions were gained, lost or moved in all."""
        return sum(int(getattr(changes, what)) for changes in self.by_entity.values())

    def add(
        self,
        item: StoredItem,
        before: Sequence[Mention],
        after: Sequence[Mention],
        announced: AbstractSet[tuple[str, int]] = frozenset(),
    ) -> None:
        """One item. `announced` holds rule and story of the alerts that are out already."""
        self.items += 1
        change = difference(before, after)
        if not change:
            return
        self.changed += 1
        for mention in change.gained:
            self._note("gained", item, mention)
        for mention in change.lost:
            self._note("lost", item, mention)
        for old, new in change.moved:
            self._note("moved", item, new, _what_moved(old, new))
        self._count_alerts(item, before, after, announced)

    def _note(self, what: str, item: StoredItem, mention: Mention, note: str = "") -> None:
        changes = self.by_entity[mention.entity]
        setattr(changes, what, getattr(changes, what) + 1)
        if changes.wants(what, item.story):
            changes.examples[what].append(
                Example(
                    item=item.id,
                    source=item.source,
                    language=item.language,
                    first_seen_at=item.first_seen_at,
                    snippet=snippet(item.field(mention.field), mention.start, mention.end),
                    state=mention.state,
                    note=note,
                )
            )

    def _count_alerts(
        self,
        item: StoredItem,
        before: Sequence[Mention],
        after: Sequence[Mention],
        announced: AbstractSet[tuple[str, int]],
    ) -> None:
        """A story is announced by its original, once a rule, and never from a baseline poll."""
        is_news = item.first_seen_at >= self.news_since.get(item.feed, "")
        if not self.rules or item.relation != "original" or not is_news:
            return
        for rule in self._announcing(item, after) - self._announcing(item, before):
            if (rule, item.story) not in announced:
                self.alerts[rule] += 1

    def _announcing(self, item: StoredItem, mentions: Sequence[Mention]) -> set[str]:
        confirmed = dict.fromkeys(m.entity for m in mentions if m.state == "confirmed")
        if not confirmed:
            return set()
        facts = asked(
            [self.entities[entity] for entity in confirmed],
            Feed(url=item.source_url, name=item.source, kind=item.source_kind),
            language=item.language,
            title=item.title,
            text=f"{item.text}\n{item.article}" if item.article else item.text,
        )
        return {rule.name for rule in self.rules if rules.matches(rule, facts)}


def _what_moved(old: Mention, new: Mention) -> str:
    """In words, what is different; the first thing that a reader would ask for."""
    for name in ("state", "field", "surface", "name", "rule"):
        if getattr(old, name) != getattr(new, name):
            return f"{getattr(old, name)} → {getattr(new, name)}"
    return f"{old.start}-{old.end} → {new.start}-{new.end}"
