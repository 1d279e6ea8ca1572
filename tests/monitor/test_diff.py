"""What another watchlist would change: the comparison, and `wirewatch watchlist diff`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress

from alerts.rules import Rule
from monitor.cli import waiting
from monitor.compare import EXAMPLES, Tally, difference
from monitor.store import Store, corpus
from monitor.stored import StoredItem
from monitor.types import Entity, Mention
from tests.support.collection import NEW, Collection
from tests.support.learning import entry


def mention(entity: str = "a", start: int = 0, **other: Any) -> Mention:
    fields = {
        "entity": entity,
        "name": entity,
        "surface": entity,
        "field": "text",
        "start": start,
        "end": start + 4,
        "state": "confirmed",
        "rule": "name",
    }
    return Mention(**{**fields, **other})


A, A_LATER, A_TITLE = mention(), mention(start=50), mention(field="title")
A_MAYBE = mention(state="candidate")
B = mention("b")

DIFFERENCES = [
    # before, after, gained, lost, moved
    ([], [], (), (), ()),
    ([A, B], [B, A], (), (), ()),
    ([], [A], (A,), (), ()),
    ([A], [], (), (A,), ()),
    ([A], [B], (B,), (A,), ()),
    ([A], [A, A_LATER], (A_LATER,), (), ()),
    ([A, A_LATER], [A], (), (A_LATER,), ()),
    ([A], [A_MAYBE], (), (), ((A, A_MAYBE),)),
    ([A], [A_TITLE], (), (), ((A, A_TITLE),)),
    ([A], [A_LATER], (), (), ((A, A_LATER),)),
    ([A], [mention(rule="list")], (), (), ((A, mention(rule="list")),)),
    # One that stays where it is goes with what stands there now, not with the first of the others.
    (
        [A, A_LATER],
        [A_TITLE, mention(start=52)],
        (),
        (),
        ((A_LATER, mention(start=52)), (A, A_TITLE)),
    ),
    ([A, B], [A_MAYBE, mention("c")], (mention("c"),), (B,), ((A, A_MAYBE),)),
]


@pytest.mark.parametrize(("before", "after", "gained", "lost", "moved"), DIFFERENCES)
def test_difference(
    before: list[Mention], after: list[Mention], gained: Any, lost: Any, moved: Any
) -> None:
    found = difference(before, after)
    assert (found.gained, found.lost, found.moved) == (gained, lost, moved)
    assert bool(found) == bool(gained or lost or moved)
    assert (set(before) - set(found.out)) | set(found.new) == set(after)


def item(number: int = 1, **other: Any) -> StoredItem:
    fields = {
        "id": number,
        "story": number,
        "relation": "original",
        "title": "A title",
        "text": "Some text that is long enough to hold what stands at fifty and later.",
        "language": "en",
        "url": "",
        "first_seen_at": "2026-11-21T06:00:00.000Z",
        "feed": 1,
        "source": "one",
        "source_url": "https://one.example/",
        "source_kind": "wire",
        "mentions": (),
    }
    return StoredItem(**{**fields, **other})


ENTITIES = {
    key: Entity(id=key, kind="facility", sector=sector, name=key.upper(), names=())
    for key, sector in (("a", "power"), ("b", "mining"), ("c", "mining"))
}
RULES = (Rule(name="all", to=("desk",)), Rule(name="mines", to=("desk",), sectors=("mining",)))


def tally(**other: Any) -> Tally:
    return Tally(rules=RULES, entities=ENTITIES, **other)


ALERTS = [
    # item, before, after, announced already, stories by rule
    (item(), [], [A], set(), {"all": 1}),
    (item(), [], [B], set(), {"all": 1, "mines": 1}),
    (item(), [A], [A, B], set(), {"mines": 1}),
    (item(), [B], [B, mention("c")], set(), {}),
    (item(), [A_MAYBE], [A], set(), {"all": 1}),
    (item(), [], [A_MAYBE], set(), {}),
    (item(), [A], [], set(), {}),
    (item(), [], [B], {("all", 1)}, {"mines": 1}),
    (item(), [], [A], {("all", 2)}, {"all": 1}),
    (item(relation="copy"), [], [A], set(), {}),
    (item(feed=2), [], [A], set(), {}),
]


class TestTally:
    def test_counts(self) -> None:
        total = tally()
        total.add(item(1), [], [A, B])
        total.add(item(2), [A], [A])
        total.add(item(3), [A], [A_MAYBE])
        assert (total.items, total.changed) == (3, 2)
        assert [total.count(kind) for kind in ("gained", "lost", "moved")] == [2, 0, 1]
        assert (total.by_entity["a"].gained, total.by_entity["a"].moved) == (1, 1)

    def test_few_examples_and_one_a_story(self) -> None:
        total = tally()
        for number in range(1, 9):
            total.add(item(number, story=number // 2), [], [A])
        shown = total.by_entity["a"].examples["gained"]
        assert [example.item for example in shown] == [1, 2, 4]
        assert len(shown) == EXAMPLES

    @pytest.mark.parametrize(
        ("after", "note"),
        [
            (A_MAYBE, "confirmed → candidate"),
            (A_TITLE, "text → title"),
            (mention(surface="A"), "a → A"),
            (mention(name="aa"), "a → aa"),
            (mention(rule="list"), "name → list"),
            (mention(start=2), "0-4 → 2-6"),
        ],
    )
    def test_says_what_moved(self, after: Mention, note: str) -> None:
        total = tally()
        total.add(item(), [A], [after])
        assert total.by_entity["a"].examples["moved"][0].note == note

    @pytest.mark.parametrize(("what", "before", "after", "announced", "expected"), ALERTS)
    def test_alerts(
        self, what: StoredItem, before: Any, after: Any, announced: Any, expected: Any
    ) -> None:
        total = tally(news_since={1: "2026-11-21T06:00:00.000Z", 2: "2026-11-21T06:00:00.001Z"})
        total.add(what, before, after, announced)
        assert dict(total.alerts) == expected


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    """Polled under OLD: what NEW would make of it stands beside each item."""
    made = Collection(tmp_path)
    made.poll(
        entry(1, text="The Dema Plant, before anything was news.")
    )  # baseline: gained, no alert
    made.poll(
        entry(1, text="The Dema Plant, before anything was news."),
        entry(2, text="The Arin Dam is full."),
    )
    made.poll(
        entry(3, text="Bolu Mine, somewhere."),  # candidate now: moved
        entry(4, text="Northland: Bolu Mine works."),  # its context is there: the same, rule aside
        entry(5, text="The Cedo Mill closed."),  # lost
        entry(6, text="The Dema Plant opened."),  # gained, announced by both rules
        entry(7, text="Arin Barrage and the Arin Dam."),  # gained; the story is announced already
        entry(8, text="Nothing at all."),
    )
    return made


def changes(found: Any) -> dict[str, tuple[int, int, int]]:
    return {e["entity"]: (e["gained"], e["lost"], e["moved"]) for e in found["entities"]}


EXPECTED = {
    "arin-dam": (1, 0, 0),
    "bolu-mine": (0, 0, 2),
    "cedo-mill": (0, 1, 0),
    "dema-plant": (2, 0, 0),
}


class TestCommand:
    @pytest.fixture
    def new(self, collection: Collection) -> str:
        (collection.folder / "new.toml").write_text(NEW)
        return str(collection.folder / "new.toml")

    def test_stored_against_a_list(self, collection: Collection, new: str) -> None:
        ran = collection.run("watchlist", "diff", "stored", new, "--json")
        assert ran.status == 0
        assert changes(ran.json) == EXPECTED
        assert (ran.json["items"], ran.json["changed"]) == (8, 6)
        assert ran.json["alerts"] == [
            {"rule": "chemistry", "stories": 1},
            {"rule": "everything", "stories": 1},
        ]

    def test_list_against_list(self, collection: Collection, new: str) -> None:
        old = str(collection.folder / "small.toml")
        found = collection.run("watchlist", "diff", old, new, "--json").json
        assert found == collection.run("watchlist", "diff", "stored", new, "--json").json
        back = collection.run("watchlist", "diff", new, old, "--json").json
        assert changes(back) == {
            e: (lost, gained, moved) for e, (gained, lost, moved) in EXPECTED.items()
        }

    def test_the_list_that_it_is_stored_under_changes_nothing(self, collection: Collection) -> None:
        ran = collection.run(
            "watchlist", "diff", "stored", str(collection.folder / "small.toml"), "--json"
        )
        assert (ran.json["changed"], ran.json["entities"], ran.json["alerts"]) == (0, [], [])

    def test_several_lists_as_one(self, collection: Collection, new: str) -> None:
        one, two = NEW.split('[[entity]]\nid = "bolu-mine"')
        for name, text in (
            ("a.toml", one),
            ("b.toml", 'name = "b"\n[[entity]]\nid = "bolu-mine"' + two),
        ):
            (collection.folder / name).write_text(text)
        both = f"{collection.folder}/a.toml,{collection.folder}/b.toml"
        found = collection.run("watchlist", "diff", "stored", both, "--json").json
        assert changes(found) == changes(
            collection.run("watchlist", "diff", "stored", new, "--json").json
        )

    def test_batches_make_no_difference(
        self, collection: Collection, new: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = collection.run("watchlist", "diff", "stored", new, "--json").json
        monkeypatch.setattr(corpus, "BATCH", 3)
        assert collection.run("watchlist", "diff", "stored", new, "--json").json == whole

    def test_since(self, collection: Collection, new: str) -> None:
        now = collection.now
        collection.now = now.replace(year=now.year + 1)
        collection.poll(entry(20, text="The Dema Plant again."))
        found = collection.run("watchlist", "diff", "stored", new, "--since", "90d", "--json").json
        assert (found["items"], changes(found)) == (1, {"dema-plant": (1, 0, 0)})
        assert (
            collection.run("watchlist", "diff", "stored", new, "--since", "60w", "--json").json[
                "items"
            ]
            == 9
        )

    def test_for_people(self, collection: Collection, new: str) -> None:
        out = collection.run("watchlist", "diff", "stored", new).out
        assert "+ The Dema Plant opened." in out
        assert "- The Cedo Mill closed." in out
        assert "confirmed → candidate" in out
        assert "8 items, 6 of them change: 3 mentions gained, 1 lost, 2 moved." in out
        assert "chemistry: 1, everything: 1" in out

    def test_only_reads_and_may_run_beside_the_daemon(
        self, collection: Collection, new: str
    ) -> None:
        before = (
            collection.rows("SELECT * FROM mentions"),
            collection.rows("SELECT * FROM watchlist_versions"),
        )
        with Store(collection.path):
            assert collection.run("watchlist", "diff", "stored", new).status == 0
        assert before == (
            collection.rows("SELECT * FROM mentions"),
            collection.rows("SELECT * FROM watchlist_versions"),
        )
        assert not list(collection.folder.glob("*.retag*"))

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ("stored", "stored", "nothing to compare"),
            ("none.toml", "stored", "none.toml"),
            ("stored", "nolist", "nolist"),
        ],
    )
    def test_wrong_calls(self, collection: Collection, old: str, new: str, says: str) -> None:
        ran = collection.run("watchlist", "diff", old, new)
        assert ran.status == 2
        assert says in ran.err

    def test_text_of_feeds_is_made_safe(self, collection: Collection, new: str) -> None:
        collection.poll(entry(30, text="The \x1b]0;title\x07Dema Plant\u202e."))
        out = collection.run("watchlist", "diff", "stored", new).out
        assert not {"\x1b", "\x07", "\u202e"} & set(out)


class TestBar:
    @pytest.mark.parametrize(("patience", "shown"), [(-1, True), (1e9, False)])
    def test_shown_only_after_a_while(
        self, monkeypatch: pytest.MonkeyPatch, patience: float, shown: bool
    ) -> None:
        out = io.StringIO()
        bar = Progress(console=Console(file=out, force_terminal=True))
        monkeypatch.setattr(waiting, "progress", lambda: bar)
        monkeypatch.setattr(waiting, "PATIENCE", patience)
        with waiting.waiting("counting", 3) as step:
            assert not bar.live.is_started
            step(1)
            assert bar.live.is_started is shown
        assert not bar.live.is_started
        assert ("counting" in out.getvalue()) is shown
