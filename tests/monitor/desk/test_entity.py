"""An entity over time, the overview, and what is a burst or a silence."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from monitor.clock import iso
from monitor.store.desk import entity as desk
from monitor.store.desk import facets, overview, trends
from monitor.store.desk.types import EntityPage, Overview, Trend
from monitor.trends import HISTORY
from tests.support.learning import START, entry
from tests.support.newsroom import Newsroom

TODAY = START.date()


def page(room: Newsroom, slug: str = "mine", weeks: int = 4) -> EntityPage:
    with room.reader() as conn:
        found = desk.entity(conn, slug, now=room.now, weeks=weeks)
    assert found
    return found


def past(room: Newsroom, days: list[int], *, word: str = "mine", feed: str = "one") -> None:
    """Stories seen so many days ago, with mentions, and a poll of every day since the first."""
    conn = room.store.db.conn
    number = room.feed(feed).id
    stories = []
    for ago in days:
        seen = iso(START - timedelta(days=ago))
        story = conn.execute(
            "INSERT INTO stories (title, language, first_seen_at, last_seen_at, items, copies, "
            "origins) VALUES ('Old news', 'en', ?, ?, 1, 0, 1)",
            (seen, seen),
        ).lastrowid
        item = conn.execute(
            "INSERT INTO items (feed, url, guid, title, text, language, author, published_raw, "
            "first_seen_at, story, relation, revisions, url_key, title_key, text_key, content_hash) "
            "VALUES (?, '', '', ?, '', 'en', '', '', ?, ?, 'original', 0, '', '', '', '')",
            (number, word, seen, story),
        ).lastrowid
        conn.execute(
            'INSERT INTO mentions (item, entity, state, alias, surface, language, field, start, "end", '
            "snippet, rule, watchlist_version, found_at) "
            "VALUES (?, ?, 'confirmed', ?, ?, 'en', 'title', 0, 1, '', '', 1, ?)",
            (item, word, word, word, seen),
        )
        stories.append(story)
    facets.refresh(conn, stories)
    conn.execute(
        "UPDATE feeds SET added_at = ? WHERE id = ?",
        (iso(START - timedelta(days=max(days) + 1)), number),
    )
    conn.commit()


def polled(room: Newsroom, days: range, *, feed: str = "one", status: str = "ok") -> None:
    """A poll on each of these days ago, the oldest of them the baseline."""
    conn = room.store.db.conn
    for ago in days:
        conn.execute(
            "INSERT INTO polls (feed, started_at, seconds, status, bytes, seen, new, changed, "
            "unchanged, skipped, skipped_why, overlap, baseline, error, note) "
            "VALUES (?, ?, 0, ?, 0, 9, 0, 0, 9, 0, '{}', 9, ?, '', '')",
            (room.feed(feed).id, iso(START - timedelta(days=ago, hours=3)), status,
             int(ago == max(days))),
        )  # fmt: skip
    last = iso(START - timedelta(days=min(days), hours=3))
    good = "last_success_at = ?, failures = 0" if status == "ok" else "failures = 5"
    values = (last, last) if status == "ok" else (last,)
    conn.execute(f"UPDATE feeds SET last_poll_at = ?, {good} WHERE name = ?", (*values, feed))
    conn.commit()


class TestPage:
    def test_none(self, room: Newsroom) -> None:
        with room.reader() as conn:
            assert desk.entity(conn, "moon", now=room.now) is None

    def test_never_named(self, room: Newsroom) -> None:
        found = page(room)
        assert (found.line.stories, found.first_seen_at, found.last_seen_at) == (0, None, None)
        assert (found.a_month, found.month, found.trends) == (None, 0, ())
        assert [w.stories for w in found.weeks] == [0, 0, 0, 0]

    def test_weeks_by_kind(self, room: Newsroom) -> None:
        past(room, [14, 14, 13])
        room.say(1, "The mine")
        room.say(2, "The mine once more", by="two")
        room.say(3, "The maybe-mine")
        found = page(room)
        assert [w.start for w in found.weeks] == [
            date(2026, 10, 26), date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)]  # fmt: skip
        assert [dict(w.by_kind) for w in found.weeks] == [
            {}, {"state-media": 3}, {}, {"state-media": 1, "wire": 1}]  # fmt: skip
        assert (found.line.stories, found.line.candidates) == (5, 1)
        assert found.first_seen_at == START - timedelta(days=14)

    def test_hatched_by_the_gaps_of_its_own_sources(self, room: Newsroom) -> None:
        past(room, [14])
        polled(room, range(14, 6, -1))
        polled(room, range(6, 0, -1), status="error")
        whole = page(room).weeks
        assert whole[0].gap == 1  # watched from the 6th of November
        assert whole[1].gap == 0
        assert whole[3].gap > 0.9
        room.subscribe({"one": "state-media", "two": "wire", "four": "wire"})
        assert page(room).weeks == whole  # other sources never named it

    def test_a_usual_month(self, room: Newsroom) -> None:
        past(room, [3, 40, 50, 60, 70, 80, 90])
        found = page(room)
        assert found.month == 1
        assert found.a_month == pytest.approx(6 * 30 / 60)
        assert page(room, "dam").a_month is None

    def test_its_first_month_says_nothing_of_a_usual_one(self, room: Newsroom) -> None:
        past(room, [3, 50])
        assert page(room).a_month is None

    def test_neighbours(self, room: Newsroom) -> None:
        room.say(1, "The mine and the dam")
        room.say(2, "The mine")
        assert [(n.entity.id, n.stories) for n in page(room).neighbours] == [("dam", 1)]

    def test_names(self, room: Newsroom) -> None:
        room.say(1, "The mine")
        (name,) = page(room).names
        assert (name.text, name.confirmed, name.watched) == ("mine", 1, True)


class TestLists:
    def test_lines(self, room: Newsroom) -> None:
        past(room, [40, 3])
        with room.reader() as conn:
            lines = desk.entities(conn)
            assert [(line.entity.id, line.stories) for line in lines] == [("mine", 2), ("dam", 0)]
            since = START - timedelta(days=7)
            assert [e.stories for e in desk.entities(conn, sector="mining", since=since)] == [1]
            assert desk.entities(conn, place="nowhere") == ()
            until = START - timedelta(days=7)
            assert [e.stories for e in desk.entities(conn, sector="mining", until=until)] == [1]


def look(room: Newsroom, days: int = 14) -> Overview:
    since = room.now - timedelta(days=days)
    with room.reader() as conn:
        return overview.overview(conn, since=since, until=room.now, now=room.now)


class TestOverview:
    def test_sectors_by_weeks(self, room: Newsroom) -> None:
        past(room, [60, 12, 3])
        room.say(1, "The dam and the mine")
        room.say(2, "The maybe-dam")
        found = look(room)
        assert found.weeks == (date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16))
        assert [(s.sector, s.weeks, s.total) for s in found.sectors] == [
            ("mining", (0, 1, 2), 3), ("power", (0, 0, 1), 1)]  # fmt: skip
        assert found.stories == 3
        assert [e.entity.id for e in found.entities] == ["mine", "dam"]

    def test_first_mentions_are_first_ever(self, room: Newsroom) -> None:
        past(room, [60])
        story = room.say(1, "The dam and the mine")
        (first,) = look(room).first_mentions
        assert (first.entity.id, first.story, first.source) == ("dam", story, "one")

    def test_names_removed_count_by_the_edit(self, room: Newsroom) -> None:
        story = room.say(1, "The mine opens")
        room.now += timedelta(days=60)
        room.again(entry(1, "The pit opens", url="https://one.example/1"))
        found = look(room)
        (removed,) = found.removals
        assert ([e.id for e in removed.entities], removed.story) == (["mine"], story)
        assert (removed.title, removed.seen_at) == (
            "The pit opens",
            START + timedelta(days=60, minutes=15),
        )
        assert found.stories == 0

    def test_a_name_that_came_back_was_not_removed(self, room: Newsroom) -> None:
        for title in ("The mine opens", "The pit opens", "The mine opens again"):
            room.again(entry(1, title))
        assert look(room).removals == ()

    def test_gaps(self, room: Newsroom) -> None:
        room.say(1, "The mine")
        assert look(room).gaps == (1.0, 1.0, 0.0)


def trending(room: Newsroom) -> list[tuple[str, str]]:
    with room.reader() as conn:
        found: tuple[Trend, ...] = trends.trends(conn, now=room.now)
    return [(t.entity.id, t.relation) for t in found]


class TestTrends:
    def test_a_burst(self, room: Newsroom) -> None:
        past(room, [*range(20, 160, 20), *[0] * 6])
        polled(room, range(HISTORY, -1, -1))
        assert trending(room) == [("mine", "burst")]
        with room.reader() as conn:
            (found,) = trends.trends(conn, now=room.now, entity="mine")
            assert trends.trends(conn, now=room.now, entity="dam") == ()
        assert (found.since, found.stories) == (TODAY, 6)
        assert found.expected == pytest.approx(7.5 / HISTORY, rel=0.01)

    def test_a_silence(self, room: Newsroom) -> None:
        past(room, list(range(60, HISTORY, 5)))
        polled(room, range(HISTORY, -1, -1))
        assert trending(room) == [("mine", "silence")]
        (found,) = look(room).silences
        assert (found.since, found.days) == (TODAY - timedelta(days=60), 59)

    def test_silent_sources_are_no_silence(self, room: Newsroom) -> None:
        past(room, list(range(60, HISTORY, 5)))
        polled(room, range(HISTORY, 55, -1))
        polled(room, range(55, -1, -1), status="error")
        assert trending(room) == []

    def test_what_came_with_the_first_poll_is_no_burst(self, room: Newsroom) -> None:
        past(room, list(range(20, 160, 20)))
        polled(room, range(HISTORY, -1, -1))
        room.now = START + timedelta(hours=1)
        room.again(*[entry(n, f"The mine of number {n}") for n in range(8)], by="two")
        assert room.rows("SELECT baseline FROM polls ORDER BY id DESC LIMIT 1")[0]["baseline"] == 1
        assert trending(room) == []
        room.again(*[entry(n, f"The mine of number {n}") for n in range(20, 28)], by="one")
        assert trending(room) == [("mine", "burst")]

    def test_what_is_not_looked_into_is_none_of_both(
        self, room: Newsroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Leaving histories unread is a matter of speed: with all of them read the answer stays."""
        past(room, [*range(1, 100, 3), 0, 0, 0, 0])
        past(room, [*range(60), 0, 0], word="dam")
        polled(room, range(HISTORY, -1, -1))
        found = trending(room)
        monkeypatch.setattr(trends, "_may_be", lambda *_: True)
        sql = re.sub(r"AND \(\(SELECT.*", "", trends._STORIES, flags=re.DOTALL)
        monkeypatch.setattr(trends, "_STORIES", sql)
        assert trending(room) == found
        assert len(found) == 1
