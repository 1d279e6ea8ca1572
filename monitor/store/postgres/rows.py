"""Rows as sqlite3 gives them: tuples, or with names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, SupportsIndex, overload


class NamedRow(tuple[Any, ...]):
    """What sqlite3.Row is: a tuple whose values go by name too. `dict(row)` makes one of it."""

    __slots__ = ()
    names: tuple[str, ...] = ()

    def keys(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.names

    @overload
    def __getitem__(self, key: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Any, ...]: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    def __getitem__(self, key: SupportsIndex | slice | str) -> Any:
        return super().__getitem__(self.names.index(key) if isinstance(key, str) else key)


def named(columns: Sequence[str]) -> Callable[[Sequence[Any]], NamedRow]:
    """What makes a row of such columns."""
    return type("Row", (NamedRow,), {"__slots__": (), "names": tuple(columns)})
