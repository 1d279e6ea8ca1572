"""What all formats share on the way from a publisher's entry to ours: limits, trust, counting."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from feeds.text import one_line
from feeds.urls import URL_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from feeds.types import Entry

Raw = TypeVar("Raw")

NAME_LIMIT = 200  # characters of an author's name
_DIGEST = 64  # hexadecimal digits of SHA-256

# ISO 639-2 codes, and country codes taken for languages, as feeds of the five languages have them.
_LANGUAGES = {
    "kor": "ko", "kr": "ko", "jpn": "ja", "jp": "ja", "chi": "zh", "zho": "zh", "cn": "zh",
    "tw": "zh", "rus": "ru", "eng": "en",
}  # fmt: skip
_SUBTAG = re.compile(r"\s*([A-Za-z]{2,3})(?![A-Za-z])")


def collect(
    raws: Iterable[Raw], convert: Callable[[Raw], Entry]
) -> tuple[tuple[Entry, ...], dict[str, int]]:
    """The entries that `convert` makes, in order, and how many were skipped for which reason.

    `empty`: no title, link, guid or text. `bad-entry`: `convert` failed, which costs that entry
    and never the feed.
    """
    entries: list[Entry] = []
    skipped: Counter[str] = Counter()
    for raw in raws:
        try:
            entry = convert(raw)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - whatever a publisher wrote, the other entries count
            skipped["bad-entry"] += 1
            continue
        if entry.title or entry.url or entry.guid or entry.text or entry.unread:
            entries.append(entry)
        else:
            skipped["empty"] += 1
    return tuple(entries), dict(skipped)


def guid_text(guid: str) -> str:
    """A publisher's identifier on one line; one that is too long ends in its hash, to stay one."""
    line = one_line(guid, len(guid) + 1)
    if len(line) <= URL_LIMIT:
        return line
    return line[: URL_LIMIT - _DIGEST] + hashlib.sha256(line.encode()).hexdigest()


def primary_language(tag: str) -> str:
    """The primary subtag of a language tag (BCP 47): `ko-KR` → `ko`; "" if it is none."""
    found = _SUBTAG.match(tag)
    subtag = found[1].lower() if found else ""
    return _LANGUAGES.get(subtag, subtag)
