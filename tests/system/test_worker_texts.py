"""Workers fetch full texts, each page once, and no host is asked too soon."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

from tests.support.fleet import GAP, SLACK, Fleet
from tests.support.postgres import server
from tests.support.press import Article, rss
from tests.support.program import DESK, Program, kill_group, until
from tests.support.reading import html, page
from tests.support.servers import HttpServer, Request, reply
from tests.support.slack import SlackServer

PAGES = 4
NEWS = "Work goes on at the Huichon Power Station, and more is to come."


class Site:
    """A feed on one host, its articles on two others."""

    def __init__(self) -> None:
        self.times: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.pages: Counter[str] = Counter()
        self.old = True
        self.server = HttpServer(self.answer, host="0.0.0.0")

    def _article(self, number: int) -> Article:
        link = self.server.url(f"/page/{number}", host=f"127.2.0.{number % 2 + 1}")
        return Article(guid=str(number), title=f"A headline of its own, {number}", link=link)

    def answer(self, request: Request) -> bytes:
        came = time.monotonic()
        if request.target == "/feed.xml":
            there = range(1 if self.old else PAGES)
            answer = reply(rss([self._article(number) for number in there]))
        elif request.target.startswith("/page/"):
            self.pages[request.target] += 1
            answer = html(page(NEWS))
        else:
            answer = reply(status=404)
        self.times[request.headers["host"]].append((came, time.monotonic()))
        return answer


def test_each_page_is_fetched_once_and_what_it_names_is_told(tmp_path: Path) -> None:
    site = Site()
    with server() as running, site.server, SlackServer() as slack:
        name = running.empty()
        program = Program(
            tmp_path, {"WIREWATCH_SLACK_URL": slack.url, "WIREWATCH_DATABASE": running.url(name)}
        )
        feed = site.server.url("/feed.xml", host="127.2.0.9")
        program.write([feed], f"[evidence]\nkeep = false\n{DESK}")
        text = program.config.read_text().replace("host_gap = 0", f"host_gap = {GAP:g}")
        program.config.write_text(f'database = "env:WIREWATCH_DATABASE"\n{text}')
        with (program.folder / "feeds.toml").open("a") as file:
            file.write("full_text = true\n")
        fleet = Fleet(running, name, None, slack, program)  # type: ignore[arg-type]
        try:
            fleet.start()
            fleet.start()
            fetched = "SELECT count(*) FROM articles WHERE state = 'fetched'"
            until(lambda: fleet.count(fetched) == 1, what="the old article's text")
            site.old = False
            fleet.make_due()
            until(lambda: fleet.count(fetched) == PAGES, what="the new articles' texts")
            until(lambda: len(slack.accepted) >= 1, what="an alert")
            named = "SELECT count(*) FROM mentions WHERE field = 'article'"
            assert fleet.count(named) == PAGES
            assert fleet.end() == [0, 0]
        finally:
            for worker in fleet.workers:
                if worker.poll() is None:
                    kill_group(worker)
    assert set(site.pages.values()) == {1}
    gaps = [b[0] - a[1] for each in site.times.values() for a, b in pairwise(sorted(each))]
    assert min(gaps) >= GAP - SLACK
