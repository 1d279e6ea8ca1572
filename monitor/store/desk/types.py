"""What the desk's pages are handed. Leaf: imports nothing of ours.

Times are aware UTC datetimes. A text and the spans on it always belong together: `start` and `end`
count characters of exactly that text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

STATES = ("new", "relevant", "not relevant", "follow up", "duplicate of", "wrong tag")
MARKS = ("edited", "name-removed", "first-mention", "vanished")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is asked for. "" (and 0) asks for nothing."""

    state: str = "new"  # one of STATES, or judged (any of them but new) or all
    entity: str = ""  # slug
    sector: str = ""
    place: str = ""  # province
    kind: str = ""  # kind of source of one of its items
    language: str = ""  # of one of its items
    mark: str = ""  # one of MARKS
    named: str = "confirmed"  # confirmed | candidate (nothing in it is confirmed) | any
    words: str = ""  # all of them in one item's title and text
    feed: int = 0  # that carries one of its items
    since: str = ""  # first seen then or later: "2026-11-21", or a moment as stored (UTC)
    until: str = ""  # first seen before: a day is not itself included
    sort: str = "newest"  # newest | important; words are always newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a list goes on: after this row. To pages it is only its text, `str(cursor)`.

    By time: when the story was first seen, and the story. By importance: "score:7", and the story.
    By words: "item", and the item.
    """

    key: str
    number: int

    def __str__(self) -> str:
        return f"{self.key}~{self.number}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The cursor that `str` wrote; None for anything else, which begins at the top."""
        key, tilde, number = text.rpartition("~")
        if not tilde or not key or not number.isascii() or not number.isdigit():
            return None
        return cls(key=key, number=int(number[:18]))


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRef:
    """An entity as it is spoken of."""

    id: str  # slug
    name: str
    sector: str
    kind: str  # facility, policy, …
    province: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A mark in a text, with everything that says why it is there."""

    start: int
    end: int
    entity: str  # slug
    entity_name: str
    sector: str
    kind: str  # of the entity: facility, policy, …
    state: str  # confirmed | candidate
    alias: str  # the name on the watchlist
    rule: str  # that decided
    watchlist: str  # name of the one that found it
    found_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Words of an item round its mentions, on one line, "…" where something was left out."""

    item: int
    field: str  # title | text | article
    text: str
    spans: tuple[Span, ...]  # in order, and may overlap


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRow:
    """A story as a list shows it. Title, language, source and link are its first item's."""

    id: int
    title: str  # newest version
    title_spans: tuple[Span, ...]
    language: str
    first_seen_at: datetime
    last_seen_at: datetime  # when an item last joined it
    published_at: datetime | None  # as its publisher says
    published_raw: str
    source: str
    source_kind: str
    feed: int
    url: str
    item: int
    items: int  # copies included
    copies: int
    origins: int  # sources that tell it in words of their own
    press_lag: int | None  # seconds from state media to the first other source
    carriers: tuple[str, ...]  # names of the other sources, in the order in which they came
    excerpts: tuple[Excerpt, ...]  # of its first item that names something in its text
    # Those that it names for sure or that an edit took out; the candidates if there is no other.
    entities: tuple[EntityRef, ...]
    confirmed: bool  # False: nothing in it is more than a candidate
    edited: int  # edits of all its items
    names_removed: tuple[str, ...]  # names of entities that an edit took out, and that stayed out
    vanished: bool  # some source took an item out while older ones stayed
    first_mention: bool  # the first story ever that names one of its entities for sure
    state: str  # one of STATES
    reviewer: str  # of the judgement; "" while new
    decided_at: datetime | None
    decision: int | None  # the judgement itself, which an undo names; None while new
    changed_since: bool  # judged, and an item came or was edited after that
    links: int  # proposed links with stories in other languages


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A line of a menu."""

    value: str
    label: str
    count: int | None  # stories of the present list with it; None where that was not counted


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """A page of a list."""

    rows: tuple[StoryRow, ...]  # may be fewer than asked for although there is a next page
    next: Cursor | None  # None: this is the end
    stories: int  # of the whole list, at most 1,000
    items: int  # of these stories
    more: bool  # there are more stories than that: "more than 1,000", or "at least N"
    menus: Mapping[str, tuple[Choice, ...]]  # state, sector, entity, place, kind, language, mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The poll that brought something, as far as the ledger still has it."""

    poll: int
    feed: int
    source: str
    started_at: datetime
    seconds: float
    http_status: int | None
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A version of an item after its first."""

    number: int  # from 2
    seen_at: datetime
    source: str
    title: str
    text: str
    changes: Mapping[str, tuple[tuple[str, str], ...]]  # title, text: ("=" | "-" | "+", words)
    entities_added: tuple[EntityRef, ...]
    entities_removed: tuple[EntityRef, ...]
    evidence: Evidence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """An item in a feed."""

    feed: int
    source: str
    source_kind: str
    url: str
    first_seen_at: datetime
    last_seen_at: datetime  # when the row last changed
    gone_at: datetime | None  # None: it is there still
    vanished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FullText:
    """The article that an item's feed only summarises, or why it is not there."""

    state: str  # waiting | fetched | refused | failed | skipped
    text: str
    spans: tuple[Span, ...]
    url: str  # of its page
    fetched_at: datetime | None
    next_try_at: datetime | None
    http_status: int | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryItem:
    """An item of a story with its whole text."""

    id: int
    depth: int  # in the tree of who has it from whom: 0 for the first
    title: str
    title_spans: tuple[Span, ...]
    text: str
    text_spans: tuple[Span, ...]
    article: FullText | None  # None: its feed does not ask for full texts
    language: str
    author: str
    url: str
    feed: int  # whose version the text is
    source: str
    source_kind: str
    published_at: datetime | None
    published_raw: str
    first_seen_at: datetime
    changed_at: datetime | None
    relation: str  # original | copy | same_event
    of_item: int | None
    why: str  # of the relation
    lag: int  # seconds after the story's first item
    content_hash: str
    edits: tuple[Edit, ...]  # in order
    first_version: tuple[str, str] | None  # title and text before the first edit
    appearances: tuple[Appearance, ...]  # in order
    evidence: Evidence | None  # the poll that brought it first


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A line of the decisions table."""

    id: int
    story: int
    verdict: str
    note: str
    reviewer: str
    decided_at: datetime
    item: int | None
    entity: str
    alias: str
    other_story: int | None
    undoes: int | None
    undone: bool  # a later line undoes it


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """What was announced of a story."""

    id: int
    rule: str
    channel: str
    relation: str
    state: str  # held, pending, sending, sent, dead
    created_at: datetime
    sent_at: datetime | None
    last_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another story that may tell of the same event in another language."""

    id: int
    story: int
    title: str
    language: str
    first_seen_at: datetime
    score: float
    why: str
    state: str  # proposed | confirmed | rejected
    item: int  # the newer item


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story in full."""

    row: StoryRow
    asked: int  # another number than row.id if it was merged into this one
    merged: tuple[int, ...]  # stories that were merged into this one
    items: tuple[StoryItem, ...]  # as a tree, parents first; at most MOST_ITEMS
    items_left_out: int
    decisions: tuple[Judgement, ...]  # oldest first
    alerts: tuple[AlertLine, ...]  # oldest first
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week of a timeline, from Monday 00:00 UTC."""

    start: date
    by_kind: Mapping[str, int]  # stories by the kind of their first source
    gap: float  # share of the watched feeds' time that is not known (gaps.py), 0 to 1

    @property
    def stories(self) -> int:
        """All of them."""
        return sum(self.by_kind.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class NameCard:
    """How a name on the watchlist does."""

    entity: str
    entity_name: str
    language: str  # "" for a name made by joining words, which has no row in names
    text: str
    origin: str
    watched: bool
    confirmed: int  # mentions
    candidates: int
    last_seen_at: datetime | None  # None: never met
    relevant: int  # stories judged relevant that it named for sure
    rejected: int  # stories in which it was judged a wrong tag
    precision: float | None  # relevant / (relevant + rejected); None without either
    flagged: bool  # under LEAST_PRECISION, with LEAST_DECISIONS or more
    near_rejections: tuple[tuple[str, int], ...]  # of flagged names (watch.py): words, in how many


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An entity named in the same stories."""

    entity: EntityRef
    stories: int  # of the newest ones that were looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A burst or a silence, by the rules of monitor/trends.py."""

    entity: EntityRef
    relation: str  # burst | silence
    since: date  # the day of the burst; the last day with a story
    stories: int  # of the burst; 0
    days: int  # of silence on which feeds answered; 0
    expected: float  # stories a day (burst), days between two naming days (silence)
    longest: int  # wait before, in days (silence); 0
    odds: float  # of as much or more by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityLine:
    """An entity in a list."""

    entity: EntityRef
    county: str
    latitude: float | None
    longitude: float | None
    precision: str  # of the point: site | town | county | province
    watched: bool
    stories: int  # confirmed, in the span that was asked for
    candidates: int  # stories that may name it
    last_seen_at: datetime | None  # newest story that names it for sure, ever


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityPage:
    """Everything of one entity."""

    line: EntityLine  # counted over all time
    part_of: EntityRef | None
    parts: tuple[EntityRef, ...]
    watchlist: str
    weeks: tuple[Week, ...]  # oldest first, without a hole, the present one last
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    a_month: float | None  # stories in 30 days as usual; None in its first month
    month: int  # stories in the last 30 days
    names: tuple[NameCard, ...]
    neighbours: tuple[Neighbour, ...]  # most often together first
    trends: tuple[Trend, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorWeeks:
    """A line of the heat table."""

    sector: str
    weeks: tuple[int, ...]  # stories, one number for each of Overview.weeks
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCount:
    """A province with its stories."""

    place: str
    stories: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A name that an edit took out."""

    story: int
    item: int
    title: str  # after the edit
    source: str
    seen_at: datetime  # the edit
    entities: tuple[EntityRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstMention:
    """An entity's first story ever."""

    entity: EntityRef
    story: int
    title: str
    source: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What happened between two moments."""

    since: datetime
    until: datetime
    stories: int  # confirmed
    weeks: tuple[date, ...]  # Mondays; the first and last may lie partly outside
    gaps: tuple[float, ...]  # for each week: share of the sources' time with gaps
    sectors: tuple[SectorWeeks, ...]  # most stories first
    places: tuple[PlaceCount, ...]
    entities: tuple[EntityLine, ...]  # with a story in the span, most first
    first_mentions: tuple[FirstMention, ...]  # newest first
    removals: tuple[Removal, ...]
    silences: tuple[Trend, ...]  # as of `now`
    bursts: tuple[Trend, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A span in which a source may have brought something that we did not see."""

    feed: int
    source: str
    start: datetime
    end: datetime | None  # None: it lasts
    why: str  # no overlap | failing | not polled
    # Items that it usually brings in so long; 0 if what came after shows that nothing was missed;
    # None if it was known too short before.
    about: int | None
    note: str  # what the last poll complained of, while it lasts


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsNow:
    """The line at the top of every page."""

    sources: int  # subscribed
    failing: int  # of them, at the moment
    with_gaps: int  # of them, in the last day
    last_poll_at: datetime | None  # of any: how far "nothing new" reaches
    gaps: tuple[Gap, ...]  # one of each source at most, its last; lasting ones first


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceWeek:
    """What a source brought in a week."""

    start: date
    items: int
    gap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A line of the ledger."""

    id: int
    started_at: datetime
    seconds: float
    status: str
    http_status: int | None
    bytes: int
    seen: int
    new: int
    changed: int
    skipped: int
    skipped_why: Mapping[str, int]
    overlap: int | None
    baseline: bool
    error: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source in the list of sources."""

    feed: int
    name: str
    url: str
    kind: str
    language: str
    subscribed: bool
    health: str  # one of monitor.health.STATES
    health_note: str
    advice: str  # what to do about it; "" for nothing
    failures: int  # in a row
    since: datetime | None  # since when its health is what it is
    interval: int  # seconds between two polls, as the list has it
    pace: int  # and as its own history has it at present
    added_at: datetime
    last_poll_at: datetime | None
    last_success_at: datetime | None
    last_new_at: datetime | None
    next_poll_at: datetime
    moved_to: str
    weeks: tuple[SourceWeek, ...]  # oldest first
    gap: Gap | None  # its last, if it is younger than a day or lasts
    relevant: int  # stories with an item of its judged relevant
    rejected: int  # and with a wrong tag
    precision: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePage:
    """Everything of one source."""

    row: SourceRow
    gaps: tuple[Gap, ...]  # newest first
    polls: tuple[Poll, ...]  # newest first
    next_poll: int | None  # the page of the ledger after these begins before this poll


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the head of every page says."""

    new: int  # confirmed stories not judged yet, at most 1,000
    more: bool  # there are more than that
    judged: Mapping[str, int]  # by state
