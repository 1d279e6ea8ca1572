"""What may be said about a feed: the keys of a `[[feed]]` table and the values they take."""

from __future__ import annotations

import codecs
import re
import zoneinfo
from urllib.parse import urlsplit

from feeds.page_keys import read_rules
from feeds.site_adapters import adapter_rules
from feeds.tables import (
    Key,
    SettingError,
    Source,
    Table,
    choice,
    near,
    one_line,
    quote,
    span,
    switch,
    text,
)
from feeds.types import Feed

KINDS = (
    "analysis",
    "blog",
    "broadcaster",
    "government",
    "ngo",
    "other",
    "press",
    "specialist",
    "state-media",
    "un",
    "wire",
)
"""Kinds of source. Closed: rules and pages count by them."""

MAX_URL = 2048  # characters: what servers and proxies are sure to take
_DEFAULT_PORTS = {"http": 80, "https": 443}
_NOT_FOR_TEXT = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"}


def _url(value: object) -> str:
    url = one_line(MAX_URL)(value)
    if not re.match(r"https?://[^/?#]", url, re.IGNORECASE) or " " in url:
        raise SettingError("must begin with http:// or https:// and a host, and hold no space")
    try:
        parts = urlsplit(url)
        complete = parts.hostname and parts.port != 0
    except ValueError:
        complete = False
    if not complete:
        raise SettingError("must have a host, and a port from 1 to 65535 if any")
    if parts.username is not None or parts.password is not None:
        raise SettingError("must not hold a user name or password")
    return url


def _language(value: object) -> str:
    if isinstance(value, str) and re.fullmatch("[a-z]{2,3}", value):
        return value
    hint = ""
    if isinstance(value, str) and (tag := re.match("([A-Za-z]{2,3})(?:[-_]|$)", value)):
        hint = f"write {quote(tag[1].lower())}"
    raise SettingError('must be a two- or three-letter language code such as "ko" or "en"', hint)


def _timezone(value: object) -> str:
    name = value if isinstance(value, str) else ""
    try:
        return zoneinfo.ZoneInfo(name).key
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        hint = _nearest_zone(name)
        raise SettingError('must be an IANA time zone such as "Asia/Seoul"', hint) from None


def _nearest_zone(name: str) -> str:
    """By the city, which is what people remember."""
    zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone)
    cities = {zone.rpartition("/")[2]: zone for zone in zones}
    close = near(name.rpartition("/")[2], cities, likeness=0.8)
    return f"did you mean {quote(cities[close[0]])}?" if close else ""


def _encoding(value: object) -> str:
    rule = 'must be a text encoding such as "euc-kr" or "utf-8"'
    if not isinstance(value, str):
        raise SettingError(rule)
    try:
        name = codecs.lookup(value).name
        b"a".decode(name, "replace")  # refuses codecs from bytes to bytes, such as hex
    except (LookupError, ValueError):
        raise SettingError(rule) from None
    if name.replace("_", "-") in _NOT_FOR_TEXT:
        raise SettingError(rule)
    return value


def _folder(value: object) -> str:
    path = text(value)
    if any(not name.strip() for name in path.split("/")):
        raise SettingError('must be names of folders with one "/" between two, as "Asia/Korea"')
    return path


interval = span(
    60, 7 * 86400, 'must be seconds, or text such as "15m", "2h" or "1d", from 60 seconds to 7 days'
)
"""Seconds between two polls of a feed. Under a minute is impolite, over a week misses items."""

FEED_KEYS = {
    "url": Key(read=_url, needed=True),
    "name": Key(read=text),
    "language": Key(read=_language),
    "kind": Key(read=choice(*KINDS)),
    "interval": Key(read=interval),
    "full_text": Key(read=switch),
    "timezone": Key(read=_timezone),
    "encoding": Key(read=_encoding),
    "folders": Key(read=_folder, many=True),
    "site": Key(read=_url),
    "adapter": Key(read=adapter_rules),
    "page": Key(read=lambda table: table),  # a table of its own: see `feed_from`
}
"""What a `[[feed]]` table may hold."""


def feed_from(source: Source, table: Table) -> Feed:
    """The feed that a table of a list describes, as far as it keeps the rules.

    What is wrong with the rules of its page is noted in the source.
    """
    known = table.known()
    bundled, own = known.pop("adapter", None), known.pop("page", None)
    if own is not None:
        where = (*table.where, "page")
        if bundled:
            source.wrong(where, "stands beside adapter, which brings its own rules; keep one")
        own = read_rules(source, own, where)
    return Feed(**known, page=bundled or own)


def feed_identity(url: str) -> str:
    """One spelling for the URLs of one feed: case of scheme and host, default port, fragment.

    RFC 3986 §6.2.2.1, §6.2.3. A path or query is never touched: servers tell those apart.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    if parts.port not in (None, _DEFAULT_PORTS.get(scheme)):
        host = f"{host}:{parts.port}"
    return parts._replace(scheme=scheme, netloc=host, path=parts.path or "/", fragment="").geturl()
