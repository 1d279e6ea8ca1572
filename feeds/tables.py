"""Settings files read as a whole: every mistake is collected, with its file, line and dotted key.

A table is described by a `Mapping[str, Key]`; `read_table` checks one against it. Feed lists and
the configuration share this, so that both complain in the same words.
"""

from __future__ import annotations

import difflib
import json
import re
import stat
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from feeds.toml_lines import Span, Spans, Where

MAX_BYTES = 8 * 1024 * 1024  # thousands of feeds; a file beyond this is not a settings file
TOO_LARGE = f"is larger than {MAX_BYTES // 1024 // 1024} MiB: not a settings file"
MAX_TEXT = 200  # characters of a name: what fits into one line of a message
_SHOWN = 60  # characters of a wrong value that an error repeats

_URL = re.compile(r"([a-z][a-z0-9+.-]*://)(?:[^/?#\s]*@)?([^/?#\s]*)([/?#]\S*)?", re.IGNORECASE)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class SettingError(ValueError):
    """A value breaks its rule ("must be …"); `hint` says what may have been meant."""

    def __init__(self, rule: str, hint: str = "") -> None:
        super().__init__(rule)
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What one key of a table accepts."""

    read: Callable[[object], Any]  # value → setting; raises SettingError
    needed: bool = False
    many: bool = False  # a list, each element read by `read`
    hidden: bool = False  # may hold a secret: no error repeats the value


@dataclass(slots=True, kw_only=True)
class Source:
    """One file under check: what it says, where it says it, and what is wrong with it."""

    name: str  # as errors name it
    data: Mapping[str, object] = field(default_factory=dict, repr=False)  # may hold a secret
    spans: Mapping[Where, Span] = field(default_factory=dict, repr=False)
    problems: list[tuple[int, str]] = field(default_factory=list)  # line (0 = none), whole message

    def place(self, where: Where) -> str:
        """`file:line` of a key, or of the nearest table round it."""
        line = self._line(where)
        return f"{self.name}:{line}" if line else self.name

    def wrong(self, where: Where, message: str) -> None:
        """Note a mistake at a key."""
        key = f"{dotted(where)}: " if where else ""
        self.problems.append((self._line(where), f"{self.place(where)}: {key}{message}"))

    def complaints(self) -> tuple[str, ...]:
        """One line for each mistake, in the order of the file."""
        return tuple(message for _, message in sorted(self.problems))

    def _line(self, where: Where) -> int:
        spans = (self.spans.get(where[:length]) for length in range(len(where), 0, -1))
        return next((span.first for span in spans if span), 0)


def read_bytes(path: Path) -> bytes:
    """A settings file's bytes; raises SettingError when it is missing, unreadable or too large."""
    check_file(path)
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SettingError(TOO_LARGE)
    return data


def is_there(path: Path) -> bool:
    """What may not be looked at counts as there: reading it then says why it cannot be read."""
    try:
        return path.exists()
    except OSError:
        return True


def check_file(path: Path) -> None:
    """Raise SettingError unless there is a regular file that can be opened: no folder, no pipe."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SettingError("is not a file")
        path.open("rb").close()
    except FileNotFoundError:
        raise SettingError("no such file") from None
    except OSError as error:
        raise SettingError(f"cannot be read: {error.strerror}") from None


def read_toml(data: bytes, name: str) -> Source:
    """A TOML document with its lines; what is not TOML is a Source that holds only the mistake."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _unreadable(name, line, "is not UTF-8 text; save the file as UTF-8")
    try:
        return Source(name=name, data=tomllib.loads(text), spans=Spans(text))
    except ValueError as error:  # TOMLDecodeError, or a number of too many digits
        return _not_toml(name, text, str(error))
    except RecursionError:
        return _unreadable(name, 0, "is not TOML: brackets within brackets too deep")


def _not_toml(name: str, text: str, message: str) -> Source:
    place = _TOML_PLACE.search(message)
    what = _TOML_PLACE.sub("", message)
    if place is None or place[1] is None:
        return _unreadable(name, text.rstrip().count("\n") + 1, f"is not TOML: {what}")
    return _unreadable(name, int(place[1]), f"is not TOML: {what} (column {place[2]})")


def _unreadable(name: str, line: int, message: str) -> Source:
    place = f"{name}:{line}" if line else name
    return Source(name=name, problems=[(line, f"{place}: {message}")])


def read_table(
    source: Source,
    table: object,
    where: Where,
    keys: Mapping[str, Key],
    homes: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The settings of one table. One that breaks its rule is a problem, and None here.

    `homes` says where keys belong that are known, but not in this table.
    """
    if not isinstance(table, Mapping):
        source.wrong(where, f"must be a table of settings (is {shown(table)})")
        return {}
    for key in table:
        if key not in keys:
            home = (homes or {}).get(key)
            hint = f"it belongs {home}" if home else did_you_mean(key, keys, "the keys are")
            source.wrong((*where, key), f"unknown key; {hint}")
    for name, key in keys.items():
        if key.needed and name not in table:
            source.wrong((*where, name), "is missing")
    return {
        name: _read(source, value, (*where, name), keys[name])
        for name, value in table.items()
        if name in keys
    }


class Table(NamedTuple):
    """One `[[table]]`, with its settings as `read_table` gives them."""

    where: Where
    settings: dict[str, Any]
    clean: bool  # no mistake in it

    def known(self) -> dict[str, Any]:
        """The settings that keep their rules."""
        return {name: value for name, value in self.settings.items() if value is not None}


def read_tables(source: Source, name: str, keys: Mapping[str, Key]) -> list[Table]:
    """The `[[name]]` tables of a document."""
    tables = source.data.get(name, [])
    if not isinstance(tables, list):
        source.wrong((name,), f"write [[{name}]], in double brackets, above each one")
        return []
    found: list[Table] = []
    for index, table in enumerate(tables):
        before = len(source.problems)
        settings = read_table(source, table, (name, index), keys)
        clean = len(source.problems) == before
        found.append(Table((name, index), settings, clean))
    return found


def _read(source: Source, value: object, where: Where, key: Key) -> Any:
    if not key.many:
        return _read_one(source, value, where, key)
    if not isinstance(value, list | tuple):
        hint = f"write [{quote(value)}]" if isinstance(value, str) else ""
        source.wrong(where, f"must be a list, in brackets{_is(value, key, hint)}")
        return None
    return tuple(_read_one(source, item, (*where, i), key) for i, item in enumerate(value))


def _read_one(source: Source, value: object, where: Where, key: Key) -> Any:
    try:
        return key.read(value)
    except SettingError as error:
        source.wrong(where, f"{error}{_is(value, key, error.hint)}")
        return None


def _is(value: object, key: Key, hint: str = "") -> str:
    parts = [] if key.hidden else [f"is {shown(value)}"]
    parts += [hint] if hint else []
    return f" ({'; '.join(parts)})" if parts else ""


def dotted(where: Where) -> str:
    """A key as people write it: `feed[3].url`, tables counted from 1."""
    text = ""
    for part in where:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            quoted = part if _BARE_KEY.fullmatch(part) else quote(part)
            text += f".{quoted}" if text else quoted
    return text


def quote(text: str) -> str:
    """A TOML basic string on one line: everything that could act on a terminal is escaped."""
    return "".join(
        char if char.isprintable() else f"\\U{ord(char):08x}"
        for char in json.dumps(text, ensure_ascii=False)
    )


def toml_value(value: object) -> str:
    """A text, switch, number or list of those as TOML writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return quote(value) if isinstance(value, str) else str(value).lower()


def shown(value: object) -> str:
    """A wrong value as an error repeats it: short, harmless, and no more of a URL than its host."""
    match value:
        case str():
            text = _URL.sub(lambda url: url[1] + url[2] + ("/…" if url[3] else ""), value)
            return quote(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
        case list():
            return "a list"
        case dict():
            return "a table"
        case bool():
            return toml_value(value)
        case _:
            return str(value)[:_SHOWN]


def near(wanted: str, known: Iterable[str], *, count: int = 1, likeness: float = 0.6) -> list[str]:
    """The known words that look most like the wanted one, case aside; 1 is the same word."""
    by_fold = {word.casefold(): word for word in known}
    close = difflib.get_close_matches(wanted.casefold(), by_fold, n=count, cutoff=likeness)
    return [by_fold[word] for word in close]


def did_you_mean(wanted: str, known: Collection[str], otherwise: str) -> str:
    """`did you mean "…"?`, or all that is known when nothing is near."""
    close = near(wanted, known)
    return f"did you mean {quote(close[0])}?" if close else f"{otherwise} {', '.join(known)}"


def one_line(limit: int) -> Callable[[object], str]:
    """Text of one line and at most `limit` characters; it may be empty."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise SettingError("must be text, in quotes")
        if not value.isprintable() or len(value) > limit:
            raise SettingError(f"must be one line of at most {limit} characters")
        return value.strip()

    return read


def text(value: object) -> str:
    """One line that says something: a name."""
    line = one_line(MAX_TEXT)(value)
    if not line:
        raise SettingError("must not be empty")
    return line


def switch(value: object) -> bool:
    """On or off."""
    if not isinstance(value, bool):
        raise SettingError("must be true or false, without quotes")
    return value


def choice(*words: str) -> Callable[[object], str]:
    """One of a closed list of words."""

    def read(value: object) -> str:
        if isinstance(value, str) and value in words:
            return value
        close = near(value, words) if isinstance(value, str) else []
        hint = f"did you mean {quote(close[0])}?" if close else ""
        raise SettingError(f"must be one of {', '.join(words)}", hint)

    return read


def number(low: float, high: float, rule: str) -> Callable[[object], float]:
    """A number from `low` to `high`; `rule` is the sentence of the error."""

    def read(value: object) -> float:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            raise SettingError(rule)
        return float(value)

    return read


def whole(low: int, high: int, rule: str) -> Callable[[object], int]:
    """A whole number from `low` to `high`; `rule` is the sentence of the error."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise SettingError(rule)
        return value

    return read


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(\d{1,7})\s*([smhd])")


def span(low: int, high: int, rule: str) -> Callable[[object], int]:
    """A length of time in seconds, from a whole number or from "15m", "2h", "1d"."""

    def read(value: object) -> int:
        match = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
        return check(int(match[1]) * _UNITS[match[2]] if match else value)

    check = whole(low, high, rule)
    return read
