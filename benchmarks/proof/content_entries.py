"""Documents with more in them than anybody reads: through the whole program, from a server."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.proof.row import Outcome, Row, Scale
from feeds.document import ENTRY_LIMIT
from feeds.text import TITLE_LIMIT
from tests.support import hostile
from tests.support.press import Press
from tests.support.program import Program
from tests.support.servers import reply

EMPTY, GOOD = 500_000, 20
LONG, LONGEST = 6_000_000, 10_000_000  # characters of a title: above what is kept, and fetched


def _documents() -> Iterator[tuple[str, bytes]]:
    named = "".join(f"<item><title>t{n}</title><guid>g{n}</guid></item>" for n in range(150_000))
    head = "".join(f"<item><title>Report {n}</title><guid>r{n}</guid></item>" for n in range(GOOD))
    yield "empty", hostile.rss(head + "<item/>" * (EMPTY - GOOD))
    yield "named", hostile.rss(named)
    yield "title", hostile.rss(f"<item><title>{'x' * LONG}</title><guid>1</guid></item>")
    yield "too long", hostile.rss(f"<item><title>{'x' * LONGEST}</title><guid>2</guid></item>")


def entries(scale: Scale, command: tuple[str, ...] = ()) -> Outcome:
    """Each document on a paper of its own; one round of polls."""
    documents = dict(_documents())
    with Press(len(documents)) as press:
        for paper, body in enumerate(documents.values()):
            press.odd[paper] = _squeezed(body)
        program = Program(scale.folder, **({"command": command} if command else {}))
        program.write(press.feeds)
        program.run("poll", "--all", status=None)
        rows = program.rows(
            "SELECT feed, count(*) AS n, max(length(title)) AS t FROM items GROUP BY 1"
        )
        ledger = program.rows("SELECT * FROM polls ORDER BY feed")
    stored = {row["feed"]: row for row in rows}
    said = dict(zip(documents, ledger, strict=True))
    return _judged({name: stored.get(n, {}) for n, name in enumerate(documents, 1)}, said)


def _squeezed(body: bytes) -> Callable[[object], bytes]:
    packed = gzip.compress(body)
    return lambda _: reply(packed, headers=[("Content-Encoding", "gzip")])


def _judged(stored: Mapping[str, Any], ledger: Mapping[str, Any]) -> Outcome:
    left = {name: json.loads(row["skipped_why"]) for name, row in ledger.items()}
    kept = {name: int(row.get("n", 0)) for name, row in stored.items()}
    counted = {name: sum(why.values()) for name, why in left.items()}
    title = stored["title"].get("t", 0)
    refused = ledger["too long"]["error"].partition(":")[0]
    held = (
        (kept["empty"], counted["empty"]) == (GOOD, EMPTY - GOOD)
        and (kept["named"], left["named"].get("over-limit")) == (ENTRY_LIMIT, 150_000 - ENTRY_LIMIT)
        and title == TITLE_LIMIT
        and refused == "too-large"
    )
    return Outcome(
        figure=(
            f"{EMPTY:,} entries: the {kept['empty']} good ones stored, {counted['empty']:,} counted "
            f"in the ledger; 150,000 good ones: {kept['named']:,} stored, {counted['named']:,} "
            f"counted; a title of {LONG // 10**6} MB: {title:,} characters stored; of "
            f"{LONGEST // 10**6} MB: {refused or 'not refused'}"
        ),
        held=held,
    )


ROWS = (
    Row(
        name="entries",
        promise="of what is too much, the limit is stored, and the rest counted in the ledger",
        run=entries,
        without="the limits of entries and titles",
        twin=lambda scale: entries(scale, ("-m", "tests.support.unbounded", "takes")),
        alone=True,  # a document of 5,000 entries takes most of its deadline
        short=False,  # tests/feeds/test_parse.py holds the limits
    ),
)
