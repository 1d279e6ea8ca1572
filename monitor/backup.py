"""A backup of everything: databases, evidence, settings. `wirewatch verify` checks it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.clock import iso
from monitor.config import Config
from monitor.errors import PackError
from monitor.evidence.archive import about as software
from monitor.pack import manifest
from monitor.store import backup as database
from monitor.store.desk.decisions import beside

FORMAT = "wirewatch backup, version 1"
TRIES = 3  # retention may remove a WARC file between the database's copy and its own
_CHUNK = 2**20

Step = Callable[[int], None]


def write(
    config: Config, folder: Path, now: datetime, step: Step = lambda _: None
) -> dict[str, Any]:
    """Fill an empty folder; returns what `manifest.json` says of it. `step` counts files.

    Raises:
        StoreError: a database cannot be copied, or its copy is damaged.
        PackError: something else cannot be copied.
    """
    if not config.database.exists():
        raise PackError(f"{config.database}: no database yet: nothing to back up")
    try:
        missing = _data(config, folder, step)
        _settings(config, folder / "settings", step)
    except OSError as error:
        raise PackError(
            f"{error.filename or folder}: cannot be copied: {error.strerror}"
        ) from error
    about = {
        "format": FORMAT,
        "software": software()["software"],
        "made_at": iso(now),
        "counts": database.counts(folder / config.database.name),
        "evidence_missing": missing,
    }
    manifest.write(folder, about)
    return about


def _data(config: Config, folder: Path, step: Step) -> list[str]:
    """Databases and evidence. Returns the WARC files that are not there."""
    reviews = beside(config.database)
    if reviews.exists():
        database.copy(reviews, folder / reviews.name)
        step(1)
    missing: list[str] = []
    for _ in range(TRIES):
        # First the rows, then the bytes: what a row of the copy refers to is on the disk already.
        database.copy(config.database, folder / config.database.name)
        step(1)
        missing = _evidence(config, folder / "evidence", folder / config.database.name, step)
        if not missing:
            break
    return missing


def _evidence(config: Config, target: Path, copy: Path, step: Step) -> list[str]:
    """Copy each file up to the last record that a row refers to: more may be on its way."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    missing = []
    for name, end in sorted(database.evidence_ends(copy).items()):
        try:
            _start_of(config.evidence.folder / name, end, target / name)
        except FileNotFoundError:
            missing.append(name)
        step(1)
    return missing


def _start_of(source: Path, length: int, target: Path) -> None:
    with source.open("rb") as old, target.open("wb") as new:
        while length and (piece := old.read(min(length, _CHUNK))):
            new.write(piece)
            length -= len(piece)
        new.flush()
        os.fsync(new.fileno())


def _settings(config: Config, target: Path, step: Step) -> None:
    """The configuration with its lists. No secret is among them: they stand elsewhere."""
    target.mkdir()
    own = [path for path in config.watchlists if isinstance(path, Path)]
    for path in _unlike([config.path, *config.feed_lists, *own]):
        shutil.copyfile(path, target / path.name)
        step(1)


def _unlike(paths: Sequence[Path]) -> list[Path]:
    """Without a second one of a name: its place in the backup is taken."""
    return list({path.name: path for path in reversed(paths)}.values())
