"""What the doctor says of feeds that are well, and of each thing that may be wrong with them."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from feeds.doctor import Diagnosis
from tests.support.checkups import INTERVAL, XML, checked, entry, rss
from tests.support.servers import HttpServer, Request, redirect, reply

DAYS = range(1, 7)
ALL = tuple(map(entry, DAYS))


def static(body: str | bytes, *headers: tuple[str, str]) -> Callable[[Request], bytes]:
    """A feed that never changes, of a server that knows about conditional requests."""
    data = body.encode() if isinstance(body, str) else body

    def route(request: Request) -> bytes:
        if request.headers.get("if-none-match") == '"1"':
            return reply(status=304)
        return reply(data, headers=[("ETag", '"1"'), *(headers or (XML,))])

    return route


def seen(route: Callable[[Request], bytes], **feed: object) -> Diagnosis:
    with HttpServer(route) as server:
        found = checked(server.url(), **feed)
    assert found.diagnosis, found
    assert found.requests == 2
    return found.diagnosis


def said(diagnosis: Diagnosis, topic: str) -> tuple[str, str]:
    """The worst level of a topic, and all the words of it."""
    found = [one for one in diagnosis.findings if one.topic == topic]
    levels = [one.level for one in found]
    worst = next(level for level in ("wrong", "note", "fine") if level in levels)
    return worst, "; ".join(one.words for one in found)


def test_a_good_feed_has_nothing_wrong() -> None:
    good = seen(static(rss(*ALL)))
    assert good.wrong == ()
    assert {one.topic: one.level for one in good.findings} == dict.fromkeys(
        ("format", "encoding", "dates", "ids", "requests", "window", "text", "language"), "fine"
    )
    assert (good.format, good.entries) == ("RSS 2.0", 6)
    feed = good.feed
    assert (feed.name, feed.language) == ("Bulletin", "ko")
    assert (feed.timezone, feed.encoding, feed.interval) == ("", "", None)
    assert "5 days" in said(good, "window")[1]


def of(**changed: str | None) -> str:
    return rss(*(entry(day, **changed) for day in DAYS))


KOREAN = rss(*ALL, encoding="euc-kr")
LATIN = {"title": "Power station news", "text": "More power is made. " * 40}
HOUR = rss(*(entry(n, date=f"09 Mar 2026 09:{n:02}:00 GMT") for n in range(6)))

# what is wrong → document, topic, level, some of the words
WRONG: dict[str, tuple[str | bytes, str, str, str]] = {
    "no entries": (rss(), "format", "wrong", "0 entries"),
    "not well-formed": (rss(*ALL).replace("</rss>", ""), "format", "note", "not well-formed"),
    "a lying encoding": (KOREAN.encode(), "encoding", "wrong", "euc-kr; in truth it is utf-8"),
    "an honest old encoding": (KOREAN.encode("cp949"), "encoding", "fine", "cp949"),
    "no encoding": (
        KOREAN.replace(' encoding="euc-kr"', "").encode("cp949"),
        "encoding",
        "wrong",
        "cp949 was guessed",
    ),
    "no dates": (of(date=None), "dates", "wrong", "no entry has one"),
    "one date missing": (rss(*ALL[1:], entry(9, date=None)), "dates", "wrong", "1 of 6"),
    "dates that are none": (of(date="yesterday"), "dates", "wrong", 'such as "yesterday"'),
    "no zone": (of(date="2026-03-09 09:00:00"), "dates", "wrong", "6 name no zone"),
    "an unknown zone": (of(date="9 Mar 2026 09:00:00 XQT"), "dates", "wrong", "name no zone"),
    "the future": (of(date="10 Mar 2026 13:00:00 GMT"), "dates", "wrong", "6 are in the future"),
    "a clock that is a bit fast": (of(date="10 Mar 2026 12:05 GMT"), "dates", "note", "are the same"),
    "long ago": (of(date="10 Mar 2025 12:00 GMT"), "dates", "note", "365 days old"),
    "no ids": (of(guid=None), "ids", "note", "6 entries have none"),
    "no ids nor links": (of(guid=None, link=None), "ids", "wrong", "neither id nor link"),
    "one id for all": (of(guid="same"), "ids", "wrong", "5 entries repeat"),
    "places for ids": (rss(*(entry(n, guid=str(n)) for n in DAYS)), "ids", "wrong", "they count"),
    "a short window": (HOUR, "window", "wrong", "span 5 minutes; polled every 15 minutes"),
    "summaries": (of(text="전력생산을 늘이고있다…"), "text", "note", "summaries"),
    "headlines": (of(text=" "), "text", "note", "headlines alone"),
    "no language, letters that tell": (rss(*ALL, language=""), "language", "note", "it is ko"),
    "another language": (rss(*ALL, language="en-US"), "language", "wrong", "declares en; by its"),
    "no language": (rss(*(entry(n, **LATIN) for n in DAYS), language=""), "language", "wrong", "set"),
}  # fmt: skip


@pytest.mark.parametrize(("document", "topic", "level", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(document: str | bytes, topic: str, level: str, words: str) -> None:
    found = said(seen(static(document)), topic)
    assert found[0] == level, found
    assert words in found[1]


def test_what_it_needs_is_advised() -> None:
    assert seen(static(of(date="2026-03-09 09:00:00"))).feed.timezone == "Asia/Seoul"
    assert seen(static(HOUR)).feed.interval == 60
    undeclared = KOREAN.replace(' encoding="euc-kr"', "").encode("cp949")
    assert seen(static(undeclared)).feed.encoding == "cp949"
    assert seen(static(rss(*ALL, language="en-US"))).feed.language == "ko"


def test_settings_that_are_there_count() -> None:
    zoneless = seen(static(of(date="2026-03-09 09:00:00")), timezone="Asia/Tokyo", name="Mine")
    assert said(zoneless, "dates")[0] == "note"
    assert (zoneless.feed.timezone, zoneless.feed.name) == ("Asia/Tokyo", "Mine")
    often = seen(static(HOUR), interval=60)
    assert said(often, "window")[0] == "fine"
    assert INTERVAL != 60


def test_a_server_that_ignores_what_it_is_asked() -> None:
    deaf = seen(lambda _: reply(rss(*ALL).encode(), headers=[("ETag", '"1"')]))
    assert said(deaf, "requests") == (
        "note",
        "it sends ETag, but no 304 when asked again: 10 KiB at every poll",
    )
    dumb = seen(lambda _: reply(rss(*ALL).encode()))
    assert "neither ETag nor Last-Modified" in said(dumb, "requests")[1]


def test_a_server_that_answers_once() -> None:
    answers = iter((reply(rss(*ALL).encode()), reply(status=429)))
    level, words = said(seen(lambda _: next(answers)), "requests")
    assert level == "wrong"
    assert "429" in words


def test_ids_that_change_between_two_requests() -> None:
    count = itertools.count()

    def route(_: Request) -> bytes:
        visit = next(count)
        return reply(rss(*(entry(day, guid=f"{visit}-{day}x") for day in DAYS)).encode())

    found = seen(route)
    assert said(found, "ids") == ("wrong", "not stable: 6 changed between two requests")
    assert "another one at every request" in said(found, "requests")[1]


def test_redirects() -> None:
    def to(status: int) -> Callable[[Request], bytes]:
        good = static(rss(*ALL))
        return lambda r: redirect("/new", status) if r.target == "/feed.xml" else good(r)

    moved = seen(to(301))
    assert said(moved, "address")[0] == "wrong"
    assert moved.feed.url.endswith("/new")
    lent = seen(to(302))
    assert said(lent, "address")[0] == "note"
    assert lent.feed.url.endswith("/feed.xml")


def test_a_hostile_title_becomes_a_plain_name() -> None:
    hostile = seen(static(rss(*ALL, title="a&#x9b;2J\u202egnp\u200b \n b" + "x" * 500)))
    assert hostile.feed.name.isprintable()
    assert len(hostile.feed.name) <= 100
    assert hostile.feed.name.startswith("a")


# path → answer, reason, some of the words
NONE: dict[str, tuple[bytes, str, str]] = {
    "a status": (reply(status=404), "http", "404"),
    "something else": (reply(b"\x89PNG\r\n"), "not-a-feed", "no feed"),
    "JSON": (reply(b'{"a": 1}'), "not-a-feed", "JSON"),
}


@pytest.mark.parametrize(("answer", "reason", "words"), NONE.values(), ids=NONE)
def test_what_is_no_feed_is_asked_for_once(answer: bytes, reason: str, words: str) -> None:
    with HttpServer(lambda _: answer) as server:
        found = checked(server.url())
    assert found.error
    assert (found.error.reason, found.requests) == (reason, 1)
    assert words in found.error.message


def test_a_private_address_is_refused() -> None:
    with HttpServer(static(rss(*ALL))) as server:
        found = checked(server.url(), private=False)
        assert server.requests == []
    assert found.error
    assert found.error.reason == "refused-address"
