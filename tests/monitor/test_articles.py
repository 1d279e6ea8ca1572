"""Full texts from loopback servers into a real store: what is asked for, kept, found and alerted."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import monitor.articles.stage
from feeds.limits import Limits
from feeds.types import Feed, FeedError, Fetched
from monitor.articles.judge import MOST_ATTEMPTS
from monitor.articles.learning import Learning
from monitor.articles.records import Attempt
from monitor.errors import StoreError
from monitor.evidence.archive import Archive
from monitor.poller import Hosts, Poller
from monitor.records import StoredFeed
from monitor.store import articles
from monitor.store.reads import Reader
from tests.support.fetching import PUBLIC
from tests.support.learning import entry
from tests.support.reading import ReadingDesk, failing, html, page
from tests.support.servers import drip_after, endless, head, redirect, reply

MINE = page("The new hall stands near the mine and is heated from there.")
DAM = page("The water for it comes from the dam above the town, by a pipe.")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ReadingDesk]:
    desk = ReadingDesk(tmp_path, {"/mine": html(MINE), "/dam": html(DAM)})
    desk.start()
    yield desk
    desk.close()


class TestReading:
    def test_an_item_is_there_before_its_full_text(self, desk: ReadingDesk) -> None:
        desk.bring("/mine")
        assert desk.asked == []
        assert desk.count("items") == 2
        assert desk.article("/mine")["state"] == "waiting"
        assert desk.count("mentions") == 0

    def test_text_mentions_search_facets_and_alert(self, desk: ReadingDesk) -> None:
        desk.bring("/mine")
        desk.fetch()
        row = desk.article("/mine")
        assert (row["state"], row["attempts"], row["http_status"]) == ("fetched", 0, 200)
        assert row["chars"] == len(row["text"]) > 200
        (mention,) = desk.rows("SELECT * FROM mentions")
        assert mention["field"] == "article"
        assert row["text"][mention["start"] : mention["end"]] == mention["surface"] == "mine"
        assert "near the mine" in mention["snippet"]
        assert desk.rows("SELECT value FROM story_facets WHERE facet = 'entity'") == [
            {"value": "mine"}
        ]
        (alert,) = desk.rows("SELECT * FROM alerts")
        assert (alert["relation"], alert["state"], alert["item"]) == ("first", "pending", 2)
        assert "near the mine" in json.loads(alert["payload"])["snippet"]
        with Reader(desk.store.path) as reader:
            (found,) = reader.search("heated", limit=5)
            assert "heated" in found["article"]
            assert reader.search("some news heated", limit=5)  # title and full text together

    def test_what_another_feed_brought_first_is_read_too(self, desk: ReadingDesk) -> None:
        """That one does not ask for full texts; and a page is read once, whoever has it."""
        two = Feed(url="https://two.example/feed", name="two", kind="wire")
        asking = Feed(url=desk.urls["one"], name="one", kind="wire", full_text=True)
        desk.store.subscribe([asking, two], interval=900, now=desk.now)
        desk.poll(entry(0, "Old of two", url=""), name="two")
        news = desk.entry_of("/mine")
        desk.poll(news, entry(0, "Old of two", url=""), name="two")
        wanted = "SELECT feed, state, baseline FROM articles WHERE state <> 'skipped'"
        assert (desk.rows(wanted), desk.count("alerts")) == ([], 0)
        for _ in range(2):
            desk.poll(news, entry(0, "Old", url=""))
        desk.fetch()
        (row,) = desk.rows(wanted)
        assert (row["feed"], row["state"], row["baseline"]) == (1, "fetched", 0)
        assert desk.count("alerts") == 1

    def test_robots_txt_is_asked_once_and_first(self, desk: ReadingDesk) -> None:
        desk.bring("/mine", "/dam")
        desk.fetch()
        assert desk.asked[0] == "/robots.txt"
        assert sorted(desk.asked[1:]) == ["/dam", "/mine"]

    def test_what_the_feed_named_is_not_told_again(self, desk: ReadingDesk) -> None:
        desk.bring("/mine", title="The mine")
        assert desk.count("alerts") == 1
        desk.fetch()
        assert desk.count("alerts") == 1
        assert [r["field"] for r in desk.rows("SELECT field FROM mentions ORDER BY id")] == [
            "title", "article",
        ]  # fmt: skip

    def test_a_story_is_told_once_whoever_names_it(self, desk: ReadingDesk) -> None:
        """Told for the dam in its title, the story is not told again for the mine in its article."""
        desk.bring("/mine", title="The dam")
        desk.fetch()
        assert desk.count("alerts") == 1
        assert desk.count("mentions") == 2

    def test_items_of_the_first_poll_are_read_behind_the_news_and_alert_nobody(
        self, tmp_path: Path
    ) -> None:
        desk = ReadingDesk(tmp_path, {"/mine": html(MINE), "/dam": html(DAM)})
        try:
            desk.bring("/mine")
            desk.bring("/dam", "/mine")
            desk.fetch()
            assert desk.asked == ["/robots.txt", "/dam", "/mine"]
            (alert,) = desk.rows("SELECT * FROM alerts")
            assert "dam" in alert["payload"]
        finally:
            desk.close()

    def test_feeds_that_do_not_ask_for_it_have_none(self, desk: ReadingDesk) -> None:
        desk.full_text(on=False)
        desk.bring("/mine")
        assert desk.rows("SELECT * FROM articles WHERE state = 'waiting'") == []
        desk.fetch()
        assert desk.asked == []

    def test_what_another_has_fetched_meanwhile_is_not_stored_again(
        self, desk: ReadingDesk
    ) -> None:
        """A worker that was frozen with a page in hand, say."""
        desk.bring("/mine")
        (late,) = articles.due(desk.store.db.conn, desk.now)
        desk.fetch()
        before = desk.article("/mine")
        assert articles.item_of(desk.store.db.conn, late) is None
        learning = Learning(store=desk.store, desk=desk.desk, now=lambda: desk.now)
        error = FeedError(url=late.url, reason="timeout", message="late")
        attempt = Attempt(due=late, started_at=desk.now, answer=error, result=error)
        assert learning.learn(attempt) is None
        assert desk.article("/mine") == before

    def test_switched_off_it_waits_no_more_and_on_again_it_does(self, desk: ReadingDesk) -> None:
        desk.bring("/mine")
        desk.full_text(on=False)
        desk.fetch()
        assert (desk.asked, desk.article("/mine")["state"]) == ([], "skipped")
        desk.full_text(on=True)
        desk.fetch()
        assert desk.article("/mine")["state"] == "fetched"


class TestRevisions:
    def test_an_edit_does_not_take_back_what_the_article_names(self, desk: ReadingDesk) -> None:
        desk.bring("/mine")
        desk.fetch()
        record = desk.poll(
            replace(desk.entry_of("/mine"), text="Quite another summary of it."),
            entry(0, "Old", url=""),
        )
        (revision,) = record.revisions
        assert revision.entities_removed == ()
        assert [m["field"] for m in desk.rows("SELECT field FROM mentions")] == ["article"]
        with Reader(desk.store.path) as reader:
            assert reader.search("heated", limit=5)
            assert reader.search("quite another", limit=5)

    def test_the_search_index_stays_whole(self, desk: ReadingDesk) -> None:
        """Taken out with other words than were put in, a contentless index finds ghosts."""
        desk.bring("/mine")
        desk.fetch()
        desk.poll(replace(desk.entry_of("/mine"), text="Quite another."), entry(0, "Old", url=""))
        desk.forget()
        assert (desk.count("items"), desk.count("articles")) == (0, 0)
        for word in ("heated", "quite", "builders", "some"):
            sql = "SELECT rowid FROM items_search WHERE items_search MATCH ?"
            assert desk.rows(sql, word) == [], word


class TestManners:
    @pytest.mark.parametrize(
        ("rules", "state"),
        [
            ("User-agent: *\nDisallow: /mine", "refused"),
            ("User-agent: wirewatch\nDisallow: /", "refused"),
            ("User-agent: *\nDisallow: /other", "fetched"),
        ],
    )
    def test_robots_txt(self, desk: ReadingDesk, rules: str, state: str) -> None:
        desk.answers["/robots.txt"] = reply(rules.encode())
        desk.bring("/mine")
        desk.fetch()
        assert desk.article("/mine")["state"] == state
        assert ("/mine" in desk.asked) == (state == "fetched")
        assert "robots.txt" in desk.article("/mine")["why"] or state == "fetched"

    def test_without_the_guard_robots_txt_would_be_passed_over(
        self, desk: ReadingDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def never(*_: Any) -> None:
            return None

        monkeypatch.setattr(monitor.articles.stage, "_refused", never)
        with pytest.raises(AssertionError):
            self.test_robots_txt(desk, "User-agent: *\nDisallow: /", "refused")

    def test_robots_txt_that_cannot_be_read_allows_nothing_for_a_while(
        self, desk: ReadingDesk
    ) -> None:
        desk.answers["/robots.txt"] = reply(status=503)
        desk.bring("/mine")
        desk.fetch()
        row = desk.article("/mine")
        assert (row["state"], row["attempts"], desk.asked) == ("waiting", 1, ["/robots.txt"])
        assert "503" in row["why"]
        desk.answers["/robots.txt"] = reply(status=404)
        desk.robots._kept.clear()  # its ten minutes are over
        desk.now += timedelta(minutes=10)
        desk.fetch()
        assert desk.article("/mine")["state"] == "fetched"

    def test_a_redirect_leads_to_the_robots_txt_of_where_it_goes(self, desk: ReadingDesk) -> None:
        desk.answers["/robots.txt"] = lambda request: (
            reply(b"User-agent: *\nDisallow: /far")
            if request.headers["host"].startswith("other.example")
            else reply(status=404)
        )
        desk.answers["/away"] = redirect(desk.url("/far", "other.example"))
        desk.answers["/far"] = html(MINE)
        desk.bring("/away")
        desk.fetch()
        assert desk.asked == ["/robots.txt", "/away", "/robots.txt"]
        row = desk.article("/away")
        assert (row["state"], row["host"], row["hops"]) == ("refused", "other.example", 1)

    def test_a_redirect_is_followed(self, desk: ReadingDesk) -> None:
        desk.answers["/away"] = redirect(desk.url("/mine", "other.example"), 301)
        desk.bring("/away")
        desk.fetch()
        row = desk.article("/away")
        assert (row["state"], row["url"]) == ("fetched", desk.url("/mine", "other.example"))

    @pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "[::1]", "169.254.169.254"])
    def test_a_redirect_inside_is_refused(self, desk: ReadingDesk, address: str) -> None:
        desk.answers["/away"] = redirect(f"http://{address}:{desk.server.port}/mine")
        desk.bring("/away")
        desk.fetch()
        row = desk.article("/away")
        assert (row["state"], row["text"]) == ("refused", "")
        assert "public" in row["why"] or "address" in row["why"]
        assert desk.asked == ["/robots.txt", "/away"]
        assert set(desk.wires.dialled) == {PUBLIC}

    def test_redirects_in_a_circle_end(self, desk: ReadingDesk) -> None:
        desk.answers["/a"] = redirect("/b")
        desk.answers["/b"] = redirect("/a")
        desk.bring("/a")
        desk.fetch()
        assert desk.asked == ["/robots.txt", "/a", "/b", "/a", "/b", "/a", "/b"]
        assert desk.article("/a")["why"] == "more than 5 redirects"

    def test_polls_and_articles_of_one_host_keep_the_pause_between_them(
        self, desk: ReadingDesk
    ) -> None:
        """By the server's own log: never two at a time, never two within the pause."""
        times = gaps(desk, Hosts(0.2))
        assert len(times) == 6  # two polls, robots.txt, a redirect, two pages
        assert min(b - a for a, b in itertools.pairwise(times)) >= 0.2

    def test_with_a_table_of_hosts_each_they_would_not(self, desk: ReadingDesk) -> None:
        times = gaps(desk, Hosts(0.2), shared=False)
        assert min(b - a for a, b in itertools.pairwise(times)) < 0.2

    def test_a_server_that_asks_for_a_pause_has_it_for_all_its_pages(
        self, desk: ReadingDesk
    ) -> None:
        desk.answers["/busy"] = reply(status=429, headers=[("Retry-After", "1800")])
        desk.bring("/busy")
        desk.bring("/mine", "/busy")
        desk.fetch()
        assert "/mine" not in desk.asked
        desk.now += timedelta(seconds=1801)
        desk.answers["/busy"] = html(DAM)
        desk.fetch()
        assert {"/mine", "/busy"} <= set(desk.asked)
        assert desk.article("/mine")["state"] == "fetched"


def gaps(desk: ReadingDesk, hosts: Hosts, *, shared: bool = True) -> list[float]:
    """When the server began to answer two polls and what two articles need, all of it due now."""
    times: list[float] = []
    desk.answers["/away"] = redirect("/mine")
    desk.bring("/away", "/dam")
    for path, answer in list(desk.answers.items()):
        desk.answers[path] = _timed(times, answer)

    async def poll(feed: StoredFeed) -> Any:
        async with desk.client() as client:
            await visit_once(client, desk.url("/feed"))

    async def due(*_: Any) -> list[StoredFeed]:
        feed = replace(desk.feed(), host="news.example")
        return [feed, replace(feed, id=99)] if not times else []

    async def both() -> None:
        poller = Poller(due=due, poll=poll, now=lambda: desk.now, host_gap=0.2)
        hosts = poller.hosts if shared else Hosts(0.2)
        async with desk.client() as client:
            it = desk.articles(client, hosts)
            await asyncio.gather(poller.round(), it.round(20))

    desk.answers["/feed"] = _timed(times, reply(b"<rss/>"))
    asyncio.run(both())
    return times


async def visit_once(client: Any, url: str) -> None:
    from feeds.visit import visit

    assert isinstance(await visit(client, url), Fetched)


def _timed(times: list[float], answer: Any) -> Any:
    def answered(_: Any) -> Any:
        times.append(time.monotonic())
        return answer

    return answered


class TestTrouble:
    @pytest.mark.parametrize(
        ("answer", "state", "why"),
        [
            (reply(status=404), "failed", "404 Not Found"),
            (reply(status=403), "failed", "403"),
            (reply(b"%PDF", headers=[("Content-Type", "application/pdf")]), "failed", "pdf"),
            (html(b"<html><p>Please subscribe.</p></html>"), "failed", "less than 100"),
            (endless(head(200), b"x" * 65536), "failed", "MiB"),
            (reply(b"x", headers=[("Content-Encoding", "br")]), "failed", "coding"),
            (drip_after(head(200)), "waiting", "not done after"),
            (reply(status=500), "waiting", "500"),
            (b"nonsense\r\n\r\n", "waiting", ""),
        ],
    )
    def test_the_item_is_as_it_was(
        self, desk: ReadingDesk, answer: Any, state: str, why: str
    ) -> None:
        desk.limits = Limits(total=0.4, wire_bytes=200_000)
        desk.answers["/odd"] = answer
        desk.bring("/odd", title="The mine")
        before = desk.rows("SELECT * FROM items"), desk.rows("SELECT * FROM mentions")
        desk.fetch()
        row = desk.article("/odd")
        assert (row["state"], row["attempts"]) == (state, 1)
        assert why in row["why"]
        assert row["why"]
        assert (desk.rows("SELECT * FROM items"), desk.rows("SELECT * FROM mentions")) == before
        assert desk.count("alerts") == 1

    def test_an_error_that_passes(self, desk: ReadingDesk) -> None:
        desk.answers["/mine"] = reply(status=502)
        desk.bring("/mine")
        desk.fetch()
        desk.fetch()  # not due
        assert desk.asked.count("/mine") == 1
        desk.answers["/mine"] = html(MINE)
        desk.now += timedelta(minutes=10)
        desk.fetch()
        row = desk.article("/mine")
        assert (row["state"], row["why"], desk.count("alerts")) == ("fetched", "", 1)

    def test_one_that_does_not_is_given_up_and_says_so(self, desk: ReadingDesk) -> None:
        desk.answers["/mine"] = reply(status=502)
        desk.bring("/mine")
        for _ in range(MOST_ATTEMPTS + 2):
            desk.fetch()
            desk.now += timedelta(days=1)
        row = desk.article("/mine")
        assert (row["state"], row["attempts"]) == ("failed", MOST_ATTEMPTS)
        assert desk.asked.count("/mine") == MOST_ATTEMPTS

    @pytest.mark.parametrize("reason", ["parse-timeout", "parse-crash"])
    def test_a_page_that_kills_its_reader(self, desk: ReadingDesk, reason: str) -> None:
        desk.read = failing(reason)
        desk.bring("/mine")
        for _ in range(MOST_ATTEMPTS):
            desk.fetch()
            desk.now += timedelta(days=1)
        assert desk.article("/mine")["state"] == "failed"
        assert desk.count("items") == 2

    def test_a_fault_of_ours_costs_one_article(
        self, desk: ReadingDesk, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def broken(*_: Any) -> None:
            raise ZeroDivisionError

        desk.read = broken
        desk.bring("/mine")
        desk.fetch()
        assert desk.article("/mine")["why"] == "ZeroDivisionError; see the log"
        assert "fault while fetching an article" in caplog.text

    def test_what_cannot_be_stored_stays_due(
        self, desk: ReadingDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any) -> None:
            raise StoreError("disk full")

        desk.bring("/mine")
        with monkeypatch.context() as patch:
            patch.setattr(articles, "write", full)
            assert desk.fetch() == []
        assert desk.article("/mine")["state"] == "waiting"
        desk.fetch()
        assert desk.article("/mine")["state"] == "fetched"

    def test_an_item_that_is_gone_meanwhile(self, desk: ReadingDesk) -> None:
        async def late(fetched: Fetched, feed: Any) -> Any:
            desk.forget()
            return await desk._read(fetched, feed)

        desk.read = late
        desk.bring("/mine")
        assert desk.fetch() == []
        assert (desk.count("items"), desk.count("mentions"), desk.count("articles")) == (0, 0, 0)


class TestQueue:
    def test_of_a_first_poll_only_the_newest(self, tmp_path: Path) -> None:
        desk = ReadingDesk(tmp_path)
        try:
            desk.poll(*(desk.entry_of(f"/{n}") for n in range(30, 0, -1)))
            rows = desk.rows(
                "SELECT a.state, i.url FROM articles AS a JOIN items AS i ON i.id = a.item "
                "WHERE a.state = 'skipped' ORDER BY a.id"
            )
            assert [r["url"] for r in rows] == [desk.url(f"/{n}") for n in range(1, 11)]
        finally:
            desk.close()

    def test_a_flood_is_bounded_and_the_newest_are_kept(
        self, desk: ReadingDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(articles, "WAITING_MOST", 3)
        desk.bring("/1", "/2")
        desk.bring("/3", "/4", "/5")
        rows = desk.rows("SELECT url, state, why FROM articles WHERE url <> '' ORDER BY id")
        states = {r["url"].rpartition("/")[2]: r["state"] for r in rows}
        assert states == {"1": "skipped", "2": "skipped"} | dict.fromkeys("345", "waiting")
        assert {r["why"] for r in rows if r["why"]} == {"more than 3 newer ones of the feed wait"}

    def test_no_link_and_one_link_for_all(self, desk: ReadingDesk) -> None:
        home = desk.url("/home")
        desk.poll(
            *(entry(n, f"News number {n} of today", url=home, guid=f"g{n}") for n in (5, 4)),
            entry(3, "Without", url=""),
        )
        rows = desk.rows("SELECT state, why FROM articles ORDER BY id")[1:]
        assert sorted((r["state"], r["why"]) for r in rows) == [
            ("skipped", "another item has the same link"),
            ("skipped", "the entry has no link"),
            ("waiting", ""),
        ]

    def test_each_host_has_its_turn(self, desk: ReadingDesk) -> None:
        desk.bring(*(f"/{n}" for n in range(5)))
        desk.poll(desk.entry_of("/far", url=desk.url("/far", "other.example")))
        found = articles.due(desk.store.db.conn, desk.now)
        assert [due.host for due in found] == ["news.example", "other.example"]

    def test_what_is_due_is_found_by_an_index(self, desk: ReadingDesk) -> None:
        plan = desk.rows(f"EXPLAIN QUERY PLAN {articles._DUE}", "")
        assert not [r for r in plan if r["detail"].startswith("SCAN") and " a" in r["detail"][4:7]]
        assert any("articles_waiting" in r["detail"] for r in plan)

    def test_a_clock_that_was_set_back_holds_nothing_up(self, desk: ReadingDesk) -> None:
        desk.bring("/mine")
        desk.store.shift_schedule(timedelta(hours=-5), now=desk.now - timedelta(hours=5))
        desk.now -= timedelta(hours=5)
        assert len(articles.due(desk.store.db.conn, desk.now)) == 1


class TestEvidence:
    def test_the_page_is_archived_and_stays_with_its_story(self, desk: ReadingDesk) -> None:
        folder = desk.folder / "evidence"
        archive = Archive(desk.store, folder, rotate=10**8, now=lambda: desk.now)
        desk.archive = archive
        desk.bring("/mine")
        desk.fetch()
        archive.close()
        row = desk.article("/mine")
        (evidence,) = desk.rows("SELECT * FROM evidence WHERE id = ?", row["evidence"])
        assert evidence["url"] == desk.url("/mine")
        assert evidence["bytes"] == len(MINE)
        (item,) = desk.rows("SELECT story FROM items WHERE id = ?", row["item"])
        assert row["evidence"] in desk.store.evidence_of([item["story"]])
        warc = next(folder.glob("*.warc.gz"))
        assert evidence["file"] == warc.name

    def test_without_evidence_there_is_none(self, desk: ReadingDesk) -> None:
        desk.bring("/mine")
        desk.fetch()
        assert desk.article("/mine")["evidence"] is None
