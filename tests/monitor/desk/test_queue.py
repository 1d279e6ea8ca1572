"""Lists: what answers to the filters, in what order, page after page without loss or repetition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.store.desk import menus, queue, select, words
from monitor.store.desk.types import Cursor, Filters, QueuePage
from tests.support.learning import entry
from tests.support.newsroom import Newsroom

ALL = Filters(state="all", named="any")


def page(room: Newsroom, filters: Filters = ALL, **other: Any) -> QueuePage:
    with room.reader() as conn:
        return queue.page(conn, filters, now=room.now, **other)


def ids(found: QueuePage) -> list[int]:
    return [row.id for row in found.rows]


def walk(room: Newsroom, filters: Filters, limit: int = 2) -> list[int]:
    """The numbers of all pages, one after the other."""
    found, after = [], None
    for _ in range(100):
        one = page(room, filters, limit=limit, after=after)
        assert len(one.rows) <= limit
        found += ids(one)
        if one.next is None:
            return found
        after = Cursor.parse(str(one.next))
        assert after == one.next
    raise AssertionError("no end")


@pytest.fixture
def stories(room: Newsroom) -> dict[str, int]:
    """One of each sort, in the order of time."""
    return {
        "mine": room.say(1, "The mine opens"),
        "dam": room.say(
            2, "Плотина наполнена водой до самого верха: the dam is full", by="two", language="ru"
        ),
        "both": room.say(3, "The dam beside the mine", by="three"),
        "candidate": room.say(4, "The maybe-mine was seen", by="two"),
        "nothing": room.say(5, "The weather"),
    }


FILTERED: dict[str, tuple[dict[str, Any], str]] = {
    "everything": ({}, "candidate both dam mine"),
    "confirmed": ({"named": "confirmed"}, "both dam mine"),
    "candidates": ({"named": "candidate"}, "candidate"),
    "new": ({"state": "new"}, "candidate both dam mine"),
    "judged": ({"state": "judged"}, ""),
    "an entity": ({"entity": "mine"}, "candidate both mine"),
    "an entity for sure": ({"entity": "mine", "named": "confirmed"}, "both mine"),
    "an entity, perhaps": ({"entity": "mine", "named": "candidate"}, "candidate"),
    "an entity that nobody watches": ({"entity": "moon"}, ""),
    "a sector": ({"sector": "power"}, "both dam"),
    "a kind": ({"kind": "wire"}, "candidate dam"),
    "a language": ({"language": "ru"}, "dam"),
    "a feed": ({"feed": 3}, ""),  # numbered below
    "two of them": ({"sector": "power", "kind": "wire"}, "dam"),
    "three, of which none": ({"sector": "power", "kind": "wire", "language": "en"}, ""),
    "since": ({"since": "2026-11-21T06:15:00.000Z"}, "candidate both dam"),
    "until": ({"until": "2026-11-21T06:15:00.000Z"}, "mine"),
    "a day": ({"since": "2026-11-21", "until": "2026-11-22"}, "candidate both dam mine"),
    "another day": ({"until": "2026-11-21"}, ""),
    "first mentions": ({"mark": "first-mention"}, "dam mine"),
    "first mentions of a sector": ({"mark": "first-mention", "sector": "power"}, "dam"),
    "edited": ({"mark": "edited"}, ""),
    "words": ({"words": "dam"}, "both dam"),
    "all the words": ({"words": "dam full"}, "dam"),
    "words and a filter": ({"words": "dam", "sector": "mining"}, "both"),
    "words, first mentions": ({"words": "the", "mark": "first-mention"}, "dam mine"),
    "words of an unnamed story": ({"words": "weather"}, ""),
    "no word at all": ({"words": "?!"}, ""),
}


@pytest.mark.parametrize("case", FILTERED)
def test_filters(room: Newsroom, stories: dict[str, int], case: str) -> None:
    given, expected = FILTERED[case]
    filters = replace(ALL, **given)
    if given == {"feed": 3}:
        filters = replace(ALL, feed=room.feed("three").id)
        expected = "both"
    numbers = [stories[name] for name in expected.split()]
    assert ids(page(room, filters)) == numbers
    assert walk(room, filters, limit=1) == numbers


@pytest.mark.parametrize("case", FILTERED)
def test_the_same_when_another_facet_is_gone_through(
    room: Newsroom, stories: dict[str, int], case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which facet drives is a matter of speed alone; so is whether judged stories are few."""
    room.judge(stories["dam"], "relevant")
    given, _ = FILTERED[case]
    filters = [replace(ALL, **given), replace(ALL, **{**given, "state": "relevant"})]
    usual = [ids(page(room, f)) for f in filters]
    monkeypatch.setattr(select, "_rarest", lambda _conn, conditions, _values: conditions[-1])
    monkeypatch.setattr(select, "FEW", 0)
    assert [ids(page(room, f)) for f in filters] == usual


class TestPages:
    @pytest.fixture
    def many(self, room: Newsroom) -> list[int]:
        """Newest first; three at a time are seen in the same moment."""
        for number in range(4):
            batch = [
                entry(n, f"The mine of number {n}", url=f"https://one.example/{n}")
                for n in range(number * 3 + 1, number * 3 + 4)
            ]
            room.again(*batch)
        rows = room.rows("SELECT id FROM stories ORDER BY first_seen_at DESC, id DESC")
        return [row["id"] for row in rows]

    @pytest.mark.parametrize("limit", [1, 2, 5, 12, 50])
    @pytest.mark.parametrize("words", ["", "mine"])
    def test_together_they_are_the_list(
        self, room: Newsroom, many: list[int], limit: int, words: str
    ) -> None:
        assert walk(room, replace(ALL, words=words), limit) == many

    def test_a_story_that_comes_meanwhile_moves_no_page(
        self, room: Newsroom, many: list[int]
    ) -> None:
        first = page(room, limit=5)
        room.say(99, "The mine once more")
        assert ids(page(room, limit=5, after=first.next)) == many[5:10]

    def test_few_matches_among_many_are_found_step_by_step(
        self, room: Newsroom, many: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room.judge(many[-1], "relevant")
        room.judge(many[2], "relevant")
        monkeypatch.setattr(select, "SCAN", 5)
        monkeypatch.setattr(select, "FEW", 0)
        filters = replace(ALL, state="relevant")
        first = page(room, filters)
        assert (ids(first), first.next is not None, first.more) == ([many[2]], True, True)
        assert walk(room, filters) == [many[2], many[-1]]

    def test_words_in_many_items_are_found_step_by_step(
        self, room: Newsroom, many: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        room.judge(many[-1], "relevant")
        monkeypatch.setattr(words, "MOST", 4)
        monkeypatch.setattr(words, "BATCH", 2)
        filters = replace(ALL, state="relevant", words="mine")
        first = page(room, filters)
        assert (ids(first), first.next is not None, first.more) == ([], True, True)
        assert walk(room, filters) == [many[-1]]

    def test_counts_end_somewhere(
        self, room: Newsroom, many: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queue, "CAP", 5)
        for filters in (ALL, replace(ALL, words="mine"), replace(ALL, sort="important")):
            found = page(room, filters, limit=2)
            assert (found.stories, found.items, found.more) == (5, 5, True), filters
            assert all(c.count is None for menu in found.menus.values() for c in menu)
        with room.reader() as conn:
            assert queue.counts(conn).new == 5
            assert queue.counts(conn).more

    def test_a_story_stands_once_though_many_of_its_items_have_the_words(
        self, room: Newsroom
    ) -> None:
        text = "The dam, said engineers on Tuesday, would be relined within eleven weeks. " * 3
        room.say(1, "Works at the dam", text)
        room.say(2, "The dam is another matter altogether")
        room.say(3, "Works at the dam", text, by="two")
        room.say(4, "A dam that has nothing to do with them")
        room.say(5, "Works at the dam", text, by="three")
        filters = replace(ALL, words="dam")
        assert page(room, filters).rows[0].items == 3
        assert walk(room, filters, limit=1) == walk(room, filters, limit=50)
        assert len(walk(room, filters, limit=1)) == 3


class TestCursor:
    @pytest.mark.parametrize("text", ["", "~", "x", "x~", "~1", "x~-1", "x~1.5", "x~٣", "x~one"])
    def test_what_is_none_begins_at_the_top(self, text: str) -> None:
        assert Cursor.parse(text) is None

    @pytest.mark.parametrize("text", ["x~" + "9" * 400, "score:x~3", "item~3", "2026~1", "\0~1"])
    @pytest.mark.parametrize(
        "filters", [ALL, replace(ALL, words="mine"), replace(ALL, sort="important")]
    )
    def test_one_of_another_list_is_no_error(
        self, room: Newsroom, stories: dict[str, int], text: str, filters: Filters
    ) -> None:
        page(room, filters, after=Cursor.parse(text))


class TestImportance:
    def test_points(self, room: Newsroom) -> None:
        text = "The mine, said engineers on Tuesday, would be relined within eleven weeks. " * 3
        room.say(1, "The mine and the dam")  # first mentions: 3
        plain = room.say(2, "One more of the mine")  # 0
        both = room.say(3, "Works at the mine", text)  # state media and a wire: 2
        room.say(4, "Works at the mine", text, by="two")
        removed = room.say(5, "The mine closes", by="three")  # a name removed: 3
        room.again(entry(5, "The pit closes", url="https://three.example/5"), by="three")
        late = room.say(6, "Another of the mine")  # 0, newer
        filters = replace(ALL, sort="important")
        assert walk(room, filters, limit=1) == [removed, 1, both, late, plain]
        assert ids(page(room, filters)) == [removed, 1, both, late, plain]

    def test_origins_count_up_to_five(self, room: Newsroom) -> None:
        one, two = room.say(1, "The mine"), room.say(2, "The mine, and again")
        for story, origins in ((one, 9), (two, 6)):
            room.store.db.conn.execute(
                "UPDATE stories SET origins = ? WHERE id = ?", (origins, story)
            )
        room.store.db.conn.commit()
        with room.reader() as conn:
            assert dict(map(reversed, queue._scores(conn, [one, two]))) == {one: 8, two: 5}


class TestJudged:
    def test_states(self, room: Newsroom, stories: dict[str, int]) -> None:
        room.judge(stories["mine"], "relevant")
        room.judge(stories["dam"], "not relevant")
        room.judge(stories["both"], "note", note="hm")
        undone = room.judge(stories["candidate"], "follow up")
        room.judge(0, "undo", undoes=undone.id)
        found = {s: ids(page(room, replace(ALL, state=s))) for s in ("new", "relevant", "judged")}
        new, mine, dam = [stories["candidate"], stories["both"]], stories["mine"], stories["dam"]
        assert found == {"new": new, "relevant": [mine], "judged": [dam, mine]}
        assert ids(page(room, replace(ALL, state="new", words="dam"))) == [stories["both"]]

    def test_what_a_row_says(self, room: Newsroom, stories: dict[str, int]) -> None:
        made = room.judge(stories["mine"], "relevant", reviewer="lee")
        row = page(room, replace(ALL, entity="mine")).rows[-1]
        assert (row.state, row.reviewer, row.decision) == ("relevant", "lee", made.id)
        assert row.decided_at == room.now
        assert not row.changed_since

    def test_changed_since(self, room: Newsroom) -> None:
        story = room.say(1, "The mine opens")
        room.judge(story, "relevant")
        room.now += timedelta(minutes=1)
        room.again(entry(1, "The mine opens late", url="https://one.example/1"))
        assert page(room).rows[0].changed_since

    def test_counts(self, room: Newsroom, stories: dict[str, int]) -> None:
        room.judge(stories["mine"], "relevant")
        with room.reader() as conn:
            counts = queue.counts(conn)
        assert (counts.new, counts.more, counts.judged) == (2, False, {"relevant": 1})

    def test_an_empty_file_beside_is_no_error(
        self, room: Newsroom, stories: dict[str, int]
    ) -> None:
        room.reviews.touch()
        assert ids(page(room)) == [stories[n] for n in ("candidate", "both", "dam", "mine")]
        assert page(room, replace(ALL, state="judged")).rows == ()


def numbers(choices: Iterable[Any]) -> dict[str, int | None]:
    return {choice.value: choice.count for choice in choices}


class TestMenus:
    def test_numbers_of_what_is_left(self, room: Newsroom, stories: dict[str, int]) -> None:
        found = page(room, replace(ALL, named="confirmed")).menus
        assert numbers(found["sector"]) == {"mining": 2, "power": 2}
        assert numbers(found["entity"]) == {"dam": 2, "mine": 2}
        assert numbers(found["kind"]) == {"state-media": 1, "wire": 1, "analysis": 1}
        assert numbers(found["language"]) == {"en": 2, "ru": 1}
        assert numbers(found["mark"])["first-mention"] == 2
        assert numbers(found["state"])["all"] == 3
        assert [c.label for c in found["entity"]] == ["The dam", "The mine"]

    def test_a_chosen_filter_has_its_own_number_only(
        self, room: Newsroom, stories: dict[str, int]
    ) -> None:
        found = page(room, replace(ALL, named="confirmed", sector="power")).menus
        assert numbers(found["sector"]) == {"mining": None, "power": 2}
        assert numbers(found["entity"]) == {"dam": 2, "mine": 1}

    def test_candidates_where_they_are_shown(self, room: Newsroom, stories: dict[str, int]) -> None:
        assert numbers(page(room).menus["entity"]) == {"dam": 2, "mine": 3}
        shown = page(room, replace(ALL, named="candidate")).menus["entity"]
        assert numbers(shown) == {"mine": 1}

    def test_values_are_found_without_going_through_all(
        self, room: Newsroom, stories: dict[str, int]
    ) -> None:
        with room.reader() as conn:
            assert menus.values(conn, "language") == ["en", "ru"]
            assert menus.values(conn, "no such facet") == []


class TestRows:
    def test_words_round_the_names(self, room: Newsroom) -> None:
        filler = "and nothing else was said of it in the whole of that long day " * 6
        text = f"{filler}The dam near the mine was full; {filler}"
        room.say(1, "A report on the mine", text, by="two")
        row = page(room).rows[0]
        assert [row.title[s.start : s.end] for s in row.title_spans] == ["mine"]
        (excerpt,) = row.excerpts
        assert [excerpt.text[s.start : s.end] for s in excerpt.spans] == ["dam", "mine"]
        assert (excerpt.text[0], excerpt.text[-1], excerpt.field) == ("…", "…", "text")
        span = excerpt.spans[0]
        assert (span.entity, span.entity_name, span.sector) == ("dam", "The dam", "power")
        assert (span.alias, span.rule, span.watchlist, span.state) == (
            "dam", "test", "test", "confirmed")  # fmt: skip

    def test_names_far_from_each_other_have_an_excerpt_each(self, room: Newsroom) -> None:
        filler = "and nothing else was said of it in the whole of that long day " * 6
        room.say(1, "A report", f"The mine {filler} the dam {filler}")
        assert [[s.entity for s in e.spans] for e in page(room).rows[0].excerpts] == [
            ["mine"],
            ["dam"],
        ]

    def test_who_carries_it(self, room: Newsroom) -> None:
        text = "The mine, said engineers on Tuesday, would be relined within eleven weeks. " * 3
        for number, source in enumerate(("two", "one", "three"), 1):
            room.say(number, "Works at the mine", text, by=source)
        row = page(room).rows[0]
        assert (row.source, row.carriers) == ("two", ("one", "three"))
        assert (row.items, row.copies, row.source_kind) == (3, 2, "wire")

    def test_a_name_taken_out(self, room: Newsroom) -> None:
        room.say(1, "The mine by the dam")
        room.again(entry(1, "The pit by the dam", url="https://one.example/1"))
        row = page(room).rows[0]
        assert (row.names_removed, row.edited, row.title) == (
            ("The mine",),
            1,
            "The pit by the dam",
        )
        assert [e.id for e in row.entities] == ["dam", "mine"]

    def test_a_story_without_a_title(self, room: Newsroom) -> None:
        room.poll(entry(1, text="The mine opens").__class__(
            guid="g", url="https://one.example/7", title="", text="The mine opens"))  # fmt: skip
        row = page(room).rows[0]
        assert (row.title, row.title_spans) == ("The mine opens", ())
