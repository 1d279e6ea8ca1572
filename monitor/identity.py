"""Which keys an entry is known by: guid, then canonical URL, then title and day. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from feeds.types import Entry
from feeds.urls import url_key
from monitor.entries import Held, TextKeys, studied
from monitor.records import Known, Probe

_NOT_WORD = re.compile(r"[\W_]+")
_WIDE = re.compile("[\u2e80-\U0010ffff]")  # Han, kana, Hangul and what is beyond them

# A title shared by strangers ("News", "속보") says nothing; a Hangul or Han character carries about
# as much as two Latin letters.
_TELLING_TITLE = 16


_LOST = Held(item=0, guid="", url="", title_key="", content_hash="")  # no item has this number


def probes(
    entries: Sequence[Entry], feed_host: str, held: Mapping[str, Held] | None = None
) -> tuple[Probe, ...]:
    """The keys of each entry of one document, in document order; of unread ones those `held`.

    A guid, or a link, that several entries of the document share identifies none of them: it is
    left out, and the next key is used.
    """
    held = held or {}
    unread = {entry.source: held.get(entry.source, _LOST) for entry in entries if entry.unread}
    entries = [_named(entry, unread) for entry in entries]
    keys = [_keys(entry, unread) for entry in entries]
    links = [one.link for one in keys]
    guids, linked = Counter(entry.guid for entry in entries), Counter(links)
    return tuple(
        _probe(
            entry,
            feed_host,
            one,
            guid=entry.guid if guids[entry.guid] == 1 else "",
            link=one.link if linked[one.link] == 1 else "",
            held=unread[entry.source] if entry.unread else None,
        )
        for entry, one in zip(entries, keys, strict=True)
    )


def text_keys(entry: Entry) -> TextKeys:
    """The keys that are the same wherever the entry stands."""
    title = words_only(entry.title)
    host = _host(entry)
    return TextKeys(
        link=_link(entry),
        title_key=_title_key(entry, title, host) if host else "",
        text_key=_text_key(title),
        content_hash=_hash(_folded(entry.title), _folded(entry.text)),
    )


def _link(entry: Entry) -> str:
    return url_key(entry.url) if entry.url else ""


def _host(entry: Entry) -> str:
    return (urlsplit(entry.url).hostname if entry.url else "") or ""


def _keys(entry: Entry, unread: Mapping[str, Held]) -> TextKeys:
    if entry.unread:
        link = unread[entry.source].url_key or _link(entry)
        return TextKeys(link=link, title_key="", text_key="", content_hash="")
    study = studied(entry)
    return study.keys if study else text_keys(entry)


def _named(entry: Entry, unread: Mapping[str, Held]) -> Entry:
    if not entry.unread:
        return entry
    held = unread[entry.source]
    return Entry(guid=held.guid, url=held.url, source=entry.source, unread=True)


def _probe(
    entry: Entry, feed_host: str, keys: TextKeys, *, guid: str, link: str, held: Held | None
) -> Probe:
    if held:
        return Probe(
            entry=entry,
            guid=guid,
            url_key=link,
            title_key=held.title_key,
            text_key="",
            content_hash=held.content_hash,
            held=held.item,
        )
    return Probe(
        entry=entry,
        guid=guid,
        url_key=link,
        title_key=keys.title_key or _title_key(entry, words_only(entry.title), feed_host),
        text_key=keys.text_key,
        content_hash=keys.content_hash,
    )


def _title_key(entry: Entry, title: str, host: str) -> str:
    """Title, day and publisher: for entries that have no other key of their own."""
    day = entry.published_at.date().isoformat() if entry.published_at else ""
    words = title or words_only(entry.text)[:200]
    return _hash(host, day, words) if words else ""


def _text_key(title: str) -> str:
    """The title's words alone: copies are looked for among items that share it."""
    weight = len(title) + (0 if title.isascii() else len(_WIDE.findall(title)))
    return _hash(title) if weight >= _TELLING_TITLE else ""


def words_only(text: str) -> str:
    """Letters and digits, case folded: what stays of a text when its dress is taken off."""
    return _NOT_WORD.sub("", text).casefold()


def _folded(text: str) -> str:
    """White space is no content: a feed that re-wraps its lines has changed nothing."""
    return " ".join(text.split())


def _hash(*parts: str) -> str:
    joined = "\0".join(parts).encode("utf-8", "replace")
    return hashlib.blake2b(joined, digest_size=12).hexdigest()


def find(probe: Probe, known: Known) -> int | None:
    """The stored item that this entry is, or None for a new one."""
    if probe.guid and probe.guid in known.by_guid:
        return known.by_guid[probe.guid]
    if probe.url_key:
        return known.by_url.get(probe.url_key)
    if probe.guid and _telling(probe):
        return known.by_title.get(probe.title_key)
    return None if probe.guid else known.by_title.get(probe.title_key)


def are_held(known: Known) -> bool:
    """Whether each unread entry still is the item that it was. If not, all have to be read."""
    unread = (probe for probe in known.probes if probe.held is not None)
    return all(find(probe, known) == probe.held for probe in unread)


def _telling(probe: Probe) -> bool:
    """A fresh guid with the same title on the same dated day is the same entry re-issued."""
    return probe.entry.published_at is not None and probe.text_key != ""


def tombstone_keys(probe: Probe) -> tuple[str, ...]:
    """The keys under which an entry that was thrown out is known again."""
    keys = (("guid ", probe.guid), ("url ", probe.url_key), ("title ", probe.title_key))
    return tuple(kind + key for kind, key in keys if key)
