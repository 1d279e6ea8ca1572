"""What crosses the border between fetching, parsing and the rest of the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRules:
    """How entries are read from a site that has no feed. feeds.page_keys says what each may be."""

    type: str = "html"  # html (a list page) | sitemap | json
    items: str = ""  # CSS selector of the entries, or the path of their list
    link: str = ""  # within an entry: selector, selector@attribute, or path
    title: str = ""
    date: str = ""
    text: str = ""
    id: str = ""  # what an entry is known by if its address changes
    id_match: str = ""  # the part of it that stays: a regular expression
    only: str = ""  # only entries whose address this finds: a regular expression
    date_format: str = ""  # strptime's, or "juche"; "" = as feeds.dates reads dates
    next: str = ""  # where the page behind stands: selector@attribute, or path
    page_url: str = ""  # or its address, with {page}
    pages: int = 1  # read at a poll, the first included
    limit: int = 5_000  # entries of one page that are taken: no more than of a feed
    article_text: str = ""  # where the text of an article stands, within its own page
    adapter: str = ""  # the bundled rules that these are; "" = somebody's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A subscribed feed, as its list file describes it."""

    url: str
    name: str = ""
    language: str = ""  # BCP 47 primary subtag (ko, en, zh, ja, ru, …); "" = not declared
    kind: str = ""  # kind of source: state-media, wire, specialist, analysis, government, …
    interval: int | None = None  # seconds between polls; None = the configuration's default
    timezone: str = ""  # IANA zone for dates that carry none; "" = UTC
    encoding: str = ""  # overrides what headers and document declare; "" = believe them
    full_text: bool = False  # the articles' own pages are read too, behind the poll
    folders: tuple[str, ...] = ()  # where it stands in a feed reader: "Asia/North Korea"
    site: str = ""  # address of the page that people read; "" = not known
    page: PageRules | None = None  # it is no feed, but a page that is read by these; None = a feed


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchState:
    """What the last answer left behind for the next conditional request (RFC 9110 §13)."""

    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""  # SHA-256 of the decoded body, hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a feed's permanent redirects lead, as far as its polls have shown."""

    to: str = ""  # "" = nowhere
    polls: int = 0  # in a row that led there
    at: datetime | None = None  # when the listed address was last seen to lead there


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who answered over TLS: the certificate that was checked, and how the connection was made."""

    version: str  # TLSv1.3, …
    cipher: str
    fingerprint: str  # SHA-256 of the certificate (DER), hex
    subject: str  # as "commonName=example.org, organizationName=…"
    issuer: str
    not_before: str  # as the certificate says it: "Jan  5 09:34:43 2026 GMT"
    not_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer as they went over the wire: what evidence is made of."""

    request: bytes  # request line and fields, with the blank line behind them
    head: bytes  # status line and fields of the answer, likewise
    body: bytes  # in its content coding; a transfer coding (chunked) is undone
    address: str = ""  # IP address that answered
    peer: Peer | None = None  # None: not over TLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole answer with status 200."""

    url: str  # the final one, after redirects
    headers: Mapping[str, str]  # names in lower case
    body: bytes  # decoded from its content coding, within the limit
    wire_bytes: int  # as counted on the wire
    state: FetchState  # to be remembered once the answer is stored
    http_status: int = 200
    redirects: tuple[str, ...] = ()  # every URL on the way, the first included
    permanent_url: str = ""  # where an unbroken chain of 301/308 leads, else ""
    exchange: Exchange | None = None  # the last one, after redirects
    more: tuple[Fetched, ...] = ()  # the pages behind it, in order
    more_note: str = ""  # why there are not as many as were asked for; "" = there are
    waited: float = 0.0  # seconds of pauses between its pages
    retried: bool = False  # the first connection was reset before it brought anything


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server said 304, or sent the very body that is known already."""

    url: str
    http_status: int  # 304, or 200 for a body whose hash is known
    wire_bytes: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    state: FetchState
    permanent_url: str = ""  # as in Fetched
    retried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedError:
    """Why a feed gave no entries this time: a value, never an escape."""

    url: str
    reason: str  # one of the slugs in feeds.errors.REASONS
    message: str  # one line for people; no secret, no line break
    http_status: int | None = None
    wire_bytes: int = 0
    retry_after: float | None = None  # seconds the server asked for, as sent (not clamped)
    retried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a feed, reduced to clean text. Nothing in it is markup."""

    guid: str = ""  # as published, trimmed; "" = none
    url: str = ""  # absolute http(s) link as published; "" = none or not http(s)
    title: str = ""  # plain text, one line
    text: str = ""  # plain text: the longest of content and summary
    language: str = ""  # declared by the entry or the feed
    author: str = ""
    published_at: datetime | None = None  # UTC, aware; None = none or not to be understood
    published_raw: str = ""  # as the publisher wrote it
    updated_at: datetime | None = None  # UTC, aware
    document: int = 0  # which of the pages it stood on, from 0
    study: object = field(default=None, compare=False)  # what `ParserPool`'s reader made of it
    # Digest of what it was read from, by which it is known in the feed's next document; "" = none.
    source: str = field(default="", compare=False)
    unread: bool = False  # it is known by `source`, and nothing else of it was read


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """How often a document says that it is worth asking for."""

    ttl: int | None = None  # seconds, from <ttl> of RSS 2.0; None = none
    period: int | None = None  # seconds between two updates, from sy:updatePeriod and -Frequency
    skip_hours: tuple[int, ...] = ()  # of the day in GMT, 0 to 23, in order
    skip_days: tuple[int, ...] = ()  # of the week, Monday 0, in order


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A document taken apart, in document order."""

    title: str = ""
    url: str = ""  # the site's home page
    language: str = ""
    format: str = ""  # rss20, atom10, rss10, json11, … as feedparser names versions
    encoding: str = ""
    entries: tuple[Entry, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)  # reason → entries not taken
    hints: Hints = field(default_factory=Hints)
    malformed: str = ""  # why the document is not well-formed; "" = it is
    garbled: int = 0  # entries whose text was spoilt before it was published (feeds.mojibake)
    notes: tuple[str, ...] = ()  # what one should know of how it was read

    @property
    def ttl(self) -> int | None:
        """Seconds, from <ttl>; None = none."""
        return self.hints.ttl
