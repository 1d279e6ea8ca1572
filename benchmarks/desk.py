"""What the desk's pages cost: every page function, on a database made by benchmarks.desk_data.

    python -m benchmarks.desk FILE [--rounds 20]

Median and 95th percentile in milliseconds of wall time, and the median of CPU time, which says
more on a machine that others use. Then what page 1,000 of a list costs against page 1.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from benchmarks.desk_data import END
from benchmarks.measure import table
from monitor.store import search
from monitor.store.desk import (
    entity,
    overview,
    queue,
    reviews,
    select,
    sources,
    story,
    watch,
)
from monitor.store.desk.types import Cursor, Filters

Page = Callable[[], object]

DEEP = 1_000  # the page that is compared with the first


def opened(path: Path) -> sqlite3.Connection:
    """A connection as the desk has one."""
    conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    search.add_function(conn)
    reviews.attach(conn, path.with_name(reviews.FILE))
    return conn


def pages(conn: sqlite3.Connection) -> Iterator[tuple[str, Page]]:
    """Every page function, as a desk asks for it."""
    top, rare = _entities(conn)
    word = _word(conn, top)
    lists = {
        "queue: new": Filters(),
        "queue: everything": Filters(state="all", named="any"),
        "queue: candidates": Filters(named="candidate"),
        "queue: most named entity": Filters(entity=top),
        "queue: rarely named entity": Filters(entity=rare),
        "queue: entity, language, kind": Filters(entity=top, language="ru", kind="wire"),
        "queue: first mentions": Filters(state="all", mark="first-mention"),
        "queue: names removed": Filters(state="all", mark="name-removed"),
        "queue: relevant": Filters(state="relevant"),
        "queue: wrong tag": Filters(state="wrong tag"),
        "queue: one feed": Filters(feed=7),
        "queue: important": Filters(sort="important"),
        f"search: {word}": Filters(words=word, state="all", named="any"),
        "search: a frequent word": Filters(words=_frequent(conn), state="all", named="any"),
        "search: a frequent word, wrong tags": Filters(words=_frequent(conn), state="wrong tag"),
        "search: nothing": Filters(words="qqqq zzzz", state="all"),
    }
    for name, filters in lists.items():
        yield name, lambda f=filters: queue.page(conn, f, now=END)  # type: ignore[misc]
    yield "counts", lambda: queue.counts(conn)
    longest = _longest(conn)
    yield "story", lambda: story.story(conn, longest)
    yield "entity: most named", lambda: entity.entity(conn, top, now=END)
    yield "entity: rarely named", lambda: entity.entity(conn, rare, now=END)
    yield "entities", lambda: entity.entities(conn)
    for days in (7, 84, 728):
        since = END - timedelta(days=days)
        yield (
            f"overview: {days} days",
            lambda s=since: overview.overview(conn, since=s, until=END, now=END),  # type: ignore[misc]
        )
    yield "sources", lambda: sources.sources(conn, now=END)
    yield "source", lambda: sources.source(conn, 3, now=END)
    yield "gaps of the moment", lambda: sources.gaps_now(conn, now=END)
    yield "watchlist: all names", lambda: watch.names(conn)
    yield "watchlist: flagged", lambda: watch.flagged(conn)


def deep(conn: sqlite3.Connection) -> Iterator[tuple[str, Page, Page]]:
    """Lists with their first page and one far down."""
    top, _ = _entities(conn)
    for name, filters in {
        "queue: new": Filters(),
        "queue: most named entity": Filters(entity=top, state="all"),
        "queue: sector, language": Filters(sector=_sector(conn), language="en", state="all"),
    }.items():
        above, far = _after(conn, filters, queue.PAGE * (DEEP - 1))
        yield _pair(conn, f"{name}, {above:,} above", filters, far)
    words = Filters(words=_frequent(conn), state="all", named="any")
    (item,) = conn.execute("SELECT max(id) / 2 FROM items").fetchone()
    yield _pair(conn, "search: half of the items above", words, Cursor(key="item", number=item))


def _after(conn: sqlite3.Connection, filters: Filters, count: int) -> tuple[int, Cursor]:
    """The place below so many stories, or below all but the last page."""
    plan, above, after = select.plan(conn, filters), 0, None
    while above < count:
        found = plan.find(conn, after=after, limit=count - above)
        if found.stories:
            above += len(found.stories)
            after = Cursor(key=found.stories[-1][0], number=found.stories[-1][1])
        if found.stopped is None and above < count:
            break
        after = found.stopped or after
    assert after
    return above, after


def _pair(
    conn: sqlite3.Connection, name: str, filters: Filters, far: Cursor
) -> tuple[str, Page, Page]:
    return (
        name,
        lambda: queue.page(conn, filters, now=END),
        lambda: queue.page(conn, filters, after=far, now=END),
    )


def _entities(conn: sqlite3.Connection) -> tuple[str, str]:
    rows = conn.execute(
        "SELECT value FROM story_facets WHERE facet = 'entity' GROUP BY value ORDER BY count(*) DESC"
    ).fetchall()
    return rows[0][0], rows[-1][0]


def _sector(conn: sqlite3.Connection) -> str:
    sql = (
        "SELECT value FROM story_facets WHERE facet = 'sector' GROUP BY value "
        "ORDER BY count(*) DESC LIMIT 1"
    )
    return str(conn.execute(sql).fetchone()[0])


def _word(conn: sqlite3.Connection, entity: str) -> str:
    """A Korean name of the entity: a phrase of frequent characters to the index."""
    sql = "SELECT text FROM names WHERE entity = ? ORDER BY language <> 'ko', id LIMIT 1"
    return str(conn.execute(sql, (entity,)).fetchone()[0])


def _frequent(conn: sqlite3.Connection) -> str:
    """The first word of the newest English title: the words are by Zipf's law."""
    sql = "SELECT title FROM stories WHERE language = 'en' ORDER BY id DESC LIMIT 200"
    words = [word for (title,) in conn.execute(sql) for word in title.split()]
    return max(set(words), key=words.count)


def _longest(conn: sqlite3.Connection) -> int:
    return int(conn.execute("SELECT id FROM stories ORDER BY items DESC LIMIT 1").fetchone()[0])


def measured(page: Page, rounds: int) -> tuple[float, float, float]:
    """Median and 95th percentile of wall time, and median of CPU time, in milliseconds."""
    walls, cpus = [], []
    page()
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        page()
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    walls.sort()
    return statistics.median(walls), walls[int(0.95 * (rounds - 1))], statistics.median(cpus)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    conn = opened(given.file)
    rows = [
        (name, *(f"{value:.0f}" for value in measured(page, given.rounds)))
        for name, page in pages(conn)
    ]
    print(table(("page", "median ms", "p95 ms", "CPU ms"), rows))
    ratios = []
    for name, first, far in deep(conn):
        one, other = measured(first, given.rounds), measured(far, given.rounds)
        ratios.append((name, f"{one[2]:.0f}", f"{other[2]:.0f}", f"{other[2] / one[2]:.2f}"))
    print()
    print(table(("list", "page 1, CPU ms", f"page {DEEP:,}", "ratio"), ratios))


if __name__ == "__main__":
    main()
