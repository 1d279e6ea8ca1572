"""What passes between the judge and the store: what is known, and what a poll taught.

Leaf: imports nothing of ours but such types too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from feeds.types import (
    Entry,
    Feed,
    FeedError,
    Fetched,
    FetchState,
    Hints,
    Move,
    NotModified,
    ParsedFeed,
)
from monitor.entries import Source
from monitor.plan import Plan
from monitor.stories import Candidate, Piece, Signature
from monitor.types import Mention


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a feed does, as its row keeps it. `monitor.health` says what each state is."""

    state: str = "new"
    since: datetime | None = None
    note: str = ""  # what was seen
    rounds: int = 0  # polls in a row that found it in trouble, or not
    told: str = ""  # the trouble that was alerted, until its end is
    told_at: datetime | None = None  # the last such alert; kept


class PastPoll(NamedTuple):
    """A line of the ledger, as far as a feed's health is judged by it.

    Ten of them are read at every poll: a dataclass takes five times as long to make.
    """

    at: datetime
    seconds: float
    status: str  # ok | unchanged | not-modified | error
    seen: int = 0
    overlap: int | None = None
    baseline: bool = False
    taken: int = 0  # new, changed and unchanged entries

    @property
    def brought(self) -> bool:
        """Whether it found anything that the poll before had not."""
        return self.status == "ok" and self.taken > (self.overlap or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How all feeds do together."""

    down_since: datetime | None = None  # nothing answers: that is told once, for all
    told: bool = False  # and it was
    told_at: datetime | None = None  # when such a thing was told last
    last_good_at: datetime | None = None  # of any subscribed feed
    hosts: int = 0  # of subscribed feeds
    failing: int = 0  # of them, tried since `last_good_at`, the present one included


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a feed's health is judged by besides the poll."""

    polls: tuple[PastPoll, ...] = ()  # newest first, a few
    arrivals: tuple[datetime, ...] = ()  # when something new came, newest first; if long ago
    had_items: bool = False
    network: Network = field(default_factory=Network)
    # Until when other feeds of the host were told to rest, of late: looked up for one that was too.
    host_rests: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFeed:
    """A subscribed feed together with what the store remembers of it."""

    id: int
    feed: Feed
    state: FetchState
    host: str  # politeness key: registrable domain or address
    interval: int  # seconds
    health: Health
    failures: int  # in a row
    next_poll_at: datetime
    last_success_at: datetime | None  # None: the first good poll is the baseline
    last_new_at: datetime | None = None
    fixed: bool = False  # the list names its interval: hints and history do not change it
    pace: float = 900.0  # seconds between two polls at present
    hints: Hints = field(default_factory=Hints)  # of its last document
    move: Move = field(default_factory=Move)
    full_at: datetime | None = None  # when a whole document last came


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One attempt on one feed, finished."""

    feed: StoredFeed
    started_at: datetime
    seconds: float
    answer: Fetched | NotModified | FeedError  # what fetching gave
    result: ParsedFeed | NotModified | FeedError  # what parsing made of it
    state: FetchState  # validators to remember
    at: str = ""  # the address that was asked: where the feed moved to; "" = the listed one
    full: bool = False  # it had validators, and was asked for the whole document all the same

    @property
    def asked(self) -> str:
        """The address that was asked."""
        return self.at or self.feed.feed.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The keys under which an entry may be known already. "" = not to be used for this entry."""

    entry: Entry
    guid: str
    url_key: str
    title_key: str  # host, title and day
    text_key: str  # fingerprint of the words, for copies
    content_hash: str  # fingerprint of title and text, for edits
    held: int | None = None  # of an unread entry: the item that it was, and has to be again

    def source(self, *, guid: str, url: str) -> str | None:
        """What its entry is known by in the next document, where its row says the rest of it."""
        entry = self.entry
        return (entry.source or None) if (guid, url) == (entry.guid, entry.url) else None


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
    url: str = ""
    source: str | None = None  # what the entry is known by before it is read


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
    story: int | None = None  # a stored story, or None: see `story_of`
    # Position in PollRecord.items whose new story it joins; None = its own.
    story_of: int | None = None
    relation: str = "original"  # original | copy | same_event
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
    new_here: bool = False  # the feed did not have it before; another one brought it


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
    relation: str = "first"  # first | new-origin | edit | gone | burst | silence | return
    min_origins: int = 1  # of the story, before it is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAlert:
    """An alert about a feed, or about all of them: it has neither item nor story."""

    channel: str
    relation: str  # trouble | recovery
    feed: int | None  # None: all
    occasion: str  # what is told once
    payload: str  # JSON of what the message says


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of state, of the feed or (`network`) of all together."""

    state: str
    before: str
    since: datetime
    note: str
    advice: str
    told: bool = False  # an alert says so at once
    network: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a poll says of its feed's health, and of that of all."""

    health: Health
    changes: tuple[Change, ...] = ()
    alerts: tuple[HealthAlert, ...] = ()
    muted: bool = False  # it failed while nothing answered: not the feed's fault


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

    @property
    def taken(self) -> int:
        """Entries that count."""
        return self.new + self.changed + self.unchanged

    @property
    def brought(self) -> bool:
        """Whether it found anything that the poll before had not."""
        return self.status == "ok" and self.taken > (self.overlap or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """An archived response that has the same body as another."""

    url: str
    at: datetime
    record: str  # its WARC-Record-ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where the bytes stand that a document came in. They are on the disk before this is stored."""

    url: str  # without secrets
    fetched_at: datetime
    http_status: int
    sha256: str  # of the body as it was sent, hex
    bytes: int  # of the same
    file: str  # the WARC file
    offset: int  # in it: response (or revisit), request and metadata, one behind the other
    length: int
    record: str  # WARC-Record-ID of the first of them
    same_as: int | None = None  # the evidence that holds the same body
    address: str = ""
    tls_certificate: str = ""  # SHA-256, hex
    tls_subject: str = ""


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
    sources: tuple[Source, ...] = ()
    evidence: Evidence | None = None
    further_evidence: Mapping[int, Evidence] = field(default_factory=dict)  # by Entry.document
    alerts: tuple[OutboxAlert, ...] = ()
    timings: Mapping[str, Timing] = field(default_factory=dict)  # by rule; none = at once, alone
    verdict: Verdict
    plan: Plan

    @property
    def next_poll_at(self) -> datetime:
        """When the feed is due again."""
        return self.plan.next_poll_at

    @property
    def failures(self) -> int:
        """Failed polls in a row."""
        return self.plan.failures


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
