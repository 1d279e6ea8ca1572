"""What can go wrong in the program itself.

MonitorError
├── ConfigError       the configuration cannot be used (a line for each mistake)
├── ControlError      the running daemon cannot be asked, or cannot do what it was asked
│   └── WatchlistError  a watchlist cannot (its own kinds stand in watchlist/errors.py)
├── PackError         an evidence pack cannot be made or opened
├── StoreError        the database cannot be opened, read or written
│   ├── BusyError     another process writes it
│   └── LostError     the work was given to another worker meanwhile
└── UnreadError       an entry that was not read has to be
"""

from __future__ import annotations

from collections.abc import Iterable


class MonitorError(Exception):
    """Base of every error that this package raises."""


class ConfigError(MonitorError):
    """The configuration cannot be used. `str()` is one line for each mistake, secrets left out."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


class ControlError(MonitorError):
    """The running daemon cannot be asked, or cannot do what it was asked."""


class PackError(MonitorError):
    """An evidence pack, or a backup, cannot be made or opened."""


class StoreError(MonitorError):
    """The database cannot be opened, read or written: disk full, not ours, damaged."""


class BusyError(StoreError):
    """Another process writes this database."""

    def __init__(self, path: object, owner: str) -> None:
        super().__init__(
            f"{path}: in use by process {owner}, most likely `wirewatch run`. Stop that one first, "
            "or let it do the work: it polls and delivers by itself, and reads changed feed lists "
            "and settings at SIGHUP."
        )
        self.path = path
        self.owner = owner


class LostError(StoreError):
    """The work was given to another worker meanwhile: nothing of it is asked for or stored here."""


class UnreadError(MonitorError):
    """An entry that was not read is not the item that it was: the document has to be read whole."""
