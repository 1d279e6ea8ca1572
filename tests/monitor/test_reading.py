"""What parser processes read of texts beforehand changes nothing of what is stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from feeds.parse import parse
from feeds.types import Feed, PageRules, ParsedFeed
from monitor import reading
from monitor.entries import Study, studied
from monitor.reading import read_feed
from tests.support.learning import LearningDesk

URL = "https://one.example/feed"
FEED = Feed(url=URL)
LONG = "The mine at the river was opened on Monday after nine years of work, the agency said. " * 5
KOREAN = "평양화력발전소에서 새 설비가 가동을 시작하였다고 조선중앙통신이 보도하였다. " * 4


def item(number: int, title: str, text: str, more: str = "") -> str:
    return (
        f"<item><title>{title}</title><guid>g{number}</guid><description>{text}</description>"
        f"<link>https://one.example/{number}?utm_source=x</link>{more}</item>"
    )


def document(*items: str, language: str = "en") -> bytes:
    return (
        f"<rss version='2.0'><channel><title>One</title><language>{language}</language>"
        f"{''.join(items)}</channel></rss>"
    ).encode()


ROUNDS = (
    document(
        item(1, "The mine is open", LONG), item(2, "Dam to be built", "A dam, in short."),
        item(3, "발전소 소식", KOREAN), item(4, "", "No title, no date"),
    ),
    document(  # a copy, an edit, one that says another language, one with a date, one gone
        item(5, "The mine is open, agency says", LONG + "It is deep."),
        item(2, "Dam to be built", "A dam, in short, near the mine."),
        item(3, "발전소 소식", KOREAN), item(6, "Ein Damm", "Der Damm und die Mine sind da."),
        item(7, "Dam", LONG[::-1], "<pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate>"),
        language="de",
    ),
)  # fmt: skip


def stored(folder: Path, read: object) -> list[object]:
    """Every row of what was learnt."""
    folder.mkdir()
    desk = LearningDesk(folder)
    for body in ROUNDS:
        found = read(body, {}, FEED, URL)
        assert isinstance(found, ParsedFeed)
        desk.observe(found)
    tables = ("items", "appearances", "revisions", "mentions", "stories", "signatures", "alerts")
    rows = [[t, *desk.store.db.execute(f"SELECT * FROM {t} ORDER BY 1, 2")] for t in tables]
    desk.close()
    return rows


def test_the_same_is_stored(tmp_path: Path) -> None:
    plain = stored(tmp_path / "plain", parse)
    assert stored(tmp_path / "studied", read_feed) == plain
    assert all(len(rows) > 1 for rows in plain)


def test_another_study_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, honest = stored(tmp_path / "plain", parse), reading.study

    def careless(entry: object, _declared: str) -> Study:
        return honest(entry, "fr")

    monkeypatch.setattr(reading, "study", careless)
    assert stored(tmp_path / "studied", read_feed) != plain


@pytest.mark.parametrize(("texts", "done"), [(0, 999), (999, 500), (8_999, 100)])
def test_of_very_many_entries_the_first_are_studied(texts: int, done: int) -> None:
    body = document(*(item(n, "T", "x" * texts) for n in range(1_010)))
    found = read_feed(body, {}, FEED, URL)
    assert isinstance(found, ParsedFeed)
    known = [studied(entry) is not None for entry in found.entries]
    assert known == [True] * done + [False] * (1_010 - done)


def test_entries_of_list_pages_are_not_studied() -> None:
    page = b"<html><body><div class=a><a href='/1'>The mine is open</a></div></body></html>"
    feed = replace(FEED, page=PageRules(items="div.a", link="a@href", title="a"))
    found = read_feed(page, {}, feed, URL)
    assert isinstance(found, ParsedFeed)
    assert [(entry.title, studied(entry)) for entry in found.entries] == [
        ("The mine is open", None)
    ]
