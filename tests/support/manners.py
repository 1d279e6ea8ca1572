"""Polls played by a real server on loopback: fetch → parse → judge → record, on a clock by hand.

stage = Stage(folder)                       # one server, one client, one event loop
with stage.play(folder) as play:            # one feed in a database of its own
    play.poll(ok(10))                       # answers of the server, one a poll
    play.later(play.wait())                 # when the feed is due
    play.poll(same)
    play.row, play.feed                     # the ledger's line and the feed as stored
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from feeds.dial import dial_tcp
from feeds.fetch import fetch
from feeds.http import Client
from feeds.limits import Limits
from feeds.parse import parse
from feeds.resolver import Resolver
from feeds.types import Feed, Fetched
from monitor.desk import Desk
from monitor.judge import judge, probes_of
from monitor.pipeline import Stages, poll
from monitor.records import Observation, PollRecord, StoredFeed
from monitor.store import Store
from tests.support.learning import START, WATCHLIST, tag
from tests.support.servers import HttpServer, Request, Script, redirect, reply

PUBLIC = "93.184.216.34"  # stands for any public address; nothing is ever sent there
HASTY = Limits(read_gap=0.1)  # seconds: a silent server costs no more

Answer = Callable[["Play", Request], bytes | Script]
Step = Answer | Mapping[str, Answer]  # by path


def http_date(at: datetime) -> str:
    """As headers have it."""
    return format_datetime(at, usegmt=True)


def document(numbers: Sequence[int], *, channel: str = "", at: datetime = START) -> bytes:
    """An RSS 2.0 feed of these articles, the highest number first and published last."""
    items = "".join(
        f"<item><title>Report number {n}</title><link>http://news.example/{n}</link>"
        f"<guid>report-{n}</guid><description>Text of report {n}.</description>"
        f"<pubDate>{http_date(at - timedelta(days=9) + timedelta(minutes=n))}</pubDate></item>"
        for n in sorted(numbers, reverse=True)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">'
        f"<channel><title>Bulletin</title>{channel}{items}</channel></rss>"
    ).encode()


def ok(last: int = 20, *, size: int = 10, channel: str = "", **headers: str) -> Answer:
    """A document whose youngest article is `last`. Headers: `cache_control="…"`."""

    def answer(play: Play, _request: Request) -> bytes:
        body = document(range(last - size + 1, last + 1), channel=channel)
        sent = {"Date": http_date(play.now)} | _named(headers, play)
        return reply(body, headers=list(sent.items()))

    return answer


def _named(headers: Mapping[str, str], play: Play) -> dict[str, str]:
    """`in 600` stands for the HTTP date that many seconds from now."""
    found = {}
    for name, value in headers.items():
        if value.startswith("in "):
            value = http_date(play.now + timedelta(seconds=int(value[3:])))  # noqa: PLW2901
        found[name.replace("_", "-").title()] = value
    return found


def same(_play: Play, request: Request) -> bytes:
    """304, but only to those who ask for it (RFC 9110 §15.4.5)."""
    assert {"if-none-match", "if-modified-since"} & set(request.headers), "unasked"
    return reply(status=304, length=-1)


def status(code: int, body: bytes = b"no", **headers: str) -> Answer:
    """An answer with this status."""

    def answer(play: Play, _request: Request) -> bytes:
        sent = {"Date": http_date(play.now)} | _named(headers, play)
        return reply(body, status=code, headers=list(sent.items()))

    return answer


def to(target: str, code: int = 301) -> Answer:
    """A redirect to a path, or to `http://HOST/path` on the same server."""

    def answer(play: Play, _request: Request) -> bytes:
        scheme, _, rest = target.partition("://")
        host, slash, path = rest.partition("/")
        there = f"{scheme}://{host}:{play.stage.server.port}{slash}{path}" if rest else target
        return redirect(there, code)

    return answer


def raw(data: bytes) -> Answer:
    """These bytes, and the end of the connection."""
    return lambda _play, _request: data


def reset(start: bytes = b"") -> Answer:
    """The connection is reset (RST, not FIN), once `start` is sent and has gone out."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await writer.drain()
        await asyncio.sleep(0.02 if start else 0.0)
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return lambda _play, _request: script


def silent(_play: Play, _request: Request) -> Script:
    """Nothing ever comes."""

    async def script(_writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    return script


def then(*answers: Answer) -> Answer:
    """One after the other within one poll."""

    def answer(play: Play, request: Request) -> bytes | Script:
        before = sum(one.target == request.target for one in play.asked) - 1
        return answers[before](play, request)

    return answer


class Stage:
    """What all plays share: the server, the client, the event loop and an empty database."""

    def __init__(self, folder: Path) -> None:
        self.play_now: Play | None = None
        self.plays = 0
        self.dead: set[str] = set()
        self.empty = folder / "empty.db"
        with Store(self.empty) as store:
            store.watch([WATCHLIST], now=START)
        self.runner = asyncio.Runner()
        self.server = HttpServer(self._route)
        self.resolver = Resolver(lookup=self._lookup, clock=self._clock)
        self.client = Client(resolver=self.resolver, dial=self._dial)
        self.hasty = Client(limits=HASTY, resolver=self.resolver, dial=self._dial)

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.resolver.close()
        self.runner.close()
        self.server.stop()

    def _clock(self) -> float:
        """Of the resolver, which remembers dead names: no play begins before another has ended."""
        return self.plays * 1e9 + (self.play_now.now.timestamp() if self.play_now else 0.0)

    def _lookup(self, host: str) -> Sequence[str]:
        if host in self.dead:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [PUBLIC]

    async def _dial(self, _address: str, port: int) -> socket.socket:
        return await dial_tcp("127.0.0.1", port)

    def _route(self, request: Request) -> bytes | Script:
        assert self.play_now is not None
        return self.play_now.answered(request)

    @contextmanager
    def play(self, folder: Path, **feed: Any) -> Iterator[Play]:
        """A feed (`Feed`'s own keys) in a database of its own."""
        path = folder / "played.db"
        shutil.copy(self.empty, path)
        with Store(path) as store:
            self.play_now = Play(stage=self, store=store)
            self.play_now.subscribe({"one": "http://one.example/feed"}, **feed)
            store.db.execute("PRAGMA synchronous = OFF")  # it need not outlive a power cut
            self.plays += 1
            self.dead.clear()
            yield self.play_now


@dataclass(slots=True, kw_only=True)
class Play:
    """One feed, or several, polled by hand."""

    stage: Stage
    store: Store
    now: datetime = START
    step: Step = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)  # in the last poll
    record: PollRecord | None = None
    desk: Desk = field(
        default_factory=lambda: Desk(tag=tag, entities=WATCHLIST.entities)  # nobody is alerted
    )

    def subscribe(self, urls: Mapping[str, str], **feed: Any) -> None:
        """Feeds by name; the port of the server is put into their addresses."""
        feeds = []
        for name, url in urls.items():
            host, _, path = url.removeprefix("http://").partition("/")
            at = f"http://{host}:{self.stage.server.port}/{path}"
            feeds.append(Feed(url=at, name=name, **feed))
        self.store.subscribe(feeds, interval=900, now=self.now)

    def named(self, name: str) -> StoredFeed:
        """A feed as it is stored."""
        return next(feed for feed in self.store.subscribed() if feed.feed.name == name)

    @property
    def feed(self) -> StoredFeed:
        """The first feed as it is stored."""
        return self.store.subscribed()[0]

    @property
    def row(self) -> Mapping[str, Any]:
        """The ledger's last line."""
        return next(self.store.db.query("SELECT * FROM polls ORDER BY id DESC LIMIT 1"))

    def answered(self, request: Request) -> bytes | Script:
        """What the server says."""
        self.asked.append(request)
        step = self.step if callable(self.step) else self.step[request.target]
        return step(self, request)

    def poll(self, step: Step, name: str = "one", *, hasty: bool = False) -> PollRecord:
        """One poll, whenever it was due; time stands still meanwhile. `hasty` waits for nobody."""
        self.step, self.asked = step, []
        client = self.stage.hasty if hasty else self.stage.client
        record = self.stage.runner.run(poll(self.named(name), self.stages(client)))
        self.record = record
        return record

    def stages(self, client: Client, **fetching: Any) -> Stages:
        """The stages of a poll as the program has them, without its processes and threads."""

        async def fetched(feed: Feed, state: Any) -> Any:
            return await fetch(client, feed, state, **fetching)

        async def parsed(answer: Fetched, feed: Feed, _: object) -> Any:
            return parse(answer.body, answer.headers, feed, answer.url)

        async def learnt(seen: Observation) -> PollRecord:
            known = self.store.known(seen.feed, probes_of(seen), now=self.now)
            past = self.store.past(seen, now=self.now)
            record = judge(seen, known, self.desk, past, now=self.now)
            self.store.record(record)
            return record

        return Stages(fetch=fetched, parse=parsed, learn=learnt, now=lambda: self.now)

    def wait(self, name: str = "one") -> float:
        """Seconds until it is due."""
        return (self.named(name).next_poll_at - self.now).total_seconds()

    def later(self, seconds: float) -> None:
        """Time passes."""
        self.now += timedelta(seconds=seconds)
