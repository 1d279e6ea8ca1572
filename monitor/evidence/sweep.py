"""Which WARC files are given up, and what of them is saved. Pure but for `sweep`.

A WARC file goes as a whole. What stands in it that stories rest on which people decided upon is
copied, byte for byte, to the newest file before.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from monitor.clock import iso
from monitor.errors import StoreError
from monitor.evidence.keeper import Keeper
from monitor.evidence.warc import read_group
from monitor.store import Store
from monitor.store.evidence import File

log = logging.getLogger("wirewatch.evidence")


def given_up(
    files: Sequence[File],
    sizes: Mapping[str, int],
    *,
    current: str,
    max_bytes: int,
    max_age_days: int,
    now: datetime,
) -> list[str]:
    """Names of the files that are too old or too many, oldest first; never the current one.

    `sizes` are those on the disk. 0 stands for no limit.
    """
    before = iso(now - timedelta(days=max_age_days)) if max_age_days else ""
    total = sum(sizes.get(file.name, 0) for file in files)
    found = []
    for file in files:
        if file.name == current:
            continue
        if file.newest_at < before or (max_bytes and total > max_bytes):
            total -= sizes.get(file.name, 0)
            found.append(file.name)
    return found


def sweep(store: Store, keeper: Keeper, names: Sequence[str], kept: set[int], now: datetime) -> int:
    """Remove these files but for the evidence `kept`; returns how many were removed.

    First what is kept stands elsewhere, on the disk; then the rows say so; then the file goes. A
    crash in between leaves a file too many, never a row without its record.

    Raises:
        StoreError: something could not be read or written.
    """
    done, kept = 0, kept | store.leaned_on(names)
    for name in names:
        path, found = keeper.folder / name, store.groups_in(name)
        groups = [group for group in found if group.id in kept]
        if groups and len(groups) == len(found):
            continue  # copying all of it would free nothing
        places = []
        try:
            for group in groups:
                place = keeper.keep(read_group(path, group.offset, group.length))
                places.append((place.file, place.offset, group.id))
            keeper.sync()
            store.swept(name, places, now)
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror or error}") from error
        done += 1
        log.info("%s was kept long enough: removed, %d documents saved", name, len(groups))
    return done
