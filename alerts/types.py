"""What crosses the border between the outbox and the channels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A watched entity as an alert names it."""

    entity: str  # id in the watchlist
    name: str  # its display name
    sector: str
    kind: str
    surface: str  # as written in the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One row of the outbox: everything a message says. No channel looks anything up."""

    id: int
    rule: str
    channel: str
    story: int
    title: str
    url: str  # "" = the publisher gave none
    source: str  # the feed's name
    source_kind: str
    language: str
    first_seen_at: datetime
    published_at: datetime | None
    published_raw: str
    snippet: str  # plain text round the first mention
    snippet_marks: tuple[tuple[int, int], ...]  # spans of names within the snippet
    named: tuple[Named, ...]
    origins: int = 1
    copies: int = 0
    attempts: int = 0  # tries made before this one
    in_doubt: bool = False  # an earlier try may have arrived
    key: str = ""  # the same for every try: Message-ID, idempotency key
    relation: str = "first"  # what is news: see alerts.rules; or undelivered
    news: str = ""  # the same in a sentence; "" = the first of its story
    facts: tuple[tuple[str, str], ...] = ()  # label, value: all there is to one about no story
    thread: str = ""  # where the channel put the first message about the story
    parts: tuple[Alert, ...] = ()  # of a digest, oldest first; it says what they say, no more
    batch: str = ""  # why they come together


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """A mail that announces no story: a report, with a page that goes with it as a file."""

    subject: str
    text: str
    html: str  # everything in it escaped
    file: str  # what the page is called
    page: str  # HTML


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one try."""

    alert: int  # Alert.id
    outcome: str  # "sent" | "later" | "refused" | "in-doubt"
    message: str = ""  # one line for people; never holds a secret
    retry_after: float | None = None  # seconds, as the other side asked
    thread: str = ""  # where it was put, for later messages about the story to stand under


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAnswer:
    """What an HTTP POST came back with."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: str  # at most 2,000 characters


Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[PostAnswer]]
"""POST (url, body, headers) over a guarded transport; raises alerts.errors.PostError."""


class Channel(Protocol):
    """A way out. `send` never raises: every failure is a Receipt."""

    name: str
    gap: float  # least seconds between two messages

    async def send(self, alert: Alert) -> Receipt:
        """Send one alert and say what became of it."""
        ...
