"""Several workers on one PostgreSQL, papers that note when they are asked, and a webhook."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import psycopg

from tests.support.postgres import Postgres
from tests.support.press import Article, Press, article, mention
from tests.support.program import DESK, Program, kill_group, until
from tests.support.servers import Request, redirect
from tests.support.slack import SlackServer, shown

PAPERS = 12
HOSTS = 4  # of three papers each: they wait for each other
ELSEWHERE = "127.1.0.1"  # where the last paper really is: in another shard than its address
GAP = 1.0  # seconds
WINDOW = 60  # articles that a paper carries
SLACK = 0.02  # seconds that a loaded machine may take from a request's arrival to its note
REPEAT = "(possible repeat)"


class Papers(Press):
    """Papers that share hosts, which note when each request came and when it was answered."""

    def __init__(self) -> None:
        super().__init__(PAPERS)
        self.times: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.route = self._noted

    def feed(self, paper: int) -> str:
        return self.url(f"/paper/{paper}.xml", host=f"127.1.0.{paper % HOSTS + 1}")

    def _noted(self, request: Request) -> bytes:
        came = time.monotonic()
        host = request.headers["host"].partition(":")[0]
        led_on = request.target == f"/paper/{PAPERS - 1}.xml" and host != ELSEWHERE
        answer = (
            redirect(self.url(request.target, host=ELSEWHERE)) if led_on else self._answer(request)
        )
        self.times[host].append((came, time.monotonic()))
        assert isinstance(answer, bytes)
        return answer

    def shortest(self) -> float:
        """Seconds of the shortest pause that a host had between two requests."""
        each = (sorted(times) for times in self.times.values())
        return min((b[0] - a[1] for times in each for a, b in pairwise(times)), default=GAP)


@dataclass(slots=True)
class Fleet:
    """The workers and their world."""

    server: Postgres
    name: str
    papers: Papers
    slack: SlackServer
    program: Program
    build: str = ""
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    published: int = 0
    given: set[str] = field(default_factory=set)  # links of all articles
    announced: set[str] = field(default_factory=set)  # titles that must come
    copied: int = 0  # articles that two papers carried

    def start(self, *more: str) -> subprocess.Popen[bytes]:
        """One more worker; `more` as quick_worker has it."""
        words = ["-m", "tests.support.quick_worker", str(self.program.config)]
        with self.log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, *words, *[self.build] * bool(self.build), *more],
                cwd=Path(__file__).parents[2],
                env=self.program.clean_environment(),
                start_new_session=True,
                stderr=log,
            )
        self.workers.append(worker)
        return worker

    @property
    def log(self) -> Path:
        return self.program.folder / "workers.log"

    def publish(self) -> None:
        """An article of its own in each paper; two carry one more that is the same."""
        number = self.published = self.published + 1
        new = [article(number, paper=paper) for paper in range(PAPERS)]
        chosen = number % PAPERS
        new[chosen] = mention(number, paper=chosen)
        self.announced.add(new[chosen].title)
        for paper, one in enumerate(new):
            self._carry(paper, one)
        told = article(number, paper=1000)
        for paper in (number % PAPERS, (number + 1) % PAPERS):  # of different hosts
            name = f"copy-{number}-{paper}"
            self._carry(paper, replace(told, guid=name, link=f"https://{name}.example/"))
        self.copied += 1

    def _carry(self, paper: int, new: Article) -> None:
        self.papers.articles[paper] = (*self.papers.articles[paper], new)[-WINDOW:]
        self.given.add(new.link)

    def make_due(self) -> None:
        """Let the minute until the next poll pass."""
        with suppress(psycopg.Error):  # it is away
            self.rows("UPDATE feeds SET next_poll_at = '2026-01-01T00:00:00.000Z' RETURNING id")

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return self.server.sql(f"SET search_path TO wirewatch; {sql}", self.name)

    def count(self, sql: str) -> int:
        """The number that a statement gives; 0 while nothing can be asked."""
        with (
            suppress(psycopg.Error),
            psycopg.connect(
                self.server.url(self.name),
                options="-c search_path=wirewatch,public",
                connect_timeout=2,
            ) as connection,
        ):
            row = connection.execute(sql.encode()).fetchone()
            return int(row[0]) if row else 0
        return 0

    def waiting(self) -> int:
        """Articles that are not stored yet."""
        return len(self.given) - self.stored()

    def has_room(self) -> bool:
        """Whether more may be published: no article leaves a paper's window before it was seen."""
        with suppress(psycopg.Error):
            stored = {row[0] for row in self._all("SELECT url FROM items")}
            carried = self.papers.articles
            return all(len({a.link for a in one} - stored) < WINDOW // 2 for one in carried)
        return False  # the server is away

    def first_round(self) -> None:
        """Until each paper was polled once: what it carried then is told to nobody."""
        polled = "SELECT count(DISTINCT feed) FROM polls"
        until(lambda: self.count(polled) == PAPERS, what="the first round")

    def stored(self) -> int:
        return self.count("SELECT count(*) FROM items")

    def settle(self, seconds: float = 120.0) -> float:
        """Wait until all that was published is stored and told, or so long; seconds until stored."""
        began = time.monotonic()
        stored = 0.0
        while time.monotonic() < began + seconds and not (stored and self._is_told()):
            if not stored and not self.waiting():
                stored = time.monotonic() - began
            if not stored:
                self.make_due()
            time.sleep(0.5)
        return stored or seconds

    def _is_told(self) -> bool:
        waiting = self.count("SELECT count(*) FROM alerts WHERE state <> 'sent'")
        return not waiting and not self.unsent()

    def unsent(self) -> int:
        """Alerts that did not come."""
        return len(self.announced - self.arrived())

    def arrived(self) -> set[str]:
        return {_title(message) for message in self.slack.accepted}

    def unmarked(self) -> int:
        """Messages that came again without a word of it."""
        seen: set[str] = set()
        bad = 0
        for message in self.slack.accepted:
            title = _title(message)
            bad += title in seen and REPEAT not in shown(message)
            seen.add(title)
        return bad

    def lost(self) -> int:
        found = {row[0] for row in self._all("SELECT url FROM items")}
        return len(self.given - found)

    def twice(self) -> int:
        return self.stored() - len({row[0] for row in self._all("SELECT url FROM items")})

    def miscounted(self) -> int:
        """By how much the ledger's new items differ from those that are there."""
        return abs(self.count("SELECT sum(new) FROM polls") - self.stored())

    def torn_stories(self) -> int:
        """Copies that did not come into one story."""
        found = self._all(
            "SELECT count(DISTINCT story) FROM items WHERE url LIKE 'https://copy-%' GROUP BY title"
        )
        return sum(row[0] != 1 for row in found) + abs(len(found) - self.copied)

    def _all(self, sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(
            self.server.url(self.name), options="-c search_path=wirewatch,public"
        ) as connection:
            return connection.execute(sql.encode()).fetchall()

    def end(self) -> list[int]:
        """SIGTERM for all of them; their exit statuses. Each has ten seconds."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
        return [worker.wait(10) for worker in self.workers]


def _title(message: dict[str, object]) -> str:
    return str(message["blocks"][0]["text"]["text"])  # type: ignore[index]


@contextmanager
def fleet(server: Postgres, folder: Path, build: str = "") -> Iterator[Fleet]:
    """No worker yet, and nothing published."""
    name = server.empty()
    with Papers() as papers, SlackServer() as slack:
        program = Program(
            folder, {"WIREWATCH_SLACK_URL": slack.url, "WIREWATCH_DATABASE": server.url(name)}
        )
        program.write(papers.feeds, f"[evidence]\nkeep = false\n{DESK}")
        text = program.config.read_text().replace("host_gap = 0", f"host_gap = {GAP:g}")
        program.config.write_text(f'database = "env:WIREWATCH_DATABASE"\n{text}')
        found = Fleet(server, name, papers, slack, program, build)
        try:
            yield found
        finally:
            for worker in found.workers:
                with suppress(ProcessLookupError):
                    kill_group(worker)
            server.drop(name)
