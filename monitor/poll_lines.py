"""The log's line for a poll: what it brought, bound to its feed and to its row in the ledger."""

from __future__ import annotations

import logging

from monitor.clock import iso
from monitor.records import PollRecord

log = logging.getLogger("wirewatch.polls")


def log_poll(record: PollRecord) -> None:
    """At level `info` if it brought something or failed, else at `debug`.

    `poll` is the time at which it began, as `polls.started_at` has it.
    """
    seen, row = record.observation, record.row
    level = logging.INFO if row.new or row.changed or row.error else logging.DEBUG
    about = {"feed": seen.feed.feed.url, "poll": iso(seen.started_at)}
    log.log(level, "%s", _words(record), extra=about)


def _words(record: PollRecord) -> str:
    row = record.row
    if row.error:
        return f"poll failed: {row.error}"
    counts = ((row.new, "new"), (row.changed, "changed"), (len(record.gone), "gone"))
    said = ", ".join(f"{count} {word}" for count, word in counts if count)
    return f"polled, {row.status}: {said or 'nothing new'}"
