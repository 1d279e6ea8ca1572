"""Logs on standard error: one line an event, whatever a feed puts into a title."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_NOTHING: Mapping[str, str] = {}
_BOUND = ContextVar("bound", default=_NOTHING)


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Every line that is logged within, in this task, carries these: which feed, which poll."""
    token = _BOUND.set({**_BOUND.get(), **values})
    try:
        yield
    finally:
        _BOUND.reset(token)


class JsonLines(logging.Formatter):
    """One JSON object a line; ASCII only, so no character of a feed's can break or colour it."""

    def format(self, record: logging.LogRecord) -> str:
        """The event with its time, level, words, and what was bound to it."""
        return json.dumps(_event(self, record), default=str)


class TextLines(logging.Formatter):
    """One line for people; what could break or colour it is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, words, then what was bound to it."""
        event = _event(self, record)
        line = f"{event.pop('at')} {event.pop('level'):<7} {event.pop('event')}"
        trace = event.pop("traceback", "").splitlines()
        bound = " ".join(f"{key}={value}" for key, value in event.items() if key != "logger")
        return "\n".join(map(escaped, (f"{line} {bound}".rstrip(), *trace)))


def _event(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, str]:
    event = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
        **_BOUND.get(),
    }
    event.update({k: str(v) for k, v in vars(record).items() if k not in _STANDARD})
    if record.exc_info:
        event["traceback"] = formatter.formatException(record.exc_info)
    return event


def escaped(text: str) -> str:
    """A line fit for a terminal: control, escape and bidirectional characters as their numbers."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def set_up(level: str, form: str) -> None:
    """Send the program's logs to standard error, as `[log]` says."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # That a job's turn was skipped since the last one still ran is no news on a busy machine.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.getLogger("wirewatch").setLevel(level.upper())
