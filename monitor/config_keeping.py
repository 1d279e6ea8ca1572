"""The `[evidence]` and `[retention]` tables: what is kept, where, and for how long."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from feeds.tables import Key, SettingError, Source, one_line, read_table, switch, whole
from monitor.config_keys import MAX_PATH, located

_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
          "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}  # fmt: skip
_SIZE = re.compile(r"(\d{1,15})\s*([kmgt]i?b)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceConfig:
    """The archive of documents that brought something."""

    keep: bool = True
    folder: Path = Path("evidence")  # absolute once it is read
    rotate: int = 100_000_000  # bytes of a WARC file; small enough to copy, few enough to list
    max_bytes: int = 0  # of all files; the oldest go first; 0 = no limit
    max_age_days: int = 0  # 0 = for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionConfig:
    """How long rows are kept. What people decided upon stays unless `decided` says otherwise."""

    items_days: int = 0  # since a story's newest item; 0 = for ever
    polls_days: int = 730  # a year, and the one before to compare it with; 0 = for ever
    decided: bool = False  # remove stories that people decided upon, and their evidence, too


def _size(low: int, high: int, rule: str) -> Callable[[object], int]:
    """A number of bytes, from a whole number or from "500 MB", "20 GiB"; 0 is always one."""

    def read(value: object) -> int:
        match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
        found = int(match[1]) * _UNITS[(match[2] or "").lower()] if match else value
        return check(found) if found != 0 or isinstance(found, bool) else 0

    check = whole(low, high, rule)
    return read


def _rotate(value: object) -> int:
    found = _size(2**20, 2**40, _ROTATE)(value)
    if not found:
        raise SettingError(_ROTATE)
    return found


def _folder(value: object) -> str:
    name = one_line(MAX_PATH)(value)
    if not name:
        raise SettingError("must not be empty; keep = false keeps no evidence")
    return name


_ROTATE = 'must be bytes, or text such as "100 MB" or "1 GiB", from 1 MiB to 1 TiB'
_MOST = 'must be bytes, or text such as "20 GB", from 1 MiB on; 0 for no limit'
_days = whole(0, 36_500, "must be a whole number of days from 0 (for ever) to 36500")


def _days_from(least: int) -> Callable[[object], int]:
    """Days that leave what the program itself looks back upon; 0 is for ever."""

    def read(value: object) -> int:
        if not isinstance(value, bool) and value == 0:
            return 0
        return whole(least, 36_500, f"must be 0 (for ever), or days from {least} to 36500")(value)

    return read


EVIDENCE_KEYS = {
    "keep": Key(read=switch),
    "folder": Key(read=_folder),
    "rotate": Key(read=_rotate),
    "max_bytes": Key(read=_size(2**20, 2**60, _MOST)),
    "max_age_days": Key(read=_days),
}

RETENTION_KEYS = {
    "items_days": Key(read=_days_from(30)),  # copies are looked for among the last days
    "polls_days": Key(read=_days_from(200)),  # bursts and silences look back 180 days
    "decided": Key(read=switch),
}


def read_evidence(source: Source, folder: Path, database: Path) -> EvidenceConfig:
    """The table, or what holds without it. `folder` is that of the configuration.

    Without a folder of its own the archive stands beside the database: where settings are kept
    nothing else may be written, as a service is set up.
    """
    table = source.data.get("evidence", {})
    settings = read_table(source, table, ("evidence",), EVIDENCE_KEYS)
    settings = {key: value for key, value in settings.items() if value is not None}
    found = replace(EvidenceConfig(), **settings)
    beside = "folder" not in settings
    path = located(database.parent if beside else folder, str(found.folder))
    try:
        if path.exists() and not path.is_dir():
            source.wrong(("evidence", "folder"), f"must be a folder: {path} is a file")
    except OSError as error:
        if not beside:  # else it is the database's path that is wrong, and said to be
            source.wrong(("evidence", "folder"), f"{path}: cannot be read: {error.strerror}")
    return replace(found, folder=path.absolute())


def read_retention(source: Source) -> RetentionConfig:
    """The table, or what holds without it."""
    table = source.data.get("retention", {})
    settings = read_table(source, table, ("retention",), RETENTION_KEYS)
    return RetentionConfig(**{key: value for key, value in settings.items() if value is not None})
