"""CSV that a spreadsheet shows and never runs.

A cell that begins with = + - @, a tab, a carriage return, a line feed or NUL is a formula, or
becomes one, in some spreadsheet (OWASP, CSV Injection); so does one with blanks or a quote before
that, and the full-width forms of the four signs. It gets an apostrophe in front, which spreadsheets
take for "text". A plain number such as -12.5 stays a number.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

# Python stops at 128 KiB a cell, for the whole process; an article's text may be longer.
csv.field_size_limit(64 * 1024 * 1024)

_STARTS = re.compile(r"[\s'\"]*[=+\-@＝＋－＠]|[\t\r\n\x00]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")


def inert(value: object) -> str:
    """One value as a cell that cannot act."""
    text = "" if value is None else str(value)
    if _NUMBER.fullmatch(text) or not _STARTS.match(text):
        return text
    return f"'{text}"


def write(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV (RFC 4180) of inert cells."""
    out = io.StringIO()
    csv.writer(out).writerows([inert(cell) for cell in row] for row in rows)
    return out.getvalue()


class Rewriter:
    """CSV in, inert CSV out, a piece at a time: for a stream that may be larger than memory."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> bytes:
        """As much as is whole rows by now."""
        text = self._rest + piece
        cut = _last_row_end(text)
        self._rest = text[cut:]
        return _rewritten(text[:cut])

    def finish(self) -> bytes:
        """The rest."""
        rest, self._rest = self._rest, b""
        return _rewritten(rest)


def _last_row_end(text: bytes) -> int:
    """Behind the last line end that stands in no quotes. Quotes within quotes come in pairs."""
    end = text.rfind(b"\n") + 1
    while end and text.count(b'"', 0, end) % 2:
        end = text.rfind(b"\n", 0, end - 1) + 1
    return end


def _rewritten(text: bytes) -> bytes:
    return write(_rows(text)).encode() if text else b""


def _rows(text: bytes) -> Iterator[list[str]]:
    yield from csv.reader(io.StringIO(text.decode("utf-8", "replace"), newline=""))
