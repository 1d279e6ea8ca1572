"""Feed lists: which feeds are polled, as an analyst keeps them in a TOML or OPML file.

A TOML list holds `[[feed]]` tables; docs/configuration.md describes each key. Editing one keeps
every other line of the file as it was, comments included.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from feeds.errors import ListError
from feeds.feed_keys import FEED_KEYS, KINDS, feed_from, feed_identity
from feeds.opml import outlines, to_opml
from feeds.page_keys import read_rules, written_rules
from feeds.tables import (
    MAX_BYTES,
    TOO_LARGE,
    Key,
    SettingError,
    Source,
    is_there,
    near,
    quote,
    read_bytes,
    read_table,
    read_tables,
    read_toml,
    toml_value,
)
from feeds.toml_lines import Span, Where
from feeds.types import Feed

__all__ = [
    "add_to_list",
    "from_opml",
    "read_list",
    "read_lists",
    "remove_from_list",
    "to_opml",
]

_LIST_KEYS = {"feed": Key(read=lambda tables: tables)}
_NEAR = 3  # names that an error proposes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """A feed and where it is listed."""

    feed: Feed
    source: Source
    where: Where

    @property
    def place(self) -> str:
        return self.source.place(self.where)


def read_list(path: Path) -> tuple[Feed, ...]:
    """The feeds of one .toml, .opml or .xml file; raises ListError with a line for each mistake."""
    return read_lists([path])


def read_lists(paths: Iterable[Path]) -> tuple[Feed, ...]:
    """The feeds of several files.

    Raises ListError with a line for each mistake in any of them. A feed that stands in two places
    is a mistake, and both places are named.
    """
    sources = [_open(path) for path in paths]
    listed = [feed for source in sources for feed in _listed(source)]
    _note_twins(listed)
    _refuse(*sources)
    return tuple(item.feed for item in listed)


def from_opml(data: bytes) -> tuple[Feed, ...]:
    """The feeds of an OPML document; raises ListError with a line for each mistake."""
    source = _read_opml(data, "OPML")
    listed = _listed(source)
    _note_twins(listed)
    _refuse(source)
    return tuple(item.feed for item in listed)


def add_to_list(path: Path, *feeds: Feed) -> None:
    """Append feeds to a TOML list, which is created if missing.

    The file is replaced as a whole, so that a crash leaves the old or the new one. Raises
    ListError, and changes nothing, when the list or a feed is wrong or a feed is listed already.
    """
    old, listed = _editable(path)
    known = {feed_identity(item.feed.url): item.place for item in listed}
    for feed in feeds:
        check_feed(path, feed)
        identity = feed_identity(feed.url)
        if identity in known:
            raise ListError(f"{known[identity]}: {quote(feed.url)} is listed already")
        known[identity] = str(path)
    newline = "\r\n" if "\r\n" in old else "\n"
    parts = [old.rstrip(), *(feed_table(feed, newline) for feed in feeds)]
    _replace(path, (newline * 2).join(part for part in parts if part) + newline)


def remove_from_list(path: Path, url_or_name: str) -> Feed:
    """Take one feed out of a TOML list, named by its URL or its exact name, and return it.

    The lines of its table go; comments before and after it stay. Raises ListError, and changes
    nothing, when no feed or more than one is meant.
    """
    old, listed = _editable(path)
    item = _the_one(listed, url_or_name, str(path))
    lines = old.split("\n")
    gone = item.source.spans[item.where]
    before, after = lines[: gone.first - 1], lines[gone.last :]
    if after and not after[0].strip():
        del after[0]  # the empty line that set the table off
    _replace(path, "\n".join([*before, *after]))
    return item.feed


def _open(path: Path) -> Source:
    readers = {".toml": read_toml, ".opml": _read_opml, ".xml": _read_opml}
    read = readers.get(path.suffix.lower())
    if read is None:
        return _unread(str(path), "must be a .toml, .opml or .xml file")
    try:
        return read(read_bytes(path), str(path))
    except SettingError as error:
        return _unread(str(path), str(error))


def _unread(name: str, problem: str) -> Source:
    return Source(name=name, problems=[(0, f"{name}: {problem}")])


def _read_opml(data: bytes, name: str) -> Source:
    if len(data) > MAX_BYTES:
        return _unread(name, TOO_LARGE)
    try:
        found = outlines(data, name, KINDS)
    except ListError as error:
        return Source(name=name, problems=[(0, str(error))])
    spans: dict[Where, Span] = {
        ("feed", i): Span(outline.line, outline.line) for i, outline in enumerate(found)
    }
    return Source(name=name, data={"feed": [outline.settings for outline in found]}, spans=spans)


def _listed(source: Source) -> list[_Listed]:
    """The feeds of a file, as far as they keep the rules; the rest is noted in the source."""
    read_table(source, source.data, (), _LIST_KEYS)
    return [
        _Listed(feed=feed_from(source, table), source=source, where=table.where)
        for table in read_tables(source, "feed", FEED_KEYS)
        if table.settings.get("url")
    ]


def _note_twins(listed: Iterable[_Listed]) -> None:
    seen: dict[str, _Listed] = {}
    for item in listed:
        first = seen.setdefault(feed_identity(item.feed.url), item)
        if first is not item:
            item.source.wrong((*item.where, "url"), f"is the same feed as {first.place}; keep one")


def _refuse(*sources: Source) -> None:
    complaints = [line for source in sources for line in source.complaints()]
    if complaints:
        raise ListError("\n".join(complaints))


def _editable(path: Path) -> tuple[str, list[_Listed]]:
    """The text of a TOML list and its feeds: of an empty one when there is none.

    Raises ListError when a program cannot edit it.
    """
    if path.suffix.lower() != ".toml":
        raise ListError(f"{path}: only a .toml list can be edited; import this one into one first")
    if not is_there(path):
        return "", []
    source = _open(path)
    listed = _listed(source)
    _note_twins(listed)
    _refuse(source)
    text = path.read_bytes().decode("utf-8-sig")
    start = source.spans.get(("feed",))
    if start and not text.split("\n")[start.first - 1].lstrip().startswith("[["):
        raise ListError(
            f"{path}:{start.first}: feed: write each feed as a [[feed]] table of its own"
        )
    return text, listed


def check_feed(path: Path, feed: Feed) -> None:
    """Raise ListError, in the words of the list at `path`, if a setting of `feed` is wrong."""
    source = Source(name=str(path))
    settings = _settings(feed)
    read_table(source, settings, ("feed",), FEED_KEYS)
    if "page" in settings:
        read_rules(source, settings["page"], ("feed", "page"))
    _refuse(source)


def _settings(feed: Feed) -> dict[str, object]:
    """What a list says about a feed: all that is not the default."""
    values = {item.name: (getattr(feed, item.name), item.default) for item in fields(feed)}
    said = {name: value for name, (value, default) in values.items() if value != default}
    if feed.page and feed.page.adapter:
        return {name: value for name, value in said.items() if name != "page"} | {
            "adapter": feed.page.adapter
        }
    return said | ({"page": written_rules(feed.page)} if feed.page else {})


def feed_table(feed: Feed, newline: str = "\n") -> str:
    """A feed as the `[[feed]]` table of a TOML list, to be pasted; safe for a terminal."""
    settings = _settings(feed)
    page = settings.pop("page", None)
    lines = ["[[feed]]", *_written(settings)]
    if isinstance(page, dict):
        lines += ["", "[feed.page]", *_written(page)]
    return newline.join(lines)


def _written(settings: Mapping[str, object]) -> list[str]:
    return [f"{name} = {toml_value(value)}" for name, value in settings.items()]


def _the_one(listed: Sequence[_Listed], url_or_name: str, name: str) -> _Listed:
    by_url = [item for item in listed if feed_identity(item.feed.url) == _as_url(url_or_name)]
    found = by_url or [item for item in listed if item.feed.name == url_or_name]
    if len(found) > 1:
        places = ", ".join(item.place for item in found)
        raise ListError(f"{name}: {quote(url_or_name)} names several feeds; use the URL ({places})")
    if not found:
        known = [item.feed.name or item.feed.url for item in listed]
        close = [quote(word) for word in near(url_or_name, known, count=_NEAR)]
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise ListError(f"{name}: no feed has the name or URL {quote(url_or_name)}{hint}")
    return found[0]


def _as_url(url_or_name: str) -> str:
    try:
        return feed_identity(url_or_name)
    except ValueError:
        return ""


def _replace(path: Path, text: str) -> None:
    """Write a whole file or none: a neighbour first, flushed, then renamed over it."""
    target = path.resolve()  # what a symbolic link points to, so that it stays one
    draft = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    try:
        with draft.open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise ListError(f"{path}: cannot be written: {error.strerror}") from None
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut (POSIX: the name lives in the folder, not in the file).

    Some network file systems cannot; the list is written all the same.
    """
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
