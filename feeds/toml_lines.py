"""Where each key of a TOML document stands: `tomllib` gives values without their lines.

Works on text that `tomllib` has accepted, so it only has to tell keys, strings and brackets apart.
"""

from __future__ import annotations

import bisect
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

Where = tuple[str | int, ...]
"""A key's place in the document: ("feed", 2, "url") is `url` in the third `[[feed]]`."""


class Span(NamedTuple):
    """First and last line of a key or a table, counted from 1."""

    first: int
    last: int


_TOKEN = re.compile(
    r'''
      (?P<skip>   [ \t]+ | \#[^\n]* )
    | (?P<newline>\r?\n )
    | (?P<string> """(?:\\.|[^\\])*?"{3,5}  |  \'\'\'.*?\'{3,5}
                | "(?:\\.|[^"\\\n])*"       |  '[^'\n]*' )
    | (?P<mark>   [\[\]{},=.] )
    | (?P<bare>   [^\s\[\]{},=."'\#]+ )
    ''',
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str
    first: int
    last: int


def key_spans(text: str) -> dict[Where, Span]:
    """The lines of every key, table and array element of a valid TOML document."""
    scan = _Scan(_tokens(text))
    scan.document()
    return scan.spans


class Spans(Mapping[Where, Span]):
    """The same, found out when it is first asked for: only a mistake is told with its line."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _found(self) -> dict[Where, Span]:
        try:
            return key_spans(self._text)
        except RecursionError:  # brackets within brackets nearly too deep: then without lines
            return {}

    def __getitem__(self, where: Where) -> Span:
        return self._found[where]

    def __iter__(self) -> Iterator[Where]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _tokens(text: str) -> list[_Token]:
    starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def line(offset: int) -> int:
        return bisect.bisect_right(starts, offset)

    return [
        _Token(match.lastgroup or "", match[0], line(match.start()), line(match.end() - 1))
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "skip"
    ]


class _Scan:
    """One pass over the tokens."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.spans: dict[Where, Span] = {}
        self.tables: dict[Where, int] = {}  # how many [[tables]] an array has so far

    def document(self) -> None:
        table: Where = ()
        while self.at < len(self.tokens):
            if self.tokens[self.at].kind == "newline":
                self.at += 1
            elif self._is("["):
                table = self._header()
            else:
                self._pair(table)

    def _is(self, mark: str) -> bool:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        return token is not None and token.kind == "mark" and token.text == mark

    def _header(self) -> Where:
        line = self.tokens[self.at].first
        self.at += 1
        array = self._is("[")
        self.at += array
        where = self._table(self._key(), array=array)
        self.at += 1 + array
        self._mark(where, line, line)
        return where

    def _table(self, parts: Where, *, array: bool) -> Where:
        where: Where = ()
        for part in parts[:-1]:
            where = self._newest((*where, part))
        where = (*where, parts[-1])
        if array:
            self.tables[where] = self.tables.get(where, 0) + 1
        return self._newest(where)

    def _newest(self, where: Where) -> Where:
        """A header reaches into the last table of an array of tables."""
        return (*where, self.tables[where] - 1) if where in self.tables else where

    def _pair(self, table: Where) -> None:
        first = self.tokens[self.at].first
        where = table + self._key()
        self.at += 1  # the equals sign
        self._value(where)
        self._mark(where, first, self.tokens[self.at - 1].last)

    def _key(self) -> Where:
        parts = [self._part()]
        while self._is("."):
            self.at += 1
            parts.append(self._part())
        return tuple(parts)

    def _part(self) -> str:
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "bare":
            return token.text
        return str(tomllib.loads(f"key = {token.text}")["key"])

    def _value(self, where: Where) -> None:
        if self._is("["):
            self._array(where)
        elif self._is("{"):
            self._inline(where)
        else:
            while self.at < len(self.tokens) and not self._ends_value():
                self.at += 1

    def _ends_value(self) -> bool:
        token = self.tokens[self.at]
        return token.kind == "newline" or (token.kind == "mark" and token.text in ",]}")

    def _array(self, where: Where) -> None:
        index = 0
        self._step()
        while not self._is("]"):
            first = self.tokens[self.at].first
            self._value((*where, index))
            self._mark((*where, index), first, self.tokens[self.at - 1].last)
            index += 1
            self._newlines()
            if self._is(","):
                self._step()
        self.at += 1

    def _inline(self, where: Where) -> None:
        self.at += 1
        while not self._is("}"):
            self._pair(where)
            self.at += self._is(",")
        self.at += 1

    def _step(self) -> None:
        self.at += 1
        self._newlines()

    def _newlines(self) -> None:
        while self.tokens[self.at].kind == "newline":
            self.at += 1

    def _mark(self, where: Where, first: int, last: int) -> None:
        """A table spans what stands in it, so every prefix grows too."""
        for length in range(1, len(where) + 1):
            old = self.spans.get(where[:length], Span(first, last))
            self.spans[where[:length]] = Span(min(old.first, first), max(old.last, last))
