"""Feeds that change: fresh ids, ids for many, texts that flap, edits in silence, items taken out."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from alerts.rules import Rule
from benchmarks.proof.row import Outcome, Row, Scale
from feeds.types import Entry
from monitor import judge
from monitor.judge import MOST_REVISIONS
from monitor.store import announced, record
from tests.support.learning import LearningDesk, entry
from tests.support.press import words

ITEMS = 100
NAMES = ("mine", "dam")


@contextmanager
def _desk(folder: Path) -> Iterator[LearningDesk]:
    """A rule a name; the first poll, which announces nothing, is over."""
    folder.mkdir()
    desk = LearningDesk(folder)
    rules = (Rule(name=n, entities=(n,), to=("desk",), most_an_hour=0) for n in NAMES)
    desk.desk = replace(desk.desk, rules=tuple(rules))
    desk.poll(entry(0, "The first of all"))
    try:
        yield desk
    finally:
        desk.close()


def _news(number: int, **other: object) -> Entry:
    title = f"The mine: {words(8, f'title {number}')}"
    return entry(number, title, words(40, f"text {number}"), **other)


# ── ids ──────────────────────────────────────────────────────────────────────────────────────────


def churn(scale: Scale, polls: int | None = None) -> Outcome:
    """New guids for the same items at every poll, with links and without; then one for all."""
    polls = polls or scale.of(500, 25)
    came: dict[str, tuple[int, int]] = {}
    for kind, fields in {"with links": {}, "without links": {"url": ""}}.items():
        with _desk(scale.folder / kind) as desk:
            for poll in range(polls):
                desk.poll(*(_news(n, guid=f"{n}-{poll}", **fields) for n in range(ITEMS, 0, -1)))
            came[kind] = (desk.count("items") - 1, desk.count("alerts"))
    with _desk(scale.folder / "one") as desk:
        for _ in range(3):
            desk.poll(*(_news(n, guid="the same") for n in range(10, 0, -1)))
        one = desk.count("items") - 1
    told = "; ".join(
        f"{kind}: {n:,} items, {alerts:,} alerts" for kind, (n, alerts) in came.items()
    )
    return Outcome(
        figure=f"{ITEMS} items under new guids at {polls} polls: {told}; 10 items under one: {one} items",
        held=one == 10 and all(pair == (ITEMS, ITEMS) for pair in came.values()),
    )


def churn_by_guid(scale: Scale) -> Outcome:
    """An entry is known by its guid and by nothing else."""
    probes = judge.probes

    def by_guid(entries: tuple[Entry, ...], *rest: Any) -> tuple[judge.Probe, ...]:
        return tuple(
            replace(probe, guid=probe.entry.guid, url_key="", title_key="", text_key="")
            for probe in probes(entries, *rest)
        )

    judge.probes = by_guid
    return churn(scale, polls=scale.of(40, 5))


# ── contents ─────────────────────────────────────────────────────────────────────────────────────

FLAPPING = 10


def flapping(scale: Scale) -> Outcome:
    """Two versions by turns; the second names a place more."""
    polls = scale.of(500, 60)
    with _desk(scale.folder / "flap") as desk:
        first = [_news(n) for n in range(FLAPPING, 0, -1)]
        second = [replace(one, text=f"{one.text} So does the dam.") for one in first]
        notes = [desk.poll(*(first, second)[n % 2]).row.note for n in range(polls)]
        alerts = desk.rows("SELECT rule, count(*) AS n FROM alerts GROUP BY rule")
        revisions = [
            row["n"] for row in desk.rows("SELECT count(*) AS n FROM revisions GROUP BY item")
        ]
        texts = {row["text"] for row in desk.rows("SELECT text FROM revisions")}
    kept = sum(one.text in texts for one in (*first, *second))
    told = {row["rule"]: row["n"] for row in alerts}
    most = max(revisions, default=0)
    flagged = sum(note.count("keeps changing") for note in notes)
    return Outcome(
        figure=(
            f"{FLAPPING} items flapping for {polls} polls: {told.get('mine', 0):,} and "
            f"{told.get('dam', 0):,} alerts of two names, at most {most} versions an item, "
            f"{kept} of {2 * FLAPPING} texts kept, said {flagged} times"
        ),
        held=told == {"mine": FLAPPING, "dam": FLAPPING} and most == MOST_REVISIONS
        and kept == 2 * FLAPPING and flagged == FLAPPING,
    )  # fmt: skip


def flapping_unbounded(scale: Scale) -> Outcome:
    """Each change is a version, and news."""
    numbers = itertools.count()
    judge.MOST_REVISIONS = 10**9
    announced.occasion_of = lambda *_: str(next(numbers))
    offer = judge.Offering.edit

    def edit(self: judge.Offering, one: Entry, item: object, mentions: object, *_: object) -> None:
        offer(self, one, item, mentions, frozenset(NAMES), frozenset())

    judge.Offering.edit = edit
    return flapping(scale)


def edits(scale: Scale) -> Outcome:
    """Each edited in silence, then taken out while older items still stand."""
    items = scale.of(200, 40)
    with _desk(scale.folder / "edit") as desk:
        older = [_news(n) for n in range(3, 0, -1)]
        first = [_news(n) for n in range(items + 10, 10, -1)]
        second = [replace(one, text=f"Nothing was said. {words(30, one.guid)}") for one in first]
        before = desk.now
        for document in (first, second, ()):
            desk.poll(*document, *older)
        kept = sum(_kept(desk, old, new) for old, new in zip(first, second, strict=True))
        took = (desk.now - before).total_seconds() / 60
    return Outcome(
        figure=(
            f"{items} items edited in silence, then taken out, within {took:.0f} minutes: of {kept} "
            "both texts and all times are kept"
        ),
        held=kept == items,
    )


def _kept(desk: LearningDesk, old: Entry, new: Entry) -> bool:
    """Whether all is there: both texts with their times, what changed, and when it was gone."""
    rows = desk.rows(
        "SELECT r.text, r.seen_at, r.change, a.gone_at, a.vanished FROM items AS i "
        "JOIN appearances AS a ON a.item = i.id JOIN revisions AS r ON r.item = i.id "
        "WHERE i.guid = ? ORDER BY r.number",
        old.guid,
    )
    if [row["text"] for row in rows] != [old.text, new.text]:
        return False
    first, second = rows
    in_order = first["seen_at"] < second["seen_at"] < (first["gone_at"] or "")
    return in_order and first["vanished"] == 1 and "text" in json.loads(second["change"])


def edits_overwritten(scale: Scale) -> Outcome:
    """The newest text is all there is."""
    versions = {
        "_FIRST_VERSION": "DELETE FROM revisions WHERE item = ?",
        "_NEXT_VERSION": (
            "INSERT INTO revisions (item, number, feed, seen_at, title, text, change, "
            "entities_added, entities_removed, evidence) SELECT ?, 1 + 0 * ?, ?, ?, ?, ?, ?, ?, ?, ?"
        ),
    }
    for name, statement in versions.items():
        setattr(record, name, statement)
    return edits(scale)


ROWS = (
    Row(
        name="churn",
        promise="an item whose guid changes at every poll is one item; ten under one guid are ten",
        run=churn,
        without="any key but the guid",
        twin=churn_by_guid,
    ),
    Row(
        name="flapping",
        promise=f"a text that flaps is told of once a name, and kept in {MOST_REVISIONS} versions",
        run=flapping,
        without="the limit of versions, and what was told before",
        twin=flapping_unbounded,
    ),
    Row(
        name="edits",
        promise="what was edited in silence and taken out is kept, old text and times",
        run=edits,
        without="versions: the newest text in place of the old",
        twin=edits_overwritten,
    ),
)
