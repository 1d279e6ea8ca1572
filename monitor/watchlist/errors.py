"""What can be wrong with a watchlist file.

ConfigError
└── WatchlistError          any of these; `str()` names file, line and entity
    ├── NotFoundError       no such file, no bundled watchlist of that name
    ├── NotTextError        the file is not UTF-8
    ├── BadTomlError        the file is not TOML
    ├── UnknownKeyError     a key that the format does not have
    ├── MissingKeyError     a key that must be there
    ├── BadValueError       a value of the wrong kind, not in a closed list, empty, out of range
    ├── DuplicateIdError    two entities with one id
    ├── UnknownParentError  `part_of` names no entity of the file
    ├── SharedNameError     one name listed for two entities
    └── MistakesError       several of these in one file
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A place in a watchlist file."""

    file: str
    line: int = 0  # of the entity's heading; 0 where it is not known
    entity: str = ""  # its id, or "entity 3" where it has none yet

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line else ""
        entity = f", {self.entity}" if self.entity else ""
        return f"{self.file}{line}{entity}"


class WatchlistError(ConfigError):
    """Base of every error of a watchlist."""

    def __init__(self, where: Where, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__([f"{where}: {reason}"])


class NotFoundError(WatchlistError):
    """No such file, or no bundled watchlist of that name."""


class NotTextError(WatchlistError):
    """The file is not UTF-8."""


class BadTomlError(WatchlistError):
    """The file is not TOML; the reason gives line and column."""


class UnknownKeyError(WatchlistError):
    """A key that the format does not have, mostly a typing mistake."""


class MissingKeyError(WatchlistError):
    """A key that must be there."""


class BadValueError(WatchlistError):
    """A value of the wrong kind, not in a closed list, empty, or out of range."""


class DuplicateIdError(WatchlistError):
    """Two entities with one id."""


class UnknownParentError(WatchlistError):
    """`part_of` names no entity of the file."""


class SharedNameError(WatchlistError):
    """One name listed for two entities: a mention could not be told apart."""


class MistakesError(WatchlistError):
    """Several mistakes in one file; `str()` has a line for each."""

    def __init__(self, errors: Sequence[WatchlistError]) -> None:
        self.errors = tuple(errors)
        first = self.errors[0]
        super().__init__(first.where, first.reason)
        ConfigError.__init__(self, [line for error in self.errors for line in error.lines])
