"""Reading one TOML table: each value by key and kind, and every key accounted for."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from monitor.watchlist.errors import (
    BadValueError,
    MissingKeyError,
    UnknownKeyError,
    WatchlistError,
    Where,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

LANGUAGES = ("en", "ko", "zh", "ja", "ru")


@dataclass(slots=True)
class Table:
    """A TOML table being read. `done` fails for keys that nobody asked for."""

    values: Mapping[str, object]
    where: Where
    name: str = ""  # of this table within the entity, for the error: "form"
    _asked: set[str] = field(default_factory=set)

    def text(self, key: str, *, required: bool = False) -> str:
        """A string; empty where the key is missing."""
        value = self._get(key, required=required)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.wrong(key, "must be a string")
        if not value.strip():
            raise self.wrong(key, "is empty")
        return value

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of strings, or one string; a list that is there must have something in it."""
        value = self._get(key, required=required)
        if value is None:
            return ()
        return self._texts(key, [value] if isinstance(value, str) else value)

    def texts_by_language(self, key: str) -> tuple[str, ...]:
        """A list of strings, or a table of such lists by language."""
        value = self._get(key)
        if not isinstance(value, dict):
            return () if value is None else self._texts(key, value)
        table = Table(value, self.where, self.label(key))
        found = tuple(text for language in LANGUAGES for text in table.texts(language))
        table.done()
        return found

    def choice(self, key: str, allowed: Collection[str], default: str = "") -> str:
        """A string of a closed list."""
        value = self.text(key, required=not default)
        if value and value not in allowed:
            hint = _hint(value, allowed)
            raise self.wrong(key, f'is "{value}", not one of {", ".join(allowed)}{hint}')
        return value or default

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def number(self, key: str, low: float, high: float) -> float | None:
        """A number in a range."""
        value = self._get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(key, "must be a number")
        if not low <= value <= high:
            raise self.wrong(key, f"is {value}, not between {low:g} and {high:g}")
        return float(value)

    def table(self, key: str) -> Table | None:
        """A table within this one."""
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong(key, "must be a table")
        return Table(value, self.where, self.label(key))

    def tables(self, key: str, *, required: bool = False) -> Iterator[Table]:
        """A list of tables within this one."""
        value = self._get(key, required=required)
        if value is None:
            return
        if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
            raise self.wrong(key, "must be a list of tables")
        for item in value:
            yield Table(item, self.where, self.label(key))

    def items(self, key: str) -> list[object]:
        """A list of anything; one that is there must have something in it."""
        value = self._get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not value:
            raise self.wrong(key, "must be a list with something in it")
        return value

    def done(self) -> None:
        """Every key has been asked for.

        Raises:
            UnknownKeyError: one has not.
        """
        for key in self.values:
            if key not in self._asked:
                hint = _hint(key, self._asked)
                raise UnknownKeyError(self.where, f'unknown key "{self.label(key)}"{hint}')

    def label(self, key: str) -> str:
        """The key as the file's writer knows it."""
        return f"{self.name}.{key}" if self.name else key

    def wrong(self, key: str, reason: str) -> WatchlistError:
        """The error for a value of this table."""
        return BadValueError(self.where, f"{self.label(key)} {reason}")

    def _get(self, key: str, *, required: bool = False) -> object:
        self._asked.add(key)
        if required and key not in self.values:
            raise MissingKeyError(self.where, f"{self.label(key)} is missing")
        return self.values.get(key)

    def _texts(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            raise self.wrong(key, "must be a list with something in it")
        for text in value:
            if not isinstance(text, str) or not text.strip():
                raise self.wrong(key, f"has an entry that is not a text: {text!r}")
        return tuple(value)


def _hint(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, sorted(known), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""
