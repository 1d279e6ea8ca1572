"""A visit to a feed, or to the page of one: a few polite requests, and what is to be said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from feeds.discover import FeedLink, find_links, is_page, usual_addresses
from feeds.doctor import Diagnosis, LanguageOf, Visit, diagnose
from feeds.hosts import host_key
from feeds.instead import SITEMAP, is_index, listed_by_adapter, rules_for, sitemaps_named
from feeds.types import Feed, FeedError, Fetched, FetchState, NotModified, ParsedFeed

if TYPE_CHECKING:
    from feeds.workers import ParserPool

Fetch = Callable[[Feed, FetchState], Awaitable[Fetched | NotModified | FeedError]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckUp:
    """What came of it: a diagnosis, several feeds to choose from, or why there is neither."""

    asked: str  # the URL that was given
    diagnosis: Diagnosis | None = None
    choices: tuple[FeedLink, ...] = ()
    error: FeedError | None = None
    proposal: Feed | None = None  # what may be read in place of a feed that is not there
    page: bool = False  # the URL is a web page's
    requests: int = 0


@dataclass(slots=True, kw_only=True)
class Doctor:
    """Looks at one URL, with requests one after the other."""

    fetch: Fetch
    pool: ParserPool
    now: Callable[[], datetime]
    language_of: LanguageOf
    interval: int  # seconds between two polls that a feed without one of its own may come to
    pause: float  # seconds between two requests
    requests: int = 0

    async def examine(self, feed: Feed) -> CheckUp:
        """Look at `feed`, with the settings that it has. Never raises for what it answers."""
        found = await self._examine(feed)
        return replace(found, requests=self.requests)

    async def _examine(self, feed: Feed) -> CheckUp:
        fetched, parsed = await self._read(feed)
        if fetched is None or not isinstance(parsed, FeedError):
            return await self._judged(feed, feed, fetched, parsed)
        if parsed.reason != "not-a-feed" or feed.page:
            return CheckUp(asked=feed.url, error=parsed)
        instead = await self._instead(feed, fetched, parsed)
        if instead or not is_page(fetched.body, fetched.headers):
            return instead or CheckUp(asked=feed.url, error=parsed)
        return await self._linked(feed, fetched)

    async def _instead(self, feed: Feed, fetched: Fetched, error: FeedError) -> CheckUp | None:
        """What there is at the address itself to read in place of a feed."""
        for rules in rules_for(fetched.body, feed.url):
            there = replace(feed, page=rules)
            read = await self.pool.parse(fetched, there)
            if isinstance(read, ParsedFeed):
                return await self._judged(there, there, fetched, read)
        if not is_index(fetched.body):
            return None
        return CheckUp(asked=feed.url, error=error, proposal=replace(feed, page=SITEMAP))

    async def _linked(self, feed: Feed, fetched: Fetched) -> CheckUp:
        """The feed that a web page names."""
        links = await self.pool.read(find_links, fetched, feed)
        if isinstance(links, FeedError):
            return CheckUp(asked=feed.url, error=links, page=True)
        if not links:
            return await self._guessed(feed, fetched.url)
        if len(links) > 1:
            return CheckUp(asked=feed.url, choices=links, page=True)
        named = replace(feed, url=links[0].url)
        return await self._judged(feed, named, *await self._read(named))

    async def _guessed(self, feed: Feed, page: str) -> CheckUp:
        """The first feed at an address where many sites have theirs."""
        for url in usual_addresses(page):
            there = replace(feed, url=url)
            fetched, parsed = await self._read(there)
            if isinstance(parsed, ParsedFeed):
                return await self._judged(feed, there, fetched, parsed)
        message = "it is a web page that names no feed, and none is where most sites have theirs"
        error = FeedError(url=page, reason="not-a-feed", message=message)
        proposal = listed_by_adapter(feed) or await self._sitemap(feed, page)
        return CheckUp(asked=feed.url, error=error, proposal=proposal, page=True)

    async def _sitemap(self, feed: Feed, page: str) -> Feed | None:
        """The site's sitemap, if it has one: where its robots.txt says, else where most are."""
        robots = await self._ask(replace(feed, url=urljoin(page, "/robots.txt")), FetchState())
        named = sitemaps_named(robots.body, page) if isinstance(robots, Fetched) else ()
        there = replace(feed, url=(*named, urljoin(page, "/sitemap.xml"))[0], page=SITEMAP)
        if host_key(there.url) != host_key(page):
            return None
        fetched, parsed = await self._read(there)
        index = fetched is not None and is_index(fetched.body)
        return there if index or isinstance(parsed, ParsedFeed) else None

    async def _judged(
        self, asked: Feed, feed: Feed, fetched: Fetched | None, parsed: ParsedFeed | FeedError
    ) -> CheckUp:
        page = asked.url != feed.url
        if fetched is None or isinstance(parsed, FeedError):
            error = parsed if isinstance(parsed, FeedError) else None
            return CheckUp(asked=asked.url, error=error, page=page)
        again = await self._ask(feed, fetched.state)
        reread = await self.pool.parse(again, feed) if isinstance(again, Fetched) else None
        visit = Visit(
            feed=feed,
            fetched=fetched,
            parsed=parsed,
            again=again,
            reread=reread if isinstance(reread, ParsedFeed) else None,
        )
        diagnosis = diagnose(
            visit, now=self.now(), interval=self.interval, language_of=self.language_of
        )
        return CheckUp(asked=asked.url, diagnosis=diagnosis, page=page)

    async def _read(self, feed: Feed) -> tuple[Fetched | None, ParsedFeed | FeedError]:
        """The answer and what is in it; no answer with the error that came instead."""
        answer = await self._ask(feed, FetchState())
        match answer:
            case Fetched():
                return answer, await self.pool.parse(answer, feed)
            case FeedError():
                return None, answer
            case NotModified():  # a 304 is an error where nothing is known
                raise AssertionError(answer.http_status)

    async def _ask(self, feed: Feed, state: FetchState) -> Fetched | NotModified | FeedError:
        if self.requests:
            await asyncio.sleep(self.pause)
        self.requests += 1
        return await self.fetch(feed, state)
