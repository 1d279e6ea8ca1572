"""Retention: rows and evidence that were kept long enough are removed, a little at a time."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.clock import iso
from monitor.config import Config
from monitor.evidence.archive import Archive
from monitor.evidence.sweep import given_up, sweep
from monitor.store import Store
from monitor.store.verdicts import decided

log = logging.getLogger("wirewatch.retention")

STORIES = 50  # at a time: some 20 ms, in which no poll can be stored
POLLS = 2_000  # the same
FILES = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What one step removed."""

    stories: int = 0
    items: int = 0
    polls: int = 0
    files: int = 0

    @property
    def more(self) -> bool:
        """Whether there may be more to remove."""
        return self.stories >= STORIES or self.polls >= POLLS or self.files >= FILES


def tidy(store: Store, archive: Archive | None, config: Config, now: datetime) -> Removed:
    """One step of retention, in the writer's thread; call it again while there is `more`.

    Raises:
        StoreError: it could not be done, or what people decided cannot be read: then nothing goes.
    """
    keeping, evidence = config.retention, config.evidence
    limited = evidence.max_bytes or evidence.max_age_days
    if not (keeping.items_days or keeping.polls_days or (archive and limited)):
        return Removed()
    stays = set() if keeping.decided else decided(store.path) | store.decided()
    items = stories = polls = files = 0
    if keeping.items_days:
        before = iso(now - timedelta(days=keeping.items_days))
        stories, items = store.forget_stories(before, stays, now=now, most=STORIES)
    if keeping.polls_days:
        polls = store.forget_polls(iso(now - timedelta(days=keeping.polls_days)), most=POLLS)
    if archive and limited:
        files = _sweep(store, archive, config, stays, now)
    return Removed(stories=stories, items=items, polls=polls, files=files)


def _sweep(store: Store, archive: Archive, config: Config, stays: set[int], now: datetime) -> int:
    found, keeper = store.evidence_files(), archive.keeper
    paths = {file.name: keeper.folder / file.name for file in found}
    names = given_up(
        found,
        {name: path.stat().st_size for name, path in paths.items() if path.exists()},
        current=keeper.current,
        max_bytes=config.evidence.max_bytes,
        max_age_days=config.evidence.max_age_days,
        now=now,
    )
    return sweep(store, keeper, names, store.evidence_of(stays), now) if names else 0
