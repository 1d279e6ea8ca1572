"""The report: one page that stands alone, and the same as a mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser as Tree

from feeds.types import FeedError
from monitor.review import report
from tests.support.newsroom import Newsroom

HOSTILE = '<script>alert(1)</script><img src=x onerror=a()> "the" & more'
DAY = date(2026, 11, 21)


def made(room: Newsroom, first: date = DAY - timedelta(days=6), last: date = DAY) -> report.Report:
    since, until = report.days(first, last)
    with room.reader() as conn:
        return report.gather(conn, since=since, until=until, now=room.now)


def told(room: Newsroom) -> Tree:
    return Tree(report.html(made(room)))


def section(tree: Tree, name: str) -> str:
    found = tree.css_first(f"section[aria-labelledby={name}]")
    assert found is not None
    return " ".join(found.text(separator=" ").split())


def test_it_says_what_the_days_brought(room: Newsroom) -> None:
    room.again()
    room.say(1, "The mine opens a shaft", "Ore comes up at the mine again, workers said.")
    room.say(2, "The dam stands", "The dam was looked at by engineers in November.", by="two")
    tree = told(room)
    assert "The mine" in section(tree, "named")
    assert "The mine opens a shaft" in section(tree, "firsts")
    assert "The dam stands" in section(tree, "stories")
    assert "mining 1" in section(tree, "sectors")
    assert "2 stories named 2 entities" in tree.css_first(".lead").text()


def test_an_edit_that_took_a_name_out_is_told(room: Newsroom) -> None:
    room.again()
    room.say(1, "The mine opens a shaft", "Ore comes up at the mine again, workers said.")
    window = room.__dict__["window"]["one"]
    window[0] = replace(window[0], title="A shaft opens", text="Ore comes up again, workers said.")
    room.again(*window)
    assert "The mine out of A shaft opens" in section(told(room), "removed")


def test_what_may_have_been_missed_is_told(room: Newsroom) -> None:
    room.say(1, "The mine opens")
    room.now += timedelta(hours=1)
    down = FeedError(url=room.urls["two"], reason="timeout", message="no answer")
    for _ in range(3):
        room.observe(down, "two")
    room.now += timedelta(hours=3)
    assert "two" in section(told(room), "gaps")


def test_other_days_are_left_out(room: Newsroom) -> None:
    room.say(1, "The mine opens")
    early = made(room, date(2026, 1, 5), date(2026, 1, 11))
    assert (early.found.stories, early.stories) == (0, ())
    assert early.title == "Wirewatch, 5 Jan to 11 Jan 2026"
    assert "No story of these days" in report.html(early)


def test_it_asks_for_nothing_and_nothing_in_it_acts(room: Newsroom) -> None:
    room.say(1, f"{HOSTILE} the mine", f"{HOSTILE} the mine {HOSTILE}", url="javascript:alert(1)")
    page = report.html(made(room))
    tree = Tree(page)
    assert tree.css("script, img, link, iframe, object, [onerror], [onclick]") == []
    assert [a.attributes["href"] for a in tree.css("[href]")] == []
    assert "url(" not in page.replace("url(#", "")
    assert HOSTILE in tree.body.text()
    policy = tree.css_first("meta[http-equiv]").attributes["content"]
    assert policy.startswith("default-src 'none'")


def test_the_mail_says_the_same_and_brings_the_page(room: Newsroom) -> None:
    room.say(1, f"{HOSTILE} the mine", "Ore at the mine.")
    mail = report.mailing(made(room))
    assert "1 story" in mail.subject
    assert "\n" not in mail.subject
    assert "WHAT WAS NAMED\nThe mine: 1 story" in mail.text
    tree = Tree(mail.html)
    assert tree.css("script, img, svg, [onerror]") == []
    assert HOSTILE in tree.body.text()
    assert mail.page == report.html(made(room))
    assert mail.file == "wirewatch-2026-11-21.html"


@pytest.mark.parametrize(
    ("first", "last", "since", "until"),
    [
        (DAY, DAY, datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)),
        (date(2026, 12, 31), date(2027, 1, 1), datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_days_are_whole(first: date, last: date, since: datetime, until: datetime) -> None:
    assert report.days(first, last) == (since, until)
    assert report.last_day(until) == last


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/1", "https://a.example/1"),
        ("javascript:alert(1)", ""),
        (" data:text/html,x", ""),
        ("", ""),
    ],
)
def test_only_addresses_of_the_web_are_links(url: str, shown: str) -> None:
    assert report.web_address(url) == shown
