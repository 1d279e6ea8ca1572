"""A thousand honest feeds that the daemon polls each minute, and how late each poll of them was.

    with World(folder, honest=1_000, hostile=route) as world, world.program.daemon() as daemon:
        …
    world.lateness

A poll is late by as much as its request comes after the moment that the database had it due at.
That is read there every half second, from outside, and the request is seen by the server.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Self

from tests.support.press import Article, article, mention, rss
from tests.support.program import Program
from tests.support.servers import HttpServer, Request, Script, reply

INTERVAL = 60  # seconds
WINDOW = 20  # entries of a document
_LOOK_EVERY = 0.5
_ROUND = 120.0  # seconds for a thousand first polls; on two idle cores it is a third of that
_XML = [("Content-Type", "application/xml")]

Route = Callable[[Request], bytes | Script]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """Of all polls of honest feeds but the first of each, which nothing but the start delays."""

    polls: int
    p99: float  # seconds
    worst: float
    missed: int  # intervals in which a feed was not asked at all


def _document(paper: int, edition: int) -> bytes:
    """Twenty articles, of which one in ten editions brings another; its bytes are never the same."""
    newest = WINDOW + (edition + paper) // 10
    articles = [_article(paper, number) for number in range(newest, newest - WINDOW, -1)]
    return rss(articles, f"Paper {paper}, {edition}")


@lru_cache(maxsize=1_000 * WINDOW)
def _article(paper: int, number: int) -> Article:
    return (article if number % 50 else mention)(number, paper=paper)


class World:
    """The server, the program's folder, and the watch over the schedule."""

    def __init__(
        self,
        folder: Path,
        *,
        honest: int,
        hostile: Route,
        host: Callable[[int], str],
        port: int = 0,
    ) -> None:
        """`host` names an honest feed's host; what is not asked by `/paper/N` is `hostile`'s."""
        self.program = Program(folder)
        self._honest, self._hostile, self._host = honest, hostile, host
        self.server = HttpServer(self._answer, host="0.0.0.0", port=port)
        self.asked: dict[str, list[float]] = defaultdict(list)  # when, by path
        self._due: dict[str, set[float]] = defaultdict(set)
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._watched, daemon=True)

    def __enter__(self) -> Self:
        self.server.__enter__()
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()
        self.server.stop()

    def subscribe(self, hostile: list[str], settings: str, more: str = "") -> None:
        """Write the settings, and the list: all that is honest, then these URLs, then `more`."""
        self.program.config.write_text(settings, encoding="utf-8")
        at = [self.server.url(f"/paper/{n}", host=self._host(n)) for n in range(self._honest)]
        tables = (f'[[feed]]\nurl = "{url}"\ninterval = {INTERVAL}\n' for url in [*at, *hostile])
        text = "\n".join(tables) + more
        (self.program.folder / "feeds.toml").write_text(text, encoding="utf-8")

    def _answer(self, request: Request) -> bytes | Script:
        if not request.target.startswith("/paper/"):
            return self._hostile(request)
        asked = self.asked[request.target]
        asked.append(time.time())
        return reply(_document(int(request.target.rpartition("/")[2]), len(asked)), headers=_XML)

    def first_round(self, feeds: int = 0) -> float:
        """Wait until all honest feeds have been asked once, and so many polled in all; when it was.

        A build that trusts everybody may never come so far: then it is as long as that may take.
        """
        end = time.time() + _ROUND
        while time.time() < end and not self._asked_once(feeds):
            time.sleep(_LOOK_EVERY)
        return time.time()

    def _asked_once(self, feeds: int) -> bool:
        polled = self.program.count_or_none("feeds", "last_poll_at IS NOT NULL")
        return len(self.asked) == self._honest and (polled or 0) >= feeds

    def _watched(self) -> None:
        uri = f"{self.program.database.as_uri()}?mode=ro"
        while not self._over.wait(_LOOK_EVERY):
            with suppress(sqlite3.Error), closing(sqlite3.connect(uri, uri=True)) as db:
                for url, due in db.execute("SELECT url, next_poll_at FROM feeds"):
                    path = "/" + str(url).split("/", 3)[3]
                    if path in self.asked:
                        self._due[path].add(datetime.fromisoformat(due).timestamp())

    def lateness(self, since: float) -> Lateness:
        """Of what was due from `since` on, seconds since the epoch, until now."""
        now, late = time.time(), []
        for path, times in list(self.asked.items()):
            for due in sorted(self._due[path]):
                if since <= due < now:
                    came = next((at for at in times if at >= due - 0.01), now)
                    late.append(came - due)
        late.sort()
        return Lateness(
            polls=len(late),
            p99=late[int(0.99 * len(late))] if late else 0.0,
            worst=late[-1] if late else 0.0,
            missed=sum(seconds >= INTERVAL for seconds in late),
        )
