"""Documents that keep a parser busy for hours, or make it open what they name."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.proof.content_readers import obedient
from benchmarks.proof.content_reading import Reading, answer, with_reading
from benchmarks.proof.row import Outcome, Row, Scale
from feeds import article
from feeds.parse import parse
from feeds.types import Feed, FeedError, PageRules, ParsedFeed
from feeds.workers import DEADLINE, ParserPool
from tests.support import hostile
from tests.support.servers import HttpServer, Request, reply

ENDED = 5.5  # seconds: the deadline, and what it takes to end a process
NEXT = 1.0  # seconds until the document after it is read, its parser's start included
PATIENCE = 20.0  # seconds that a twin waits for a parser without a deadline
GOOD = hostile.rss("".join(map(hostile.item, range(30))))
HTML = {"content_type": "text/html"}


@dataclass(slots=True)
class Bomb:
    """A document, how it is read, and the good one that is read after it."""

    name: str
    build: Callable[[], bytes]
    kind: str  # feed | list page | article
    page: PageRules | None = None


def bombs() -> Iterator[Bomb]:
    """All that are kept for tests."""
    for build in hostile.DOCUMENTS:
        yield Bomb(build.__name__, build, "feed")
    for name, (build, rules) in hostile.LIST_PAGES.items():
        yield Bomb(name, build, "list page", PageRules(**rules))
    for name, build in hostile.ARTICLES.items():
        yield Bomb(name, build, "article")


def parserbombs(_: Scale, deadline: float = DEADLINE) -> Outcome:
    """One after the other through one parser process of each kind, a good feed after each."""
    chosen = list(bombs())
    ends, times = asyncio.run(_exploded(chosen, deadline))
    late = [
        bomb.name
        for bomb, (ended, after) in zip(chosen, times, strict=True)
        if ended > ENDED or after > NEXT
    ]
    longest, slowest = (max(column) for column in zip(*times, strict=True))
    how = ", ".join(f"{number} {end}" for end, number in ends.most_common())
    return Outcome(
        figure=(
            f"{len(chosen)} documents ({how}): {len(chosen) - len(late)} ended in time, the "
            f"longest after {longest:.1f} s; the next feed read within {slowest:.2f} s"
            + (f"; late: {', '.join(late)}" if late else "")
        ),
        held=not late and ends["parse-timeout"] >= 1,
    )


async def _exploded(
    chosen: Sequence[Bomb], deadline: float
) -> tuple[Counter[str], list[tuple[float, float]]]:
    """How each ended, after how many seconds, and how many the next feed took; endless if never."""
    ends: Counter[str] = Counter()
    times = []
    pools = ParserPool(workers=1, deadline=deadline)
    pages = ParserPool(workers=1, deadline=deadline, memory=article.MEMORY)
    async with pools as feeds, pages as articles:
        # The first document of a process waits for its start as well.
        await feeds.parse(answer(GOOD), Feed(url="u"))
        await articles.read(article.read_article, answer(b"<html>", **HTML), Feed(url="u"))
        for bomb in chosen:
            body = bomb.build()
            began = time.monotonic()
            found = await _read(feeds, articles, bomb, body)
            ended = time.monotonic()
            after = await feeds.parse(answer(GOOD), Feed(url="u"))
            good = isinstance(after, ParsedFeed) and len(after.entries) == 30
            times.append((ended - began, time.monotonic() - ended if good else float("inf")))
            ends[found.reason if isinstance(found, FeedError) else "read"] += 1
    return ends, times


async def _read(feeds: ParserPool, articles: ParserPool, bomb: Bomb, body: bytes) -> Any:
    if bomb.kind != "article":
        return await feeds.parse(answer(body), Feed(url="u", page=bomb.page))
    return await articles.read(article.read_article, answer(body, **HTML), Feed(url="u"))


# ── external entities ────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Canary:
    """A named pipe and a server, which know of everybody who opens them."""

    folder: Path
    server: HttpServer
    opened: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def pipe(self) -> Path:
        return self.folder / "canary"

    @property
    def touched(self) -> int:
        return self.opened + len(self.server.requests)

    def watch(self) -> None:
        """Whoever reads from the pipe waits for a writer, so that none is missed."""
        while not self._stop.wait(0.01):
            try:
                writing = os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # nobody reads
                continue
            self.opened += 1
            os.write(writing, b"SECRET")
            os.close(writing)
            time.sleep(0.05)  # the reader has its end by then, and is not counted twice

    @contextmanager
    def watching(self) -> Iterator[None]:
        os.mkfifo(self.pipe)
        thread = threading.Thread(target=self.watch, daemon=True)
        thread.start()
        yield
        self._stop.set()
        thread.join()


def _documents(canary: Canary) -> Iterator[bytes]:
    file, web = canary.pipe.as_uri(), canary.server.url("/x.dtd")
    title = "<rss version='2.0'><channel><title>a{}b</title><item><title>x</title></item></channel></rss>"
    for target in (file, web):
        yield f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{target}">]>{title.format("&x;")}'.encode()
        yield f'<!DOCTYPE rss [<!ENTITY x PUBLIC "-//x" "{target}">]>{title.format("&x;")}'.encode()
        yield f'<!DOCTYPE rss [<!ENTITY % x SYSTEM "{target}"> %x;]>{title.format("")}'.encode()
        yield f'<!DOCTYPE rss SYSTEM "{target}">{title.format("")}'.encode()
        yield (
            f'<!-- <rss> --><?x ?><!DOCTYPE rss [<!ENTITY x SYSTEM "{target}">]>'
            + title.format("&x;")
        ).encode()
    yield str(canary.pipe).encode()  # feedparser takes bytes for a file's name first
    yield file.encode()


def external(scale: Scale, reader: Callable[..., Any] = parse) -> Outcome:
    """Documents that name a file and an address, in every way that XML has."""

    def served(_: Request) -> Any:
        return reply(b"<!ENTITY y 'SECRET'>")

    with HttpServer(served) as server:
        canary = Canary(scale.folder, server)
        with canary.watching():
            documents = list(_documents(canary))

            async def use(reading: Reading) -> int:
                told = 0
                for body in documents:
                    told += "SECRET" in str(await reading.read(body))
                return told

            told = with_reading(scale.folder, [], use, reader=reader)
            touched = canary.touched
            proven = _opens(canary) > touched
    return Outcome(
        figure=(
            f"{len(documents)} documents that name a file or an address: {touched} times opened, "
            f"{told} times read{'' if proven else '; the canary saw nothing at all'}"
        ),
        held=proven and not touched and not told,
    )


def _opens(canary: Canary) -> int:
    """What the canary counts after it was opened on purpose."""
    canary.pipe.read_bytes()
    return canary.touched


ROWS = (
    Row(
        name="parserbombs",
        promise=f"every document ends within {ENDED:g} s, and the next feed is read within {NEXT:g} s",
        run=parserbombs,
        without=f"the parser's deadline: after {PATIENCE:g} s it counts as never",
        twin=lambda scale: parserbombs(scale, PATIENCE),
        alone=True,
        minutes=15,
        short=False,  # tests/feeds/test_workers.py has the same documents, without a stop-watch
    ),
    Row(
        name="entities",
        promise="nothing that a document names is opened: no file, no address",
        run=external,
        without="taking a document's declarations out, and a parser that obeys them",
        twin=lambda scale: external(scale, obedient),
    ),
)
