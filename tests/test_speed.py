"""The measuring of speed: what is changed between rounds, what is counted, and the page."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import growth
from benchmarks.editing import with_edit, with_new
from benchmarks.measure import Cost, run
from benchmarks.programs import OURS, READER, SOCKETS, Outcome
from benchmarks.rounds import EXPAT, FEEDPARSER, ROUNDS, STORE
from benchmarks.samples import Sample, invented
from benchmarks.speed_page import PAGE, page
from benchmarks.speed_rows import PARSERS, ROWS, Figures
from benchmarks.staged import STAGES, Watch, put_in
from feeds.parse import parse
from feeds.types import Feed, ParsedFeed

RSS = invented(0)
ATOM = Sample(
    body=b'<feed xmlns="http://www.w3.org/2005/Atom"><title>Mill</title><entry><title>One</title>'
    b'<link href="https://a.example/1"/><id>tag:one</id></entry></feed>',
    suffix=".atom",
)
JSON = Sample(
    body=b'{"version": "https://jsonfeed.org/version/1.1", "title": "Mill", "items": '
    b'[{"id": "1", "url": "https://a.example/1", "title": "One", "content_text": "Mill"}]}',
    suffix=".json",
)


def entries(sample: Sample) -> list[tuple[str, str]]:
    found = parse(sample.body, {}, Feed(url="https://a.example/feed"), "https://a.example/feed")
    assert isinstance(found, ParsedFeed)
    return [(entry.guid, entry.title) for entry in found.entries]


@pytest.mark.parametrize("sample", [RSS, ATOM, JSON], ids=lambda sample: sample.suffix)
def test_one_entry_more_and_one_edited(sample: Sample) -> None:
    before, more = entries(sample), entries(with_new(sample))
    assert more[1:] == before
    assert more[0][0] not in {guid for guid, _ in before}
    edited = entries(with_edit(sample))
    assert edited[1:] == before[1:]
    assert edited[0][0] == before[0][0]
    assert edited[0][1] != before[0][1]


@pytest.mark.parametrize("body", [b"no feed", b"\xff\xfe<\0i\0", b"<item>never ends"])
def test_a_document_without_an_entry_stays(body: bytes) -> None:
    for sample in (Sample(body=body, suffix=".xml"), Sample(body=body, suffix=".json")):
        assert with_new(sample) == with_edit(sample) == sample


def test_what_a_command_leaves_behind_counts() -> None:
    busy = "import time\nwhile time.process_time() < 0.5: pass"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {busy!r}])"
    assert run([sys.executable, "-c", code]).cpu > 0.5


def spend(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_the_time_of_a_stage_within_another_counts_once() -> None:
    watch = Watch()
    inner = watch.timed("inner", lambda: spend(0.06))

    def both() -> None:
        spend(0.01)
        inner()

    watch.timed("outer", both)()
    assert watch.stages["inner"] >= 0.06
    assert 0.01 <= watch.stages["outer"] < watch.stages["inner"]


def test_what_is_timed_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    for places in STAGES.values():
        assert all(put_in(place, lambda function: function) for place in places)
    assert not put_in("monitor.learning:nothing", lambda function: function)
    assert "monitor.learning:nothing is not there" in capsys.readouterr().err


def outcome(cpu: float, wall: float = 1.0, stages: Mapping[str, float] | None = None) -> Outcome:
    cost = Cost(wall=wall, cpu=cpu, memory=200.0, status=0, output="")
    return Outcome(
        cost=cost, feeds=2, items=4, stages=stages or {}, block=0.04, blocker="Poller._one"
    )


def figures(slower: float = 1.0) -> Figures:
    """What just holds everything; ours `slower` times as slow."""
    one = 1.0 * slower
    stages = {"record": one, "commit": 0.5 * one, PARSERS: one}
    runs = [
        {
            **{(OURS, name): outcome(one, one, stages) for name in ROUNDS},
            **{(READER, name): outcome(5.0 if name == "304" else 10.0, 4.0) for name in ROUNDS},
            **{(SOCKETS, name): outcome(0.25) for name in ROUNDS},
            **{(FEEDPARSER, name): outcome(20.0) for name in ("same", "new")},
            **{(EXPAT, name): outcome(0.4) for name in ("same", "new")},
            (STORE, "cold"): outcome(1.0),
        }
    ]
    return Figures(
        small_feeds=1_000, large_feeds=1_000, megabytes=1.0, stored=(10, 1_000), small=runs,
        large=runs, parsing=(20.0 / slower, 20.0 / slower), tagging=3.0 * slower,
        an_item=(1.0, 1.2 * slower), alerts=[2.0 * slower],
    )  # fmt: skip


UNTOUCHED = {"memory", "feeds", "loop"}  # by how slow it is here


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_holds_up_to_what_is_asked(row) -> None:
    assert all(map(row.holds, row.came(figures()).values))
    assert not row.holds(-1.0)  # nothing takes less than no time: it was measured wrongly
    if row.name not in UNTOUCHED:
        assert not any(map(row.holds, row.came(figures(1.1)).values))


@pytest.mark.parametrize(("name", "most"), [("memory", 300.0), ("feeds", 1.2), ("loop", 50.0)])
def test_the_other_limits(name: str, most: float) -> None:
    row = next(row for row in ROWS if row.name == name)
    assert row.holds(most)
    assert not row.holds(most * 1.01)


def test_the_page_names_every_row() -> None:
    drawn = page(figures(1.1), ["sfeed"], 5)
    written = PAGE.read_text(encoding="utf-8")
    for text in (drawn, written):
        cells = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| `")]
        assert cells == [f"`{row.name}`" for row in ROWS]
    assert "Not installed here: sfeed." in drawn
    assert "✗" in drawn
    assert "✗" not in page(figures(), [], 5)


def test_only_new_items_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The databases have about as many items as asked, not just so many."""

    def make(file: Path, *, items: int, weeks: int) -> None:
        with closing(sqlite3.connect(file)) as db:
            db.execute("CREATE TABLE items (id)")
            db.executemany("INSERT INTO items VALUES (?)", [(n,) for n in range(items - 7)])
            db.commit()

    def one_round(_folder: Path, _own: Path, size: int, _urls: object) -> Outcome:
        cost = Cost(wall=1.0, cpu=2.5, memory=1.0, status=0, output="")
        return Outcome(cost=cost, feeds=1, items=size - 7 + 20, stages={"start": 0.5})

    monkeypatch.setattr(growth, "make", make)
    monkeypatch.setattr(growth, "_round", one_round)
    assert growth.an_item([RSS], (30, 300), 1) == [0.1, 0.1]


def test_the_longest_callback_is_named_while_polling() -> None:
    watch = Watch()

    def holds_up(_: object = None) -> None:
        time.sleep(0.05)

    handle = SimpleNamespace(_callback=holds_up)
    watch.callback(holds_up)(handle)
    assert watch.block == 0

    async def polls() -> None:
        watch.callback(holds_up)(handle)
        watch.callback(lambda _: None)(SimpleNamespace(_callback=spend))

    asyncio.run(watch.polling(polls)())
    assert watch.block >= 0.05
    assert "holds_up" in watch.blocker
    watch.block = 0.0  # what holds it up behind the round is nobody's poll
    watch.callback(holds_up)(handle)
    assert watch.block == 0
