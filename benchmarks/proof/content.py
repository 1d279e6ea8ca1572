"""Hostile and muddled documents: what is read is right or said to be wrong, and costs nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from benchmarks.invented_encodings import Invented, feeds
from benchmarks.proof import content_bombs, content_change, content_entries, content_readers
from benchmarks.proof.content_reading import Reading, listed, with_reading
from benchmarks.proof.row import Outcome, Row, Scale
from feeds.parse import parse
from feeds.types import Feed, ParsedFeed
from monitor.clock import iso
from tests.support import hostile
from tests.support.dates import NO_DATES, READ
from tests.support.press import words

BESIDE = 29  # good entries round a poisonous one
GOOD = hostile.rss("".join(map(hostile.item, range(30))))

# ── poison ───────────────────────────────────────────────────────────────────────────────────────


def poison(scale: Scale, reader: Callable[..., Any] = parse) -> Outcome:
    """Each alone, then in the middle of good ones, on a feed of its own."""
    names = list(hostile.POISONED)

    async def use(reading: Reading) -> Outcome:
        survived = 0
        for place, (name, build) in enumerate(hostile.POISONED.items()):
            numbers = range(1_000 * place + 100, 1_000 * place + 100 + BESIDE)
            await reading.poll(name, build([]))
            await reading.poll(name, build(numbers))
            survived += await reading.survives(GOOD, 30)
        count = "SELECT count(*) AS n FROM items WHERE guid LIKE 'report-%'"
        stored = reading.desk.rows(count)[0]["n"]
        due = BESIDE * len(names)
        lost = f": {listed(reading.faults)}" if reading.faults else ""
        return Outcome(
            figure=(
                f"{len(names)} poisonous entries, each alone and among {BESIDE} good ones: "
                f"{survived} survived, {stored:,} of {due:,} good entries stored{lost}"
            ),
            held=survived == len(names) and stored == due and not reading.faults,
        )

    outcome: Outcome = with_reading(scale.folder, names, use, reader=reader)
    return outcome


# ── dates ────────────────────────────────────────────────────────────────────────────────────────

FUTURE = "Sun, 22 Nov 2093 04:35:05 +0000"
DATES: dict[str, str | None] = {
    **READ,
    **dict.fromkeys(NO_DATES),
    FUTURE: "2093-11-22T04:35:05+00:00",
    "Thu, 01 Jan 1970 00:00:00 GMT": "1970-01-01T00:00:00+00:00",
}


def _dated(raw: str, number: int) -> str:
    shown = raw.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f"<item><title>The mine {words(8, f'title {number}')}</title><guid>date-{number}</guid>"
        f"<description>{words(40, f'text {number}')}</description><pubDate>{shown}</pubDate></item>"
    )


def dates(scale: Scale, reader: Callable[..., Any] = parse) -> Outcome:
    """All of them in documents of one feed; each names what is watched."""

    async def use(reading: Reading) -> Outcome:
        for number, raw in enumerate(DATES):
            # A poll each, so that no entry is taken for another's copy.
            await reading.poll("one", hostile.rss(_dated(raw, number)))
        sql = (
            "SELECT guid, published_at, a.next_try_at, a.created_at FROM items "
            "LEFT JOIN alerts AS a ON a.item = items.id WHERE guid LIKE 'date-%'"
        )
        rows = {row["guid"]: row for row in reading.desk.rows(sql)}
        wrong = sum(
            guid not in rows or not _means(rows[guid]["published_at"], moment)
            for guid, moment in ((f"date-{n}", m) for n, m in enumerate(DATES.values()))
        )
        at_once = sum(row["next_try_at"] == row["created_at"] for row in rows.values())
        return Outcome(
            figure=(
                f"{len(DATES)} dates: {wrong} read wrongly or lost, {reading.faults.total()} "
                f"exceptions, {at_once} alerts due at once"
            ),
            held=not wrong and not reading.faults and at_once == len(DATES),
        )

    outcome: Outcome = with_reading(scale.folder, ["one"], use, reader=reader)
    return outcome


def _means(stored: str | None, moment: str | None) -> bool:
    return stored == (iso(datetime.fromisoformat(moment)) if moment else None)


# ── encodings ────────────────────────────────────────────────────────────────────────────────────


def encodings(scale: Scale, reader: Callable[..., Any] = parse) -> Outcome:
    """Every language in all its encodings, declared in a score of ways."""
    documents = list(feeds(copies=4))

    async def use(reading: Reading) -> Outcome:
        right = flagged = silent = 0
        for document in documents:
            found = await reading.read(
                document.body, Feed(url="u"), content_type=document.content_type
            )
            if _is_right(found, document):
                right += 1
            elif isinstance(found, ParsedFeed) and not found.garbled and not found.malformed:
                silent += 1
            else:
                flagged += 1
        kinds = len({document.encoding for document in documents})
        ways = len({document.variant for document in documents})
        return Outcome(
            figure=(
                f"{len(documents):,} documents in {kinds} encodings, declared in {ways} ways, "
                f"right and wrong: {right:,} right, {flagged} wrong and said so, "
                f"{silent} wrong in silence"
            ),
            held=silent == 0 and right > 0.9 * len(documents),
        )

    outcome: Outcome = with_reading(scale.folder, [], use, reader=reader)
    return outcome


def _is_right(found: Any, document: Invented) -> bool:
    if not isinstance(found, ParsedFeed) or not found.entries:
        return False
    items = len(found.entries) + found.skipped.get("empty", 0)
    said = (found.title, items, found.entries[0].title)
    return said == (document.title, document.items, document.first)


ROWS = (
    Row(
        name="poison",
        promise="an entry that raises out of the parser costs no other entry",
        run=poison,
        without="mending the document first, and forgiving what the parser fails on",
        twin=lambda scale: poison(scale, content_readers.plain),
    ),
    *content_bombs.ROWS,
    *content_entries.ROWS,
    *content_change.ROWS,
    Row(
        name="dates",
        promise="every date is read right, or as none; none raises, none delays an alert",
        run=dates,
        without="reading dates here: feedparser's, by time.mktime",
        twin=lambda scale: dates(scale, content_readers.machine_dates),
    ),
    Row(
        name="encodings",
        promise="a text in a wrongly named encoding is right, or said to be wrong",
        run=encodings,
        without="judging the bytes: decoded as the server says",
        twin=lambda scale: encodings(scale, content_readers.servers_word),
        short=False,  # tests/feeds/test_charset.py reads the same documents
    ),
)
