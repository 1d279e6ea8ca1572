"""What passes between the stage that fetches articles, its judge and the store. Leaf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.records import Evidence, OutboxAlert, StoredFeed, Timing
from monitor.types import Mention

if TYPE_CHECKING:  # the store has no need of what fetches
    from feeds.article import Article
    from feeds.types import FeedError, Fetched
    from feeds.visit import Moved


@dataclass(frozen=True, slots=True, kw_only=True)
class DueArticle:
    """An article that may be asked for now."""

    id: int
    item: int
    feed: StoredFeed
    url: str  # where redirects have led so far
    host: str  # politeness key, as of feeds
    attempts: int  # that failed
    hops: int  # redirects on the way
    baseline: bool  # the item is of its feed's first poll, and alerts nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """robots.txt keeps us out."""

    why: str
    for_now: bool  # it could not be read; False: it says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt on one article, finished."""

    due: DueArticle
    started_at: datetime
    answer: Fetched | Moved | FeedError | None  # None: nothing was asked for
    result: Article | Moved | FeedError | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleItem:
    """The item that an article belongs to, as it is stored now."""

    story: int
    title: str
    text: str
    language: str
    url: str
    author: str
    first_seen_at: datetime
    published_at: datetime | None
    published_raw: str
    told: frozenset[str]  # entities that some item of the story names for sure


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRecord:
    """All that one attempt taught: stored in one transaction or not at all."""

    due: DueArticle
    now: datetime
    state: str  # waiting | fetched | refused | failed
    url: str
    host: str
    hops: int
    attempts: int
    next_try_at: datetime | None = None  # None: never again
    http_status: int | None = None
    why: str = ""
    text: str = ""
    mentions: tuple[Mention, ...] = ()  # of the field "article"
    alerts: tuple[OutboxAlert, ...] = ()
    timings: Mapping[str, Timing] = field(default_factory=dict)  # by rule, as of a poll
    evidence: Evidence | None = None
    host_rests_until: datetime | None = None  # the server asked for a pause
