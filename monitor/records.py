"""What passes between the judge and the store: what is known, and what a poll taught.

Leaf: imports nothing of ours but the types of feeds and of storiess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from feeds.types import Entry, Feed, FeedError, Fetched, FetchState, NotModified, ParsedFeed
from monitor.stories import Candidate, Piece, Signature
from monitor.types import Mention


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFeed:
    """A subscribed feed together with what the store remembers of it."""

    id: int
    feed: Feed
    state: FetchState
    host: str  # politeness key: registrable domain or address
    interval: int  # seconds
    health: str  # new | ok | failing
    failures: int  # in a row
    next_poll_at: datetime
    last_success_at: datetime | None  # None: the first good poll is the baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One attempt on one feed, finished."""

    feed: StoredFeed
    started_at: datetime
    seconds: float
    answer: Fetched | NotModified | FeedError  # what fetching gave
    result: ParsedFeed | NotModified | FeedError  # what parsing made of it
    state: FetchState  # validators to remember


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The keys under which an entry may be known already. "" = not to be used for this entry."""

    entry: Entry
    guid: str
    url_key: str
    title_key: str  # host, title and day
    text_key: str  # fingerprint of the words, for copies
    content_hash: str  # fingerprint of title and text, for edits


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """A stored item that an entry may be, or may be a copy of."""

    id: int
    story: int
    title: str
    text: str
    language: str
    url: str
    first_seen_at: datetime
    published_at: datetime | None
    text_feed: int  # the feed whose version the text is
    feed_kind: str
    content_hash: str
    revisions: int
    entities: frozenset[str]  # confirmed in the present version


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """An item in the window of the polled feed, as the poll before left it."""

    item: int
    guid: str
    content_hash: str  # of this feed's own version
    age: datetime  # when it was published, else first seen
    in_window: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """What grouping needs of an entry that is not known."""

    piece: Piece
    signature: Signature
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything stored that bears on one document. Only probes that hit are in the mappings."""

    probes: tuple[Probe, ...] = ()  # what was looked up, in document order
    by_guid: Mapping[str, int] = field(default_factory=dict)  # guid in this feed → item
    by_url: Mapping[str, int] = field(default_factory=dict)
    by_title: Mapping[str, int] = field(default_factory=dict)
    items: Mapping[int, KnownItem] = field(default_factory=dict)
    appearances: Mapping[int, Appearance] = field(default_factory=dict)  # item → its place here
    fresh: Mapping[int, Fresh] = field(default_factory=dict)  # place of a probe → what it is like
    reissued: Mapping[int, int] = field(
        default_factory=dict
    )  # place → item with the same text here
    buried: frozenset[int] = frozenset()  # places of entries that a reviewer threw out


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An entry seen for the first time."""

    probe: Probe
    language: str
    mentions: tuple[Mention, ...]
    story: int | None  # a stored story, or None: see `story_of`
    story_of: int | None  # position in PollRecord.items whose new story it joins; None = its own
    relation: str  # original | copy | same_event
    of_item: int | None = None  # the stored item that it has this relation to
    of_new: int | None = None  # or the place of a new one
    why: str = ""  # of the relation
    signature: Signature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A new version of a stored item."""

    item: int
    probe: Probe
    mentions: tuple[Mention, ...]
    change: str  # JSON: what changed
    entities_added: tuple[str, ...]
    entities_removed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A known item that the document holds, where the store must learn something of it."""

    item: int
    probe: Probe
    rekeyed: bool = False  # the feed changed its ids: the item is known by these from now on


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """An item that has left the feed's window."""

    item: int
    vanished: bool  # older items are still there: it was taken out


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxAlert:
    """An alert for the outbox. Exactly one of `new_item` and `item` says what it is about."""

    rule: str
    channel: str
    new_item: int | None  # position in PollRecord.items
    item: int | None  # a stored item
    payload: str  # JSON of what the message says
    relation: str = "first"  # first | new-origin | edit | gone | burst | silence
    min_origins: int = 1  # of the story, before it is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When what a rule announces now is sent."""

    due: datetime
    batch: str = ""  # what it is sent together with; "" = alone
    most_an_hour: int = 0  # alone; 0 = any number


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRow:
    """The ledger's line for one attempt."""

    status: str  # ok | unchanged | not-modified | error
    seen: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    overlap: int | None = None  # entries that were there at the poll before; None = no such poll
    baseline: bool = False
    error: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRecord:
    """All that one poll taught: stored in one transaction or not at all."""

    observation: Observation
    now: datetime
    row: PollRow
    items: tuple[NewItem, ...] = ()
    revisions: tuple[Revision, ...] = ()
    seen: tuple[Seen, ...] = ()
    gone: tuple[Gone, ...] = ()
    alerts: tuple[OutboxAlert, ...] = ()
    timings: Mapping[str, Timing] = field(default_factory=dict)  # by rule; none = at once, alone
    health: str = "ok"
    failures: int = 0
    next_poll_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A claimed row of the outbox."""

    id: int
    rule: str
    channel: str
    story: int
    payload: str
    attempts: int
    in_doubt: bool
    key: str
    origins: int  # of the story, as it stands now
    copies: int
    relation: str = "first"
    batch: str = ""  # why it comes together with others
    thread: str = ""  # where the channel put the first message about the story
    others: tuple[Waiting, ...] = ()  # sent in the same message
