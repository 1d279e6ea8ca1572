"""Articles out of web pages: what is taken, what is not, and what a hostile page may cost."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import feeds
from feeds.article import MEMORY, PAGE_CHARS, SHORTEST, Article, read_article
from feeds.text import TEXT_LIMIT
from feeds.types import Feed, FeedError, Fetched, FetchState, PageRules
from feeds.workers import ParserPool
from tests.support.hostile import ARTICLES
from tests.support.reading import SENTENCES, page

URL = "https://news.example/1"
FEED = Feed(url="https://news.example/feed")
HTML = {"content-type": "text/html"}


def read(body: bytes, headers: dict[str, str] = HTML, feed: Feed = FEED) -> Any:
    return read_article(body, headers, feed, URL)


def test_the_article_without_what_stands_round_it() -> None:
    found = read(page("The mine is near the river &amp; the road."))
    assert isinstance(found, Article)
    assert found.text.split("\n")[-1] == "The mine is near the river & the road."
    assert all(sentence in found.text for sentence in SENTENCES)
    assert not re.search("menu|rights reserved|<", found.text)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ko", "평양화력발전소는 오늘 생산을 늘였다고 로동신문이 전하였다. 설비를 정비하고 있다."),
        ("zh", "平壤火力发电厂今天提高了产量，并继续检修设备，报纸这样报道。工人们表示满意。"),
        ("ja", "平壌火力発電所は今日、生産を増やしたと新聞が伝えた。設備の点検も続いている。"),
        ("ru", "Пхеньянская ТЭС сегодня увеличила выработку, сообщает газета, и чинит котлы."),
    ],
)
def test_languages(language: str, words: str) -> None:
    body = f"<html><body><article>{''.join(f'<p>{n}. {words}</p>' for n in range(5))}</article>"
    found = read(body.encode(), feed=Feed(url=FEED.url, language=language))
    assert found.text == "\n".join(f"{n}. {words}" for n in range(5))


@pytest.mark.parametrize("declared", [True, False])
def test_an_old_encoding(declared: bool) -> None:
    words = "평양화력발전소는 오늘 생산을 늘였다고 로동신문이 전하였다. " * 4
    meta = '<meta charset="euc-kr">' if declared else ""
    body = f"<html><head>{meta}</head><body><article><p>{words}</p></article></body></html>"
    found = read(body.encode("cp949"), feed=Feed(url=FEED.url, language="ko"))
    assert found.text == words.strip()


def test_where_a_selector_says_it_stands() -> None:
    rules = PageRules(article_text="#says")
    body = f"<html><body><p>{'Elsewhere. ' * 30}</p><div id=says><p>One.</p><p>{'Two ' * 40}</p>"
    found = read(body.encode(), feed=Feed(url=FEED.url, page=rules))
    assert found.text == "One.\n" + ("Two " * 40).strip()
    short = b"<html><body><div id=says>Short, and all of it."
    assert read(short, feed=Feed(url=FEED.url, page=rules)).text == "Short, and all of it."
    nothing = read(page(), feed=Feed(url=FEED.url, page=rules))
    assert (nothing.reason, "article_text" in nothing.message) == ("no-article", True)


def test_a_text_is_cut_at_its_limit() -> None:
    body = "".join(f"<p>Paragraph {n} of a text that is very long indeed.</p>" for n in range(5000))
    found = read(f"<html><body><article>{body}</article></body></html>".encode())
    assert (len(found.text), found.cut) == (TEXT_LIMIT, True)


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (b"%PDF-1.7 ...", {"content-type": "application/pdf"}, "not-a-page"),
        (b'{"a": 1}', {"content-type": "application/json"}, "not-a-page"),
        (b"", {}, "not-a-page"),
        (b"", HTML, "no-article"),
        (b"<html><body><p>Please log in.</p></body></html>", HTML, "no-article"),
        (b"<html>" + b"a" * PAGE_CHARS, HTML, "too-large"),
    ],
)
def test_what_is_no_article(body: bytes, headers: dict[str, str], reason: str) -> None:
    found = read(body, headers)
    assert isinstance(found, FeedError)
    assert found.reason == reason


def test_a_page_without_a_type_is_known_by_its_start() -> None:
    assert isinstance(read(page(), {}), Article)


def test_controls_and_bidi_breaks_do_not_get_through() -> None:
    found = read(page("A \x00\x1b[31mred\u2028 line that is long enough to be kept in it."))
    assert all(c.isprintable() or c == "\n" for c in found.text)


def test_what_a_page_says_of_itself_is_no_markup_for_us() -> None:
    found = read(page("A tag such as &lt;script&gt;alert(1)&lt;/script&gt; is text on this page."))
    assert "<script>alert(1)</script>" in found.text  # text, to be escaped where it is shown


ENDS = {
    "nested": "no-article|parse",
    "slow": "parse-",
    "large": "too-large|parse-crash",
}


def test_hostile_pages_cost_a_deadline_and_no_more() -> None:
    """Each ends, and the page after it is read. One pool: it is what starts that takes time."""

    async def every() -> list[Any]:
        async with ParserPool(workers=1, deadline=2.5, memory=MEMORY) as pool:
            found = [
                await pool.read(read_article, _fetched(build()), FEED)
                for build in ARTICLES.values()
            ]
            pool._deadline = (
                60.0  # a new worker loads the extractor first, on a busy machine slowly
            )
            return [*found, await pool.read(read_article, _fetched(page()), FEED)]

    *bad, good = asyncio.run(every())
    for (name, reasons), found in zip(ENDS.items(), bad, strict=True):
        assert isinstance(found, FeedError), name
        assert re.match(reasons, found.reason), (name, found)
    assert isinstance(good, Article)


def _fetched(body: bytes) -> Fetched:
    return Fetched(url=URL, headers=dict(HTML), body=body, wire_bytes=len(body), state=FetchState())


def test_the_extractor_runs_in_the_worker_alone_and_asks_nobody() -> None:
    """30 MB and half a second that neither the daemon nor a command must pay. Its import and its
    work open no connection, start no process and write no file: Python itself is asked."""
    code = (
        "import sys, monitor.daemon, monitor.cli.main, feeds.article, feeds.robots\n"
        "from feeds.types import Feed\n"
        "from tests.support.reading import page\n"
        "early = [m for m in ('trafilatura', 'lxml', 'protego') if m in sys.modules]\n"
        "seen = []\n"
        "def hear(event, args):\n"
        "    writes = event == 'open' and isinstance(args[1], str) and set(args[1]) & set('wax+')\n"
        "    asks = ('socket.connect', 'socket.get', 'socket.send', 'subprocess', 'os.system')\n"
        "    if writes or event.startswith(asks):\n"
        "        seen.append((event, args[:2]))\n"
        "sys.dont_write_bytecode = True\n"
        "sys.addaudithook(hear)\n"
        "feeds.article.read_article(page(), {'content-type': 'text/html'}, Feed(url='u'), 'u')\n"
        "assert 'trafilatura' in sys.modules\n"
        "print(early, seen)"
    )
    root = Path(feeds.__file__).parents[1]
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert ran.stdout.strip() == b"[] []", ran.stdout


def test_the_least_that_is_an_article() -> None:
    assert len(SENTENCES[0]) + len(SENTENCES[1]) > SHORTEST
