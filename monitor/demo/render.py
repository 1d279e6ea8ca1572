"""Write a demo feed as a publisher would: four formats, three encodings, and the usual mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from html import escape
from zoneinfo import ZoneInfo

from monitor.demo.items import DemoFeed, Item

CODECS = {"euc-kr": "cp949"}
"""Publishers that declare EUC-KR write its superset, as browsers read it (WHATWG Encoding §5)."""

ENTITIES = str.maketrans({"’": "&rsquo;", "“": "&ldquo;", "”": "&rdquo;"})
"""What an editor's software makes of typographic quotes before it escapes them again."""

STRAY = "\x0b"
"""A vertical tab, as word processors leave it behind. XML 1.0 §2.2 forbids it."""


def render(feed: DemoFeed, number: int, now: datetime) -> bytes:
    """The document that the feed's server sends in the given round, `now` being an aware time."""
    text = _WRITERS[feed.format](feed, feed.window(number), now)
    codec = CODECS.get(feed.encoding, feed.encoding)
    return text.encode(codec, errors="xmlcharrefreplace")


def published(feed: DemoFeed, item: Item, now: datetime) -> datetime:
    """When the item says that it was published, to the second, in the publisher's zone."""
    return (now - item.age).astimezone(ZoneInfo(feed.timezone)).replace(microsecond=0)


def _rss20(feed: DemoFeed, items: list[Item], now: datetime) -> str:
    base = f' xml:base="{feed.home}"' if feed.quirk == "relative-links" else ""
    entries = "\n".join(_rss_item(feed, item, now) for item in items)
    return (
        f'<?xml version="1.0" encoding="{feed.encoding}"?>\n'
        f'<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"{base}>\n<channel>\n'
        f"<title>{_plain(feed, feed.name)}</title>\n<link>{feed.home}</link>\n"
        f"<description>{_plain(feed, feed.about)}</description>\n"
        f"<language>{feed.language}</language>\n<ttl>30</ttl>\n{entries}\n</channel>\n</rss>\n"
    )


def _rss_item(feed: DemoFeed, item: Item, now: datetime) -> str:
    link = f"news/{item.key}" if feed.quirk == "relative-links" else feed.link(item)
    byline = f"<dc:creator>{_plain(feed, item.by)}</dc:creator>\n" if item.by else ""
    return (
        f"<item>\n<title>{_plain(feed, item.title)}</title>\n<link>{link}</link>\n"
        f'<guid isPermaLink="false">{feed.host}/{item.key}</guid>\n{byline}'
        f"<pubDate>{_rfc822(feed, item, now)}</pubDate>\n"
        f"<description>{_rss_body(feed, item)}</description>\n</item>"
    )


def _rss_body(feed: DemoFeed, item: Item) -> str:
    if feed.quirk == "malformed":
        return f"<br>{STRAY}".join(item.paragraphs)
    return f"<![CDATA[{_html(feed, item)}]]>"


def _rss10(feed: DemoFeed, items: list[Item], now: datetime) -> str:
    contents = "".join(f'<rdf:li rdf:resource="{feed.link(item)}"/>' for item in items)
    entries = "\n".join(_rdf_item(feed, item, now) for item in items)
    return (
        f'<?xml version="1.0" encoding="{feed.encoding}"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">\n'
        f'<channel rdf:about="{feed.home}">\n<title>{_plain(feed, feed.name)}</title>\n'
        f"<link>{feed.home}</link>\n<description>{_plain(feed, feed.about)}</description>\n"
        f"<dc:language>{feed.language}</dc:language>\n"
        f"<items><rdf:Seq>{contents}</rdf:Seq></items>\n</channel>\n{entries}\n</rdf:RDF>\n"
    )


def _rdf_item(feed: DemoFeed, item: Item, now: datetime) -> str:
    link = feed.link(item)
    return (
        f'<item rdf:about="{link}">\n<title>{_plain(feed, item.title)}</title>\n'
        f"<link>{link}</link>\n<dc:date>{_iso8601(feed, item, now)}</dc:date>\n"
        f"<description>{_plain(feed, item.paragraphs[0])}</description>\n"
        f"<content:encoded><![CDATA[{_html(feed, item)}]]></content:encoded>\n</item>"
    )


def _atom10(feed: DemoFeed, items: list[Item], now: datetime) -> str:
    entries = "\n".join(_atom_entry(feed, item, now) for item in items)
    return (
        f'<?xml version="1.0" encoding="{feed.encoding}"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{feed.language}">\n'
        f"<title>{_plain(feed, feed.name)}</title>\n"
        f"<subtitle>{_plain(feed, feed.about)}</subtitle>\n"
        f'<link href="{feed.home}"/>\n<id>{feed.home}</id>\n'
        f"<updated>{_iso8601(feed, items[0], now)}</updated>\n{entries}\n</feed>\n"
    )


def _atom_entry(feed: DemoFeed, item: Item, now: datetime) -> str:
    time = _iso8601(feed, item, now)
    return (
        f'<entry>\n<title type="html">{escape(_markup(feed, item.title))}</title>\n'
        f'<link href="{feed.link(item)}"/>\n<id>tag:{feed.host},2020:{item.key}</id>\n'
        f"<author><name>{_plain(feed, item.by or feed.name)}</name></author>\n"
        f"<published>{time}</published>\n<updated>{time}</updated>\n"
        f'<content type="html">{escape(_html(feed, item))}</content>\n</entry>'
    )


def _json11(feed: DemoFeed, items: list[Item], now: datetime) -> str:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.name,
        "description": feed.about,
        "home_page_url": feed.home,
        "language": feed.language,
        "items": [_json_item(feed, item, now) for item in items],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _json_item(feed: DemoFeed, item: Item, now: datetime) -> dict[str, object]:
    return {
        "id": f"{feed.host}/{item.key}",
        "url": feed.link(item),
        "title": item.title,
        "content_text": "\n\n".join(item.paragraphs),
        "date_published": _iso8601(feed, item, now),
        "authors": [{"name": item.by or feed.name}],
    }


def _plain(feed: DemoFeed, text: str) -> str:
    return text if feed.quirk == "malformed" else escape(text, quote=False)


def _html(feed: DemoFeed, item: Item) -> str:
    return "".join(f"<p>{_markup(feed, line)}</p>" for line in item.paragraphs)


def _markup(feed: DemoFeed, text: str) -> str:
    once = escape(text, quote=False)
    return escape(once.translate(ENTITIES)) if feed.quirk == "double-escaped" else once


def _rfc822(feed: DemoFeed, item: Item, now: datetime) -> str:
    time = published(feed, item, now)
    written = format_datetime(time)
    if feed.dates == "abbreviation":
        return f"{written.rpartition(' ')[0]} {time.tzname()}"
    return written


def _iso8601(feed: DemoFeed, item: Item, now: datetime) -> str:
    time = published(feed, item, now)
    return time.replace(tzinfo=None).isoformat() if feed.dates == "naive" else time.isoformat()


_WRITERS: dict[str, Callable[[DemoFeed, list[Item], datetime], str]] = {
    "rss20": _rss20,
    "rss10": _rss10,
    "atom10": _atom10,
    "json11": _json11,
}
