"""The one way from a due feed to its stored record.

    due → fetch → parse → known → judge → record → deliver → settle

`poll` is everything between due and record for one feed; `poller.py` decides when it is called,
`delivery.py` does the rest.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from feeds.manners import conditional
from feeds.moves import ask_at, is_recheck
from feeds.types import Feed, FeedError, Fetched, FetchState, NotModified, ParsedFeed
from monitor.clock import iso
from monitor.descriptors import none_left
from monitor.errors import StoreError, UnreadError
from monitor.logs import bound
from monitor.records import Observation, PollRecord, StoredFeed

log = logging.getLogger("wirewatch.poll")

Fetch = Callable[[Feed, FetchState], Awaitable[Fetched | NotModified | FeedError]]
Known = Callable[[StoredFeed], Awaitable[Collection[str]]]
Parse = Callable[[Fetched, Feed, Collection[str]], Awaitable[ParsedFeed | FeedError]]
Learn = Callable[[Observation], Awaitable[PollRecord]]
Clock = Callable[[], datetime]


async def _none(_: StoredFeed) -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The stages of a poll, put together once where the program starts."""

    fetch: Fetch
    parse: Parse
    learn: Learn  # known → judge → record
    now: Clock
    known: Known = _none  # what entries of the feed are known by, and not read again


async def poll(feed: StoredFeed, stages: Stages) -> PollRecord:
    """Poll one feed: fetch → parse → known → judge → record. Returns what was stored.

    Raises:
        StoreError: nothing could be stored (disk full, file damaged); the feed stays due.
    """
    started_at = stages.now()
    with bound(feed=feed.feed.url, poll=iso(started_at)):
        return await _polled(feed, stages, started_at)


async def _polled(feed: StoredFeed, stages: Stages, started_at: datetime) -> PollRecord:
    clock = time.monotonic()
    asked = _asked(feed, started_at)
    try:
        answer = await stages.fetch(asked.feed, asked.state)
        _must_be_theirs(answer)
        known = await stages.known(feed) if isinstance(answer, Fetched) else ()
        try:
            return await _read(feed, asked, answer, stages, started_at, clock, known)
        except UnreadError:  # what it was known by has changed meanwhile
            return await _read(feed, asked, answer, stages, started_at, clock, ())
    except StoreError:
        raise
    except Exception as error:
        # A fault of ours on one document must neither end the daemon nor leave the feed due for
        # ever. It is logged with its traceback, and stands in the ledger as this poll's error.
        log.exception("fault while polling")
        fault = FeedError(
            url=feed.feed.url, reason="internal", message=f"{type(error).__name__}; see the log"
        )
        seconds = time.monotonic() - clock
        return await stages.learn(_observation(feed, asked, fault, fault, started_at, seconds))


async def _read(
    feed: StoredFeed,
    asked: _Asked,
    answer: Fetched | NotModified | FeedError,
    stages: Stages,
    started_at: datetime,
    clock: float,
    known: Collection[str],
) -> PollRecord:
    """Parse → known → judge → record."""
    result: ParsedFeed | NotModified | FeedError
    if isinstance(answer, Fetched):
        result, paused = await stages.parse(answer, asked.feed, known), answer.waited
    else:
        result, paused = answer, 0.0
    seconds = time.monotonic() - clock - paused
    return await stages.learn(_observation(feed, asked, answer, result, started_at, seconds))


def _must_be_theirs(answer: Fetched | NotModified | FeedError) -> None:
    """A request that failed since no socket could be opened says nothing of the feed."""
    if isinstance(answer, FeedError) and (why := none_left()):
        raise StoreError(why)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request is made of."""

    feed: Feed  # with the address that is asked
    state: FetchState  # what it is made conditional on


def _asked(feed: StoredFeed, now: datetime) -> _Asked:
    """Where and how to ask: at its new address if it moved, and now and then without conditions."""
    address = ask_at(feed.feed.url, feed.move, now)
    state = conditional(feed.state, full_at=feed.full_at, now=now)
    if is_recheck(feed.feed.url, feed.move, address):  # the validators are those of the target
        state = replace(state, etag="", last_modified="")
    moved = address != feed.feed.url
    return _Asked(replace(feed.feed, url=address) if moved else feed.feed, state)


def _observation(
    feed: StoredFeed,
    asked: _Asked,
    answer: Fetched | NotModified | FeedError,
    result: ParsedFeed | NotModified | FeedError,
    started_at: datetime,
    seconds: float,
) -> Observation:
    # What was not understood is asked for again in full: the validators stay those of the last
    # document that was stored.
    understood = not isinstance(answer, FeedError) and not isinstance(result, FeedError)
    return Observation(
        feed=feed,
        started_at=started_at,
        seconds=seconds,
        answer=answer,
        result=result,
        state=answer.state if understood and not isinstance(answer, FeedError) else feed.state,
        at=asked.feed.url,
        full=asked.state != feed.state,
    )
