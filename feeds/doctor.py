"""What is to be said of a feed, in plain words, and the settings that it needs. Pure.

Publishers lie about encodings, leave zones out of dates and give all entries one id. Most of it is
got over elsewhere (feeds.charset, feeds.dates, monitor.identity); here it is said, and what nobody
but the analyst can know, such as the zone, is guessed and asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

from feeds.charset import codec_name, labels
from feeds.discover import page_labels
from feeds.doctor_dates import Dates, date_findings, dates_of, zone_guess
from feeds.feed_keys import FEED_KEYS
from feeds.findings import Finding, fine, note, wrong
from feeds.mojibake import garbled_note
from feeds.site_adapters import adapters
from feeds.tables import SettingError
from feeds.text import one_line
from feeds.types import Feed, FeedError, Fetched, NotModified, PageRules, ParsedFeed

if TYPE_CHECKING:
    from collections.abc import Sequence

LanguageOf = Callable[[str, str], str]
"""(text, declared language) → the language that it is written in; what is declared, if unsure."""

NAME_CHARS = 100  # of a feed's title: a list shows it on every line
SUMMARY = 500  # characters: an article is longer, a teaser shorter
SUMMARY_WIDE = 200  # the same in Korean, Chinese and Japanese, which take two fifths of the letters
_WIDE = {"ko", "zh", "ja"}
_TEASED = ("…", "...", "[…]", "[...]")
_FEW = 5  # entries of which nothing can be concluded by counting
_LANGUAGE_SAMPLE = 50  # entries
_FORMATS = {
    "atom03": "Atom 0.3", "atom10": "Atom 1.0", "json": "JSON Feed", "json10": "JSON Feed 1.0",
    "json11": "JSON Feed 1.1", "cdf": "CDF", "rss": "RSS", "page": "A list page",
    "page-json": "A JSON interface", "sitemap": "A sitemap", "news-sitemap": "A news sitemap",
}  # fmt: skip
_WINDOWS = 2  # polls within the span of a feed: one may fail without an entry lost
_ROOM = 4  # polls within it that are advised
_LEAST = 60  # seconds between two polls


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a feed answered to two requests, the second one conditional."""

    feed: Feed  # with the settings that it was read with
    fetched: Fetched
    parsed: ParsedFeed
    again: Fetched | NotModified | FeedError
    reread: ParsedFeed | None = None  # the second document, where there was one


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """All that was found, and the feed as it should stand in a list. The words are plain text."""

    format: str
    entries: int
    findings: tuple[Finding, ...]
    feed: Feed

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What is wrong with the feed."""
        return tuple(found for found in self.findings if found.level == "wrong")


def diagnose(visit: Visit, *, now: datetime, interval: int, language_of: LanguageOf) -> Diagnosis:
    """What the answers of a visit say. `interval` (seconds): how often it is asked without one."""
    dates = dates_of(visit.parsed.entries, now)
    spoken = _spoken(visit.parsed, language_of)
    often = visit.feed.interval or interval
    found = (
        *_format(visit),
        *_address(visit),
        *_encoding(visit),
        *date_findings(dates, visit.feed.timezone, now),
        *_ids(visit),
        *_requests(visit),
        *_window(dates, often),
        *_text(visit, spoken),
        *_language(visit, spoken),
    )
    return Diagnosis(
        format=_format_name(visit.parsed),
        entries=len(visit.parsed.entries),
        findings=tuple(replace(one, words=one_line(one.words)) for one in found),
        feed=_advised(visit, dates, spoken, often),
    )


def _advised(visit: Visit, dates: Dates, spoken: str, often: int) -> Feed:
    """The feed with the settings that it needs; those it has stay."""
    feed = visit.feed
    shorter = _interval(dates, often)
    return replace(
        feed,
        url=_moved(visit) or feed.url,
        name=feed.name or _name(visit.parsed.title),
        language=feed.language or spoken,
        timezone=feed.timezone or (zone_guess(feed.url, spoken) if dates.zoneless else ""),
        encoding=feed.encoding or _pinned(visit),
        interval=shorter or feed.interval,
        full_text=feed.full_text or _lacks_text(visit.parsed, spoken),
    )


def _name(title: str) -> str:
    """A title as a list takes it: printable, on one line."""
    printable = "".join(char for char in title if char.isprintable())
    return one_line(printable, NAME_CHARS)


# ── format, address, encoding ────────────────────────────────────────────────────────────────────


def _format_name(parsed: ParsedFeed) -> str:
    version = parsed.format
    if version.startswith("rss") and version[3:5].isdigit():
        return f"RSS {version[3]}.{version[4:]}"
    return _FORMATS.get(version, "RSS or Atom of no known version")


def _format(visit: Visit) -> Iterator[Finding]:
    parsed = visit.parsed
    count = len(parsed.entries)
    name = f"{_format_name(parsed)}, {count} {'entry' if count == 1 else 'entries'}"
    yield fine("format", name) if count else wrong("format", f"{name}: nothing to read in it")
    media_type = visit.fetched.headers.get("content-type", "").partition(";")[0].strip()
    if rules := visit.feed.page:
        yield from _rules(rules, parsed)
    elif media_type.lower() == "text/html":
        yield note("format", "it is sent as text/html, a web page; it is read all the same")
    if parsed.malformed:
        yield note("format", f"not well-formed, read as far as it goes: {parsed.malformed}")
    if parsed.skipped:
        counts = ", ".join(f"{count} {reason}" for reason, count in parsed.skipped.items())
        yield note("format", f"entries left out: {counts}")


def _rules(rules: PageRules, parsed: ParsedFeed) -> Iterator[Finding]:
    if rules.adapter:
        name = f'it is no feed; the bundled adapter "{rules.adapter}" reads it'
        tried = adapters()[rules.adapter].verified
        yield note("format", name if tried else f"{name}, and nobody has verified how well")
    else:
        yield note("format", "it is no feed; it is read by the rules of [feed.page]")
    for words in parsed.notes:
        yield note("format", words)


def _address(visit: Visit) -> Iterator[Finding]:
    if _moved(visit):
        yield wrong("address", "it has moved for good; subscribe to the new address, as below")
    elif visit.fetched.redirects:
        count = len(visit.fetched.redirects)
        where = f"the last one is {visit.fetched.url}"
        yield note("address", f"redirected {count} times, not for good; {where}")


def _moved(visit: Visit) -> str:
    """Where the feed has moved for good, if a list may hold that address."""
    try:
        return str(FEED_KEYS["url"].read(visit.fetched.permanent_url))
    except SettingError:
        return ""


def _encoding(visit: Visit) -> Iterator[Finding]:
    true, body = visit.parsed.encoding, visit.fetched.body
    said = _declared(visit)
    names = " and ".join(f"{where} {label}" for where, label in said.items()) or "nothing"
    if visit.feed.encoding:
        yield note("encoding", f"read as {true}, as its settings say; declared: {names}")
    elif body.isascii():
        yield fine("encoding", f"nothing but ASCII so far; declared: {names}")
    elif lies := [f"{where} {label}" for where, label in said.items() if _other(label, true)]:
        words = f"declared: {', '.join(lies)}; in truth it is {true}, and is read so"
        yield wrong("encoding", words)
    elif said or true == "utf-8":
        yield fine("encoding", f"{true}; declared: {names}")
    else:
        yield wrong("encoding", f"none is declared; {true} was guessed from the bytes")
    if garbled := visit.parsed.garbled:
        yield wrong("encoding", garbled_note(garbled, len(visit.parsed.entries)))
    if "bytes that are not" in visit.parsed.malformed:
        yield wrong("encoding", f"some bytes cannot be read as {true}")


def _declared(visit: Visit) -> dict[str, str]:
    body, headers = visit.fetched.body, visit.fetched.headers
    said_by = page_labels if visit.feed.page else labels
    header, document = said_by(body, headers.get("content-type", ""))
    said = {"by the server": header, "by the document": document}
    return {where: label for where, label in said.items() if label}


def _other(label: str, true: str) -> bool:
    return codec_name(label) != true


def _pinned(visit: Visit) -> str:
    """The encoding to write down where nothing but a guess gives it."""
    true = visit.parsed.encoding
    if true == "utf-8" or visit.fetched.body.isascii():
        return ""
    return "" if any(not _other(label, true) for label in _declared(visit).values()) else true


# ── ids and requests ─────────────────────────────────────────────────────────────────────────────


def _ids(visit: Visit) -> Iterator[Finding]:
    entries = visit.parsed.entries
    ids = [entry.guid for entry in entries if entry.guid]
    found = [*_missing_ids(visit.parsed), *_repeated_ids(ids)]
    if len(ids) >= _FEW and _are_places(ids):
        found.append(wrong("ids", "they count the entries, and change with every new one"))
    if changed := _changed_ids(visit):
        found.append(wrong("ids", f"not stable: {changed} changed between two requests"))
    if not found and entries:
        found.append(fine("ids", "every entry has its own"))
    yield from found


def _missing_ids(parsed: ParsedFeed) -> Iterator[Finding]:
    without = [entry for entry in parsed.entries if not entry.guid]
    bare = sum(not entry.url for entry in without)
    if bare:
        words = f"{bare} entries have neither id nor link: known by title and day alone"
        yield wrong("ids", words)
    if len(without) > bare:
        yield note("ids", f"{len(without) - bare} entries have none, and are known by their links")


def _repeated_ids(ids: Sequence[str]) -> Iterator[Finding]:
    repeated = len(ids) - len(set(ids))
    if repeated:
        words = f"{repeated} entries repeat the id of another; shared ids count for nothing"
        yield wrong("ids", words)


def _are_places(ids: Sequence[str]) -> bool:
    """Whether the ids are 1, 2, 3 … or 0, 1, 2 …: places in the document."""
    if not all(one.isascii() and one.isdigit() and len(one) < 6 for one in ids):
        return False
    numbers = [int(one) for one in ids]
    return min(numbers) <= 1 and sorted(numbers) == list(range(min(numbers), max(numbers) + 1))


def _changed_ids(visit: Visit) -> int:
    """How many entries came back under another id, known by their links."""
    if visit.reread is None:
        return 0
    first = {entry.url: entry.guid for entry in visit.parsed.entries if entry.url and entry.guid}
    return sum(
        entry.guid != first.get(entry.url, entry.guid)
        for entry in visit.reread.entries
        if entry.guid
    )


def _requests(visit: Visit) -> Iterator[Finding]:
    state = visit.fetched.state
    names = (("ETag", state.etag), ("Last-Modified", state.last_modified))
    sent = " and ".join(name for name, value in names if value)
    size = f"{-(-visit.fetched.wire_bytes // 1024)} KiB"
    match visit.again:
        case FeedError() as failed:
            yield wrong("requests", f"a second request failed: {failed.message}")
        case NotModified(http_status=304):
            yield fine("requests", f"conditional ones work ({sent}): 304 when nothing is new")
        case _ if sent:
            words = f"it sends {sent}, but no 304 when asked again: {size} at every poll"
            yield note("requests", words)
        case _:
            yield note("requests", f"neither ETag nor Last-Modified: {size} at every poll")
    if isinstance(visit.again, Fetched):
        yield note("requests", "the document is another one at every request")


# ── window, text, language ───────────────────────────────────────────────────────────────────────


def _window(dates: Dates, often: int) -> Iterator[Finding]:
    if not dates.span:
        yield note("window", "how long it lasts cannot be told from its dates")
        return
    lasts = f"{len(dates.known)} dated entries span {spelt(dates.span)}"
    if _interval(dates, often):
        polled = spelt(timedelta(seconds=often))
        yield wrong("window", f"{lasts}; polled every {polled}, it may lose entries: poll it more")
    else:
        yield fine("window", lasts)


def _interval(dates: Dates, often: int) -> int | None:
    """Seconds between polls for a feed that forgets quickly; None where `often` will do."""
    lasts = dates.span.total_seconds()
    if len(dates.known) < _FEW or not lasts or lasts >= _WINDOWS * often or often <= _LEAST:
        return None
    return max(_LEAST, int(lasts / _ROOM) // 60 * 60)


def spelt(span: timedelta) -> str:
    """A length of time as people say it, in its largest unit: "3 days"."""
    seconds = span.total_seconds()
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = round(seconds / length)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"


def _text(visit: Visit, spoken: str) -> Iterator[Finding]:
    texts = [entry.text for entry in visit.parsed.entries]
    if not texts:
        return
    typical = int(median(map(len, texts)))
    if not _lacks_text(visit.parsed, spoken):
        yield fine("text", f"full text, {typical} characters as a rule")
        return
    what = f"summaries, {typical} characters as a rule" if typical else "headlines alone"
    if visit.feed.full_text:
        yield note("text", f"{what}: the articles' own pages are read too, as its settings say")
    else:
        yield note("text", f"{what}: full_text = true has the articles' own pages read too")


def _lacks_text(parsed: ParsedFeed, spoken: str) -> bool:
    """Whether names that stand in the articles are likely to be missing in the feed."""
    texts = [entry.text for entry in parsed.entries]
    if not texts:
        return False
    teased = sum(text.rstrip().endswith(_TEASED) for text in texts)
    wanted = SUMMARY_WIDE if spoken in _WIDE else SUMMARY
    return int(median(map(len, texts))) < wanted or 2 * teased > len(texts)


def _spoken(parsed: ParsedFeed, language_of: LanguageOf) -> str:
    """The language of the entries, which their letters tell, else what is declared."""
    some = parsed.entries[:_LANGUAGE_SAMPLE]
    return language_of(" ".join(entry.title for entry in some), parsed.language)


def _language(visit: Visit, spoken: str) -> Iterator[Finding]:
    declared = visit.parsed.language
    if not spoken:
        yield wrong("language", "none is declared, and its letters do not tell: set language")
    elif not declared:
        yield note("language", f"none is declared; by its letters it is {spoken}")
    elif declared != spoken:
        whose = "its settings say" if visit.feed.language else "it declares"
        yield wrong("language", f"{whose} {declared}; by its letters it is {spoken}")
    else:
        yield fine("language", spoken)
