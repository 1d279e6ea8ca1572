"""A desk for tests of full texts: polls by hand, pages from loopback servers, one store."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from zlib import crc32

from feeds.article import read_article
from feeds.fetch import fetch
from feeds.http import Client
from feeds.limits import Limits
from feeds.robots import RobotsCache, may_read
from feeds.types import Entry, Feed, FeedError, Fetched
from feeds.visit import visit
from monitor.articles.learning import Learning
from monitor.articles.records import ArticleRecord, Attempt, DueArticle
from monitor.articles.stage import Articles, Stages
from monitor.poller import Hosts
from monitor.store import articles
from tests.support.fetching import PUBLIC, Names, Wires
from tests.support.learning import LearningDesk, entry
from tests.support.servers import HttpServer, Request, reply

Answers = Mapping[str, Any]  # by path: bytes of an answer, a script, or a function of the request

SENTENCES = (
    "The builders worked through the night, said the manager of the site.",
    "Another hall is to be opened in the spring, with room for two hundred people.",
    "Visitors came from the neighbouring county and stayed for the whole afternoon.",
)


def page(*paragraphs: str) -> bytes:
    """A web page with a menu, a footer, and an article of some length with these paragraphs."""
    text = "".join(f"<p>{words}</p>" for words in (*SENTENCES, *paragraphs))
    return (
        "<!doctype html><html><head><meta charset='utf-8'><title>News</title></head><body>"
        "<nav><ul><li><a href='/a'>The menu of the site</a></li></ul></nav>"
        f"<main><article><h1>Headline</h1>{text}</article></main>"
        "<footer>All rights reserved by the site</footer></body></html>"
    ).encode()


def html(body: bytes) -> bytes:
    """A good answer."""
    return reply(body, headers=[("Content-Type", "text/html")])


class ReadingDesk(LearningDesk):
    """One feed with full texts, whose entries lead to a server that answers by path.

    Every name resolves to a public address that is connected to the server: `news.example`,
    `other.example` and whatever is asked for; addresses themselves are judged as ever.
    """

    def __init__(self, folder: Path, answers: Answers = {}) -> None:  # noqa: B006 - never changed
        super().__init__(folder)
        self.folder = folder
        self.full_text(on=True)
        self.answers: dict[str, Any] = {"/robots.txt": reply(status=404), **answers}
        self._stack = ExitStack()
        self.server = self._stack.enter_context(HttpServer(self._answer))
        self.robots = RobotsCache()
        self.archive = None
        self.limits = Limits()
        self.wires = Wires()
        self.read: Any = self._read

    def full_text(self, *, on: bool) -> None:
        """As after a change of the list."""
        feed = Feed(url=self.urls["one"], name="one", kind="wire", full_text=on)
        self.store.subscribe([feed], interval=900, now=self.now)

    def _answer(self, request: Request) -> Any:
        answer = self.answers.get(request.target, reply(status=404))
        return (
            answer(request)
            if callable(answer) and not asyncio.iscoroutinefunction(answer)
            else answer
        )

    @property
    def asked(self) -> list[str]:
        """What the server was asked for, in order."""
        return [request.target for request in self.server.requests]

    def url(self, path: str, host: str = "news.example") -> str:
        return f"http://{host}:{self.server.port}{path}"

    def start(self) -> None:
        """Let the first poll of the feed, its baseline, pass."""
        self.poll(entry(0, "Old", url=""))

    def bring(self, *paths: str, title: str = "Some news", **other: Any) -> None:
        """A poll that brings an entry for each of these pages."""
        found = [self.entry_of(path, title, **other) for path in paths]
        self.poll(*found, entry(0, "Old", url=""))

    def entry_of(self, path: str, title: str = "Some news", **other: Any) -> Entry:
        number = 1 + crc32(path.encode()) % 10**6
        fields = {"guid": path, "url": self.url(path), "published_at": self.now, **other}
        return entry(number, f"{title}, number {number}", **fields)

    def fetch(self, *, gap: float = 0.0, seconds: float = 20.0) -> list[ArticleRecord]:
        """Fetch what is due, now; what was stored."""
        return asyncio.run(self._fetch(Hosts(gap), seconds))

    async def _fetch(self, hosts: Hosts, seconds: float) -> list[ArticleRecord]:
        stored: list[ArticleRecord] = []
        async with self.client() as client:
            it = self.articles(client, hosts)
            it.stored = stored.append
            await it.round(seconds)
        return stored

    def client(self) -> Client:
        client = _client()
        client.limits = self.limits
        _dialling.append(self.wires)
        return client

    def articles(self, client: Client, hosts: Hosts) -> Articles:
        learning = Learning(
            store=self.store, desk=self.desk, now=lambda: self.now, archive=self.archive
        )

        async def due(now: Any) -> list[DueArticle]:
            return articles.due(self.store.db.conn, now)

        async def learn(attempt: Attempt) -> ArticleRecord | None:
            return learning.learn(attempt)

        stages = Stages(
            fetch=partial(fetch, client),
            visit=partial(visit, client),
            may=_here(may_read),
            read=self.read,
            learn=learn,
            robots=self.robots,
            now=lambda: self.now,
        )
        return Articles(due=due, stages=stages, hosts=hosts)

    async def _read(self, fetched: Fetched, feed: Feed) -> Any:
        return read_article(fetched.body, fetched.headers, feed, fetched.url)

    def article(self, path: str = "") -> Mapping[str, Any]:
        """The only row, or that of a page."""
        sql = "SELECT a.* FROM articles AS a JOIN items AS i ON i.id = a.item"
        where = " WHERE i.url = ?" if path else ""
        (row,) = self.rows(sql + where, *([self.url(path)] if path else []))
        return row

    def forget(self) -> None:
        """Retention takes everything."""
        self.store.db.conn.execute("UPDATE appearances SET gone_at = first_seen_at")
        self.store.db.conn.execute("UPDATE alerts SET state = 'sent'")
        later = self.now + timedelta(days=9)
        self.store.forget_stories("9999", [], now=later, most=100)

    def close(self) -> None:
        self._stack.close()
        super().close()


class _Everywhere(dict):  # type: ignore[type-arg]
    """Every name under .example."""

    def __contains__(self, host: object) -> bool:
        return str(host).endswith(".example")

    def __getitem__(self, host: object) -> Any:
        return [[PUBLIC]]


_dialling: list[Wires] = []  # the last one is of the test that runs


async def _dial(address: str, port: int) -> socket.socket:
    return await _dialling[-1].dial(address, port)


@cache
def _client() -> Client:
    """One for all tests: what it costs is its TLS context."""
    names = Names({})
    names._left = _Everywhere()
    return Client(resolver=names.resolver(), dial=_dial)


def _here(reader: Callable[..., Any]) -> Any:
    """A reader of feeds.workers, in this process."""

    async def read(fetched: Fetched, feed: Feed) -> Any:
        return reader(fetched.body, fetched.headers, feed, fetched.url)

    return read


def failing(reason: str, message: str = "why") -> Any:
    """A reader that fails, as one does whose worker was killed."""

    async def read(fetched: Fetched, feed: Feed) -> FeedError:
        return FeedError(url=fetched.url, reason=reason, message=message)

    return read


__all__ = ["ReadingDesk", "failing", "html", "page", "replace"]
