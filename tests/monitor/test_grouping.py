"""Stories in the database: relations, counts, links, restarts, faults, and mending by hand."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feeds.types import Entry
from monitor.errors import StoreError
from monitor.store import Store, mending, proposals
from monitor.store.grouping import ROOM, room_for
from monitor.stories.window import MOST_ITEMS
from tests.support.learning import WATCHLIST, LearningDesk, entry
from tests.support.press import words
from tests.support.stores import ON_BOTH, place

FEEDS = ("one", "two", "three")
CLOSED = (
    "The works at Harrow Hill will close for eleven weeks while its kilns are relined, the manager "
    "said on Tuesday, and 1240 tonnes a day will have to come from elsewhere. Farmers asked for an "
    "early end of the repairs, since the building season begins in April and stores are low. "
)
FLOODED = (
    "Water stood six metres deep in the Norvale quarry on Sunday after a night of storm. Pumps were "
    "brought from the harbour, and two diggers that had been left on the floor were lost. "
)
SODDEN = (
    "The storm that broke trees along the coast filled the Norvale quarry to the second ledge. No one "
    "was at work. Its owner says that pumping will take until the end of the month. "
)
FERRY = (
    "A ferry service to Linden Island opened on Saturday with two new boats built at the Eastwick "
    "yard. Each of them carries 180 passengers and twelve cars, and the crossing takes half the time "
    "of the old mail boat, which goes to a museum after sixty years on the water. "
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LearningDesk]:
    desk = LearningDesk(tmp_path, feeds=FEEDS)
    yield desk
    desk.close()


def told(number: int, by: str, title: str, text: str, **other: Any) -> Entry:
    return entry(
        number, title, text, guid=f"{by}-{number}", url=f"https://{by}.example/{number}", **other
    )


def items(desk: LearningDesk) -> list[Mapping[str, Any]]:
    return desk.rows("SELECT id, story, relation, of_item, why FROM items ORDER BY id")


class TestRelations:
    def test_a_copy_under_another_headline(self, desk: LearningDesk) -> None:
        desk.poll(told(1, "one", "Works to close", CLOSED), name="one")
        desk.poll(told(2, "two", "Kilns go cold", f"(Reuters) - {CLOSED}"), name="two")
        copy = items(desk)[1]
        assert (copy["story"], copy["relation"], copy["of_item"]) == (1, "copy", 1)
        assert "the same" in copy["why"]

    def test_an_event_told_by_two(self, desk: LearningDesk) -> None:
        title = "Norvale quarry flooded after night of storm"
        desk.poll(told(1, "one", title, FLOODED), name="one")
        desk.poll(told(2, "two", "Storm night leaves Norvale quarry flooded", SODDEN), name="two")
        assert [i["relation"] for i in items(desk)] == ["original", "same_event"]
        story = desk.rows("SELECT items, copies, origins FROM stories")
        assert story == [{"items": 2, "copies": 0, "origins": 2}]

    def test_copies_of_one_wire_are_one_origin(self, desk: LearningDesk) -> None:
        for name in FEEDS:
            desk.poll(told(1, name, "Works to close", CLOSED), name=name)
        story = desk.rows("SELECT items, copies, origins FROM stories")
        assert story == [{"items": 3, "copies": 2, "origins": 1}]

    def test_within_one_document(self, desk: LearningDesk) -> None:
        desk.poll(*(told(n, "one", f"Headline number {n}", CLOSED) for n in range(3)),
                  told(9, "one", "Ferry", FERRY))  # fmt: skip
        assert {i["story"] for i in items(desk)} == {1, 2}
        assert [i["relation"] for i in items(desk)].count("copy") == 2
        assert all(i["of_item"] for i in items(desk) if i["relation"] == "copy")

    def test_lag_from_state_media_to_the_press(self, desk: LearningDesk) -> None:
        with desk.store.transaction() as db:
            db.execute("UPDATE feeds SET kind = 'state-media' WHERE name = 'one'")
        desk.poll(told(1, "one", "Works to close", CLOSED), name="one")
        desk.poll(told(1, "two", "Works to close", CLOSED), name="two")
        assert desk.rows("SELECT press_lag FROM stories") == [{"press_lag": 900}]

    def test_a_copy_that_names_what_was_named_alerts_nobody(self, desk: LearningDesk) -> None:
        desk.poll(entry(1), name="one")
        desk.poll(entry(1), name="two")
        desk.poll(told(2, "one", "The mine at Harrow", CLOSED), entry(1), name="one")
        desk.poll(told(2, "two", "Harrow's mine", CLOSED), entry(1), name="two")
        assert desk.count("alerts") == 1


class TestAcrossLanguages:
    def both(self, desk: LearningDesk, numbers: str) -> None:
        desk.poll(
            told(1, "one", "The mine and the dam", "The mine, 1240 tonnes, 64 MW"), name="one"
        )
        desk.poll(
            told(2, "two", "Шахта и плотина на реке (mine, dam)", f"Шахта mine дала {numbers}. Река.",
                 language="ru"), name="two",
        )  # fmt: skip

    def test_shared_entities_and_numbers_are_proposed(self, desk: LearningDesk) -> None:
        self.both(desk, "1240 тонн, 64 мегаватта")
        (link,) = desk.rows("SELECT * FROM links")
        assert (link["item"], link["story"], link["state"]) == (2, 1, "proposed")
        assert "1240" in link["why"]
        assert len({i["story"] for i in items(desk)}) == 2  # never merged by itself

    def test_confirmed_by_a_merge(self, desk: LearningDesk) -> None:
        self.both(desk, "1240 тонн")
        mending.merge(desk.store, 1, [2], note="the same", now=desk.now)
        assert desk.rows("SELECT state FROM links") == [{"state": "confirmed"}]

    def test_nothing_shared_is_not_proposed(self, desk: LearningDesk) -> None:
        desk.poll(told(1, "one", "The mine", "The mine opens."), name="one")
        desk.poll(told(2, "two", "Плотина: dam на реке открыта", "Вода."), name="two")
        assert desk.count("links") == 0

    @pytest.mark.parametrize(("newest", "grows"), [(30, False), (10**6, True)])
    def test_what_all_papers_name_is_no_dearer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newest: int, grows: bool
    ) -> None:
        monkeypatch.setattr(proposals, "NEWEST", newest)
        few, many = (self.steps_among(tmp_path / str(n), n) for n in (60, 240))
        assert (many > 1.3 * few) == grows

    def steps_among(self, folder: Path, many: int) -> int:
        """What SQLite takes for an item that names the mine, when so many others did."""
        folder.mkdir()
        with closing(LearningDesk(folder, feeds=FEEDS)) as desk:
            desk.poll(
                *(entry(n, f"The mine {words(6, str(n))}", words(60, str(n))) for n in range(many))
            )
            steps: list[None] = []
            desk.store.db.conn.set_progress_handler(lambda: steps.append(None), 10)
            desk.poll(told(1, "two", "Шахта mine на реке", "Вода.", language="ru"), name="two")
            return len(steps)


@ON_BOTH
class TestSameEveryTime:
    """Restarted at every poll, or never: the same stories."""

    def documents(self) -> list[tuple[str, tuple[Entry, ...]]]:
        chance = random.Random(5)
        texts = [" ".join(chance.choices(CLOSED.split() + FERRY.split(), k=80)) for _ in range(12)]
        found = []
        for poll in range(24):
            name = FEEDS[poll % 3]
            chosen = chance.sample(range(12), k=4)
            found.append(
                (
                    name,
                    tuple(
                        told(100 * poll + n, name, f"{texts[n][:50]} {poll}", texts[n])
                        for n in chosen
                    ),
                )
            )
        return found

    def outcome(self, folder: Path, *, restart: bool) -> list[Mapping[str, Any]]:
        folder.mkdir()
        desk = LearningDesk(folder, feeds=FEEDS)
        for name, document in self.documents():
            desk.poll(*document, name=name)
            if restart:
                desk.store.close()
                desk.store = Store(place(folder / "test.db"))
                desk.store.watch([WATCHLIST], now=desk.now)
        found = items(desk)
        desk.close()
        return found

    def test_restart(self, tmp_path: Path) -> None:
        running = self.outcome(tmp_path / "a", restart=False)
        assert running == self.outcome(tmp_path / "b", restart=True)
        assert {i["relation"] for i in running} >= {"original", "copy"}

    def test_a_write_that_failed_leaves_no_trace_in_memory(self, desk: LearningDesk) -> None:
        desk.poll(told(1, "one", "Ferry", FERRY))
        feed = desk.feed()
        record = desk.poll(told(2, "one", "Works", CLOSED), told(1, "one", "Ferry", FERRY))
        broken = replace(record, observation=replace(record.observation, feed=replace(feed, id=99)))
        with pytest.raises(Exception, match="constraint"):
            desk.store.record(broken)
        desk.poll(told(3, "two", "Kilns", CLOSED), name="two")
        assert items(desk)[-1]["of_item"] == 2

    def test_items_signed_by_another_engine_are_signed_anew(self, desk: LearningDesk) -> None:
        desk.poll(told(1, "one", "Works", CLOSED))
        with desk.store.transaction() as db:
            db.execute("UPDATE signatures SET engine = 'older', rows = ?", (b"\0",))
        desk.store._recent.drop()
        desk.poll(told(2, "two", "Kilns", CLOSED), name="two")
        assert items(desk)[1]["relation"] == "copy"


@ON_BOTH
class TestMending:
    def test_merged_stories_take_later_copies_of_both(self, desk: LearningDesk) -> None:
        desk.poll(told(1, "one", "Works", CLOSED), name="one")
        desk.poll(told(2, "two", "Ferry", FERRY), name="two")
        mending.merge(desk.store, 1, [2], note="one event", now=desk.now)
        desk.poll(told(3, "three", "Boats", FERRY), name="three")
        assert {i["story"] for i in items(desk)} == {1}
        assert desk.rows("SELECT items, merged_into FROM stories ORDER BY id") == [
            {"items": 3, "merged_into": None},
            {"items": 0, "merged_into": 1},
        ]
        assert desk.rows("SELECT kind, story, other, note FROM mends") == [
            {"kind": "merge", "story": 1, "other": 2, "note": "one event"}
        ]

    def test_split_items_take_their_copies_along_and_later_ones_too(
        self, desk: LearningDesk
    ) -> None:
        other = CLOSED.replace("eleven weeks", "twelve weeks").replace("Farmers", "Builders")
        desk.poll(told(1, "one", "Works", CLOSED), name="one")
        desk.poll(told(2, "two", "Kilns", other), name="two")
        desk.poll(told(3, "three", "Kilns", other), name="three")
        assert {i["story"] for i in items(desk)} == {1}
        (new,) = mending.split(desk.store, [2], note="another works", now=desk.now)
        desk.poll(
            told(4, "three", "Cold kilns", other), told(3, "three", "Kilns", other), name="three"
        )
        desk.poll(told(5, "two", "Cold works", CLOSED), told(2, "two", "Kilns", other), name="two")
        found = {i["id"]: i["story"] for i in items(desk)}
        assert found[1] == found[5] == 1
        assert found[2] == found[4] == new

    def test_the_first_item_split_off_leaves_its_story_an_heir(self, desk: LearningDesk) -> None:
        title = "Norvale quarry flooded after night of storm"
        desk.poll(told(1, "one", title, FLOODED), name="one")
        desk.poll(told(2, "two", "Storm night leaves Norvale quarry flooded", SODDEN), name="two")
        mending.split(desk.store, [1], note="", now=desk.now)
        assert [i["relation"] for i in items(desk)] == ["original", "original"]
        titles = desk.rows("SELECT title, items FROM stories ORDER BY id")
        assert titles[0] == {"title": "Storm night leaves Norvale quarry flooded", "items": 1}

    def test_what_was_announced_stays_announced(self, desk: LearningDesk) -> None:
        for name in ("one", "two"):
            desk.poll(entry(1), name=name)
        desk.poll(told(2, "one", "The mine", CLOSED), entry(1), name="one")
        desk.poll(told(3, "two", "A mine", FERRY), entry(1), name="two")
        stories = [r["story"] for r in desk.rows("SELECT story FROM alerts ORDER BY id")]
        mending.merge(desk.store, stories[0], [stories[1]], note="", now=desk.now)
        assert desk.rows("SELECT story FROM alerts") == [{"story": stories[0]}]

    @pytest.mark.parametrize(("story", "others"), [(9, [1]), (1, [9]), (1, [1])])
    def test_wrong_calls_change_nothing(
        self, desk: LearningDesk, story: int, others: list[int]
    ) -> None:
        desk.poll(told(1, "one", "Works", CLOSED))
        with pytest.raises(StoreError):
            mending.merge(desk.store, story, others, note="", now=desk.now)
        with pytest.raises(StoreError):
            mending.split(desk.store, [1], note="", now=desk.now)
        assert desk.count("mends") == 0


@pytest.mark.parametrize("items", [0, 1, ROOM - 1, ROOM, 3 * ROOM, MOST_ITEMS - 1, 9 * MOST_ITEMS])
def test_a_window_that_is_filled_has_room_at_once(items: int) -> None:
    room = room_for(items)
    assert room & (room - 1) == 0
    assert min(items, MOST_ITEMS) <= room < max(2 * min(items, MOST_ITEMS), ROOM) + 1
