"""Feeds that fail for long, and servers that ask us to come back never, or at once."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.proof.row import Outcome, Scale
from feeds import manners
from feeds.manners import BACKOFF_MOST, LEAST, STOPPED
from monitor import planning
from monitor.alarm import RULE, Watch
from tests.support.manners import Play, Stage, Step, ok, raw, reset, status

HOUR = 3_600.0
PAGE = b"<!doctype html><html><head><title>Log in</title></head><body>Please log in</body></html>"
RETRY_AFTER = ("0", "-1", "1", "1e12", "999999999999", "9" * 40, "1.5", "later", "60, 120",
               "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
               "Fri, 32 Foo 2026 25:61:61 GMT", "in 100000000", "in -5")  # fmt: skip
RECOVERED = 3  # good polls until that is told, as many as failures until those were


@dataclass(slots=True)
class Seen:
    """What all lives came to."""

    polls: int = 0
    wrong: int = 0  # waits outside of their limits
    longest: float = 0.0  # seconds
    late: list[str] = field(default_factory=list)  # what did not come back with the next poll
    told: dict[str, int] = field(default_factory=dict)  # messages, by kind of failure: not 1 and 1


def _kinds() -> dict[str, tuple[Step | str, float]]:
    """Kind of failure → what the server says ("dead": its name is gone), longest wait."""
    asked: dict[str, tuple[Step | str, float]] = {
        f"{code} with Retry-After {value!r}": (status(code, retry_after=value), 6 * HOUR)
        for code in (429, 503)
        for value in RETRY_AFTER
    }
    passing: dict[str, Step | str] = {
        "500": status(500),
        "502": status(502),
        "a reset connection": reset(),
        "no HTTP": raw(b"220 mail.example ESMTP\r\n"),
        "no name": "dead",
    }
    lasting: dict[str, Step | str] = {
        "404": status(404),
        "403": status(403),
        "a web page": status(200, PAGE),
        "nothing": status(200, b""),
    }
    asked |= {name: (step, 6 * HOUR) for name, step in passing.items()}
    return asked | {name: (step, BACKOFF_MOST) for name, step in lasting.items()}


def _lived(play: Play, kind: str, step: Step | str, most: float, polls: int, seen: Seen) -> None:
    """A good poll, so many that fail, and then good ones with something new."""
    play.desk = replace(play.desk, watch=Watch(to=("desk",)))
    play.poll(ok(20))
    play.later(play.wait())
    if step == "dead":
        play.stage.dead.add("one.example")
    for _ in range(polls):
        play.poll(step if step != "dead" else {})  # type: ignore[arg-type]
        seen.polls += 1
        wait = play.wait()
        seen.longest = max(seen.longest, min(wait, 1e9))
        if not LEAST <= wait <= most:
            seen.wrong += 1
            break
        play.later(wait)
    play.stage.dead.clear()
    if play.feed.next_poll_at <= play.now:
        play.poll(ok(21))
    if play.row["new"] != 1:
        seen.late.append(kind)
        return
    for last in range(22, 22 + RECOVERED):
        play.later(play.wait())
        play.poll(ok(last))
    told = _told(play)
    if [relation for relation, _ in told] != ["trouble", "recovery"]:
        seen.told[kind] = len(told)


def _told(play: Play) -> list[tuple[str, str]]:
    rows = play.store.db.query(
        "SELECT relation, payload FROM alerts WHERE rule = ? ORDER BY id", [RULE]
    )
    return [(row["relation"], json.loads(row["payload"])["title"]) for row in rows]


def _played(scale: Scale) -> Outcome:
    polls = scale.of(100, 12)
    seen, kinds = Seen(), _kinds()
    with Stage(scale.folder) as stage:
        for kind, (step, most) in kinds.items():
            with tempfile.TemporaryDirectory() as folder, stage.play(Path(folder)) as play:
                _lived(play, kind, step, most, polls, seen)
    figure = (
        f"{seen.polls:,} failing polls of {len(kinds)} kinds: {seen.wrong} waits outside of "
        f"60 s to 6 h (24 h where it takes people), {len(seen.late)} feeds not back at the next "
        f"poll, {len(seen.told)} not told of once as dark and once as recovered; "
        f"the longest wait {seen.longest / HOUR:,.1f} h"
    )
    held = not (seen.wrong or seen.late or seen.told) and seen.polls == polls * len(kinds)
    return Outcome(figure=figure, held=held)


def run(scale: Scale) -> Outcome:
    """Always asked again, never too soon; told of once."""
    return _played(scale)


def twin(scale: Scale) -> Outcome:
    """A server is obeyed, and after three failures a feed is given up."""
    usual = planning.next_poll_at

    def three_times(answer: Any, **known: Any) -> datetime:
        found = usual(answer, **known)
        return STOPPED if known["failures"] >= 3 else found

    manners._clamped = lambda asked: min(asked, 1e9)  # noqa: SLF001 - that is what the build lacks
    planning.next_poll_at = three_times
    return _played(scale)
