"""Sources and their gaps: what may have been missed is said, and nothing else is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from feeds.types import FeedError, FetchState, NotModified
from monitor.clock import iso
from monitor.store.desk import gaps, sources, weeks
from monitor.store.desk.types import Gap, GapsNow, SourceRow
from tests.support.learning import START, entry
from tests.support.newsroom import Newsroom, at

DOWN = FeedError(url="u", reason="timeout", message="no answer")
SAME = NotModified(url="u", state=FetchState(), http_status=304)


def fail(room: Newsroom, times: int = 1, by: str = "one") -> None:
    for _ in range(times):
        room.observe(DOWN, by)


def top(room: Newsroom, now: datetime | None = None) -> GapsNow:
    with room.reader() as conn:
        return sources.gaps_now(conn, now=now or room.now)


def row(room: Newsroom, name: str = "one") -> SourceRow:
    with room.reader() as conn:
        return next(r for r in sources.sources(conn, now=room.now) if r.name == name)


def told(room: Newsroom, name: str = "one") -> list[Gap]:
    with room.reader() as conn:
        page = sources.source(conn, room.feed(name).id, now=room.now)
    assert page
    return list(page.gaps)


def history(room: Newsroom, days: int = 14, a_day: int = 24, by: str = "one") -> None:
    """Items of the days before, so that what is usual is known."""
    conn = room.store.db.conn
    feed = room.feed(by).id
    conn.execute(
        "UPDATE feeds SET added_at = ? WHERE id = ?", (iso(START - timedelta(days=days)), feed)
    )
    story = conn.execute(
        "INSERT INTO stories (title, language, first_seen_at, last_seen_at, items, copies, origins) "
        "VALUES ('', 'en', '2026', '2026', 1, 0, 1)"
    ).lastrowid
    for number in range(days * a_day):
        seen = iso(START - timedelta(days=days) + number * timedelta(days=1) / a_day)
        conn.execute(
            "INSERT INTO items (feed, url, guid, title, text, language, author, published_raw, "
            "first_seen_at, story, relation, revisions, url_key, title_key, text_key, content_hash) "
            "VALUES (?, '', '', '', '', 'en', '', '', ?, ?, 'original', 0, '', '', '', '')",
            (feed, seen, story),
        )
    conn.commit()


@pytest.fixture
def room(room: Newsroom) -> Newsroom:
    """One source, to be looked at alone."""
    room.subscribe({"one": "wire"})
    return room


class TestTopLine:
    def test_all_is_well(self, room: Newsroom) -> None:
        room.say(1, "The mine")
        found = top(room)
        assert (found.sources, found.failing, found.with_gaps, found.gaps) == (1, 0, 0, ())
        assert found.last_poll_at == START

    def test_nothing_was_met_again(self, room: Newsroom) -> None:
        history(room)
        room.say(1, "The mine")
        room.now += timedelta(hours=5)
        room.again(entry(50), entry(51))
        (gap,) = top(room).gaps
        assert (gap.why, gap.start, gap.end) == ("no overlap", START, START + timedelta(hours=5.25))
        assert gap.about == 3  # 24 a day, of which two are there

    def test_it_fails_and_lasts(self, room: Newsroom) -> None:
        history(room)
        room.say(1, "The mine")
        fail(room, 3)
        found = top(room)
        (gap,) = found.gaps
        assert (gap.why, gap.start, gap.end) == ("failing", START, None)
        assert found.failing == 1
        assert "no answer" in gap.note

    @pytest.mark.parametrize("after", [entry(1, "The mine"), None])
    def test_a_failure_after_which_nothing_is_missing_is_no_gap(
        self, room: Newsroom, after: Any
    ) -> None:
        room.again(entry(1, "The mine"))
        fail(room, 3)
        if after:
            room.again(after, entry(2))
        else:
            room.observe(SAME)
        assert top(room).gaps == ()
        (gap,) = told(room)
        assert (gap.why, gap.about) == ("failing", 0)

    def test_a_failure_after_which_all_is_new_is_one_gap(self, room: Newsroom) -> None:
        room.again(entry(1, "The mine"))
        fail(room, 2)
        room.again(entry(50), entry(51))
        (gap,) = top(room).gaps
        assert (gap.why, gap.about) == ("no overlap", None)  # known too short to say how much
        assert (gap.start, gap.end) == (START, START + timedelta(minutes=45))

    def test_nobody_polls(self, room: Newsroom) -> None:
        room.say(1, "The mine")
        assert top(room, START + timedelta(minutes=50)).gaps == ()
        (gap,) = top(room, START + timedelta(hours=3)).gaps
        assert (gap.why, gap.start, gap.end) == ("not polled", START, None)

    def test_older_than_a_day(self, room: Newsroom) -> None:
        room.again(entry(1))
        room.again(entry(50))
        room.now += timedelta(days=1)
        room.again(entry(50))
        assert top(room).gaps == ()
        assert len(told(room)) == 1

    def test_a_source_that_left_the_lists(self, room: Newsroom) -> None:
        room.again(entry(1))
        fail(room, 3)
        room.subscribe({"two": "wire"})
        assert top(room, START + timedelta(hours=1)).gaps == ()


class TestShares:
    def shares(self, room: Newsroom, count: int = 3) -> tuple[float, ...]:
        with room.reader() as conn:
            feeds = [f for f in gaps.watched(conn).values() if f.subscribed]
            return gaps.shares(conn, feeds, weeks.last(count, room.now), now=room.now)

    def test_before_the_first_source_nothing_is_known(self, room: Newsroom) -> None:
        room.say(1, "The mine")
        assert self.shares(room) == (1.0, 1.0, 0.0)

    def test_failures_from_one_good_poll_to_the_next(self, room: Newsroom) -> None:
        room.say(1, "The mine")  # Saturday 06:00
        room.now = at("2026-11-21T12:00:00+00:00")
        room.again(entry(1, "The mine", url="https://one.example/1"))
        fail(room)
        room.now = at("2026-11-22T00:00:00+00:00")
        room.again(entry(1, "The mine", url="https://one.example/1"))
        room.now = at("2026-11-23T00:00:00+00:00")  # Monday: 42 hours of the week before
        room.again(entry(1, "The mine", url="https://one.example/1"))
        assert self.shares(room, 2) == (pytest.approx(12 / 42), 0.0)

    def test_over_the_end_of_a_week(self, room: Newsroom) -> None:
        room.say(1, "The mine")
        room.now = at("2026-11-22T12:00:00+00:00")
        room.again(entry(1, "The mine", url="https://one.example/1"))
        fail(room)
        room.now = at("2026-11-23T12:00:00+00:00")
        room.again(entry(1, "The mine", url="https://one.example/1"))
        room.now = at("2026-11-23T23:30:00+00:00")
        room.again(entry(1, "The mine", url="https://one.example/1"))
        room.now = at("2026-11-24T00:00:00+00:00")
        assert self.shares(room, 2) == (pytest.approx(12 / 42), pytest.approx(12 / 24))

    def test_of_several_sources(self, room: Newsroom) -> None:
        room.subscribe({"one": "wire", "two": "wire"})
        for name in ("one", "two"):
            room.observe(SAME, name)
        room.now = START + timedelta(hours=1)
        room.observe(SAME, "two")
        fail(room, by="two")
        room.now = START + timedelta(hours=1.5)
        room.observe(SAME, "one")
        room.now = START + timedelta(hours=2)
        room.observe(SAME, "two")
        room.now = START + timedelta(hours=2)
        assert self.shares(room, 1) == (pytest.approx(1 / 4),)


class TestPages:
    def test_row(self, room: Newsroom) -> None:
        room.say(1, "The mine")
        found = row(room)
        assert (found.health, found.advice, found.failures, found.kind) == ("ok", "", 0, "wire")
        assert (found.interval, found.pace) == (900, 900)
        assert len(found.weeks) == sources.WEEKS
        assert [w.items for w in found.weeks][-2:] == [0, 1]
        assert found.weeks[-1].start == date(2026, 11, 16)
        fail(room, 3)
        found = row(room)
        assert (found.health, found.failures) == ("unreachable", 3)
        assert "tried again by itself" in found.advice

    def test_trouble_stands_first(self, room: Newsroom) -> None:
        room.subscribe({"a": "wire", "b": "wire", "one": "wire"})
        fail(room, 3, by="b")
        room.subscribe({"a": "wire", "b": "wire"})
        with room.reader() as conn:
            assert [r.name for r in sources.sources(conn, now=room.now)][:2] == ["b", "a"]
            assert not sources.sources(conn, now=room.now)[-1].subscribed

    def test_ledger_page_by_page(self, room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sources, "LEDGER", 2)
        for number in range(1, 6):
            room.say(number, "The mine")
        seen, before = [], None
        with room.reader() as conn:
            for _ in range(3):
                page = sources.source(conn, room.feed().id, now=room.now, before=before)
                assert page
                seen.append([poll.id for poll in page.polls])
                before = page.next_poll
        assert seen == [[5, 4], [3, 2], [1]]
        assert before is None

    def test_no_such_source(self, room: Newsroom) -> None:
        with room.reader() as conn:
            assert sources.source(conn, 99, now=room.now) is None

    def test_precision_of_a_source(self, room: Newsroom) -> None:
        one, two, three = (room.say(n, f"The mine, number {n}") for n in (1, 2, 3))
        room.judge(one, "relevant")
        room.judge(two, "wrong tag", entity="mine")
        undone = room.judge(three, "wrong tag", entity="mine")
        room.judge(0, "undo", undoes=undone.id)
        found = row(room)
        assert (found.relevant, found.rejected, found.precision) == (1, 1, 0.5)
