"""Five hundred feeds, polled twice: what is known is never written again, and everything is counted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import count

from tests.support.press import Press, article, rss
from tests.support.program import Program
from tests.support.servers import Request, reply

PAPERS = 500
ARTICLES = 6
NO_VALIDATOR = range(0, PAPERS, 10)  # the same bytes every time, and no ETag
ALWAYS_NEW = range(5, PAPERS, 10)  # a time stamp in the document: other bytes, the same entries
CONTENT = (
    "items",
    "stories",
    "appearances",
    "revisions",
    "mentions",
    "alerts",
    "items_search_data",
)


def printed_on(press: Press) -> None:
    """Let some papers send no ETag, and others a new time stamp with each request."""
    edition = count()

    def plain(request: Request) -> bytes:
        articles = press.articles[number(request)]
        press.served += len(articles)
        return reply(rss(articles))

    def stamped(request: Request) -> bytes:
        articles = press.articles[number(request)]
        press.served += len(articles)
        return reply(rss(articles, title=f"Edition {next(edition)}"))

    press.odd |= dict.fromkeys(NO_VALIDATOR, plain) | dict.fromkeys(ALWAYS_NEW, stamped)


def number(request: Request) -> int:
    return int("".join(filter(str.isdigit, request.target)))


def contents(program: Program) -> Mapping[str, str]:
    """A fingerprint of every table that holds what was found."""
    return {
        table: hashlib.sha256(repr(program.rows(f"SELECT * FROM {table}")).encode()).hexdigest()
        for table in CONTENT
    }


def test_the_second_round_writes_only_that_it_was(program: Program) -> None:
    with Press(PAPERS) as press:
        program.write(press.feeds)
        printed_on(press)
        for paper in range(PAPERS):
            press.articles[paper] = tuple(article(n, paper=paper) for n in range(ARTICLES))
        first = program.run("poll", "--all", "--json").json
        assert first["polled"] == PAPERS
        assert first["new"] == program.count("items") == press.served == PAPERS * ARTICLES
        before, served = contents(program), press.served
        second = program.run("poll", "--all", "--json").json
        assert contents(program) == before
        by_status = {
            row["status"]: row["n"]
            for row in program.rows("SELECT status, count(*) AS n FROM polls GROUP BY status")
        }
        again = len(ALWAYS_NEW)
        assert by_status == {
            "ok": PAPERS + again,
            "unchanged": len(NO_VALIDATOR),
            "not-modified": press.not_modified,
        }
        assert press.not_modified == PAPERS - len(NO_VALIDATOR) - again
        assert second["new"] == second["changed"] == 0
        check_ledger(program, first_round=served, second_round=again * ARTICLES)


def check_ledger(program: Program, *, first_round: int, second_round: int) -> None:
    """Every entry that was sent is accounted for, in each poll and in each round."""
    wrong = "seen <> new + changed + unchanged + skipped"
    assert program.count("polls", wrong) == 0
    seen = program.rows("SELECT sum(seen) AS n FROM polls GROUP BY id > ? ORDER BY 1", PAPERS)
    assert sorted(row["n"] for row in seen) == sorted([first_round, second_round])
    baselines = program.rows("SELECT DISTINCT baseline FROM polls WHERE id <= ?", PAPERS)
    assert baselines == [{"baseline": 1}]
    assert program.count("polls", f"id > {PAPERS} AND status = 'ok' AND overlap <> seen") == 0


def test_people_are_shown_only_the_feeds_with_news(program: Program) -> None:
    """Of many feeds, those that brought something or failed: the rest would hide them."""
    with Press(30) as press:
        program.write(press.feeds)
        program.run("poll", "--all")
        press.articles[7] = (article(1, paper=7),)
        press.odd[9] = lambda _request: reply(b"<html>moved house</html>")
        out = program.run("poll", "--all", status=1).out
    rows = [line for line in out.splitlines() if " ok " in line or " error " in line]
    assert len(rows) == 2, out
