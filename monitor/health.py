"""How a feed does: one state, from its own history. Pure.

ok              it answers, and brings what it may be expected to
slow            SLOW_POLLS of its last SLOW_AMONG good answers took longer than SLOW seconds
moved           it sends us on to another address for good; the list still has the old one
unreachable     no answer, or a refusal. What may pass by itself counts from the second in a row
not a feed      an answer that is no feed: a web page, mostly
empty           a feed without entries, which had some
dropping items  ROLLED of its last ROLLED_AMONG polls, made in time, met nothing of what the poll
                before had seen: what came and went in between was never seen
stale           nothing new for LONGER times its second longest pause of HISTORY, at least QUIET.
                The longest may be an outage, which must not hide the next. Never said of a feed
                with fewer than LEAST_PAUSES pauses, or known for less than LEAST_SPAN
gone            the server says 410: gone for good

Spoilt text (feeds.mojibake) is no state: it is in the note of any.

The last six are trouble, and alerted (monitor/alarm.py). Where several hold, the worst is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise, takewhile

from feeds.errors import REASONS, one_line
from feeds.manners import is_gone, passing
from feeds.mojibake import noted
from feeds.moves import after
from feeds.types import FeedError, Move, ParsedFeed
from monitor.records import Health, Observation, Past, PastPoll, PollRow

SLOW = 15.0  # seconds: half of what a fetch may take at all
SLOW_POLLS, SLOW_AMONG = 3, 5
ROLLED, ROLLED_AMONG = 2, 10  # once is a busy hour
IN_TIME = 2.0  # intervals between two polls; after a longer pause of ours the window may roll over
LONGEST_IN_TIME = timedelta(hours=2)  # as feeds may ask to be left alone for an hour
HISTORY = timedelta(days=180)
LONGER = 3  # times its usual longest pause
QUIET = timedelta(days=2)  # shorter is a weekend
LEAST_PAUSES = 8
LEAST_SPAN = timedelta(days=14)
RECENT = ROLLED_AMONG  # polls that are looked at besides the present one

WELL = ("ok", "new", "slow", "moved")
TROUBLE = ("gone", "not a feed", "unreachable", "empty", "dropping items", "stale")  # worst first
STATES = (*TROUBLE, "moved", "slow", "new", "ok")

NO_FEED = {"not-a-feed", "parse-timeout", "parse-crash"}

ADVICE = {
    "ok": "",
    "new": "",
    "slow": "Nothing is lost. If it stays slow, give it a longer interval.",
    "moved": "Put the new address into the feed list in place of the old one.",
    "unreachable": "It is tried again by itself. If it stays so, open the address in a browser and "
    "look on the source's website for another feed.",
    "not a feed": "Open the address in a browser: a login, a notice or an error page may stand "
    "there. It is tried again by itself; look for another feed if it stays so.",
    "empty": "Open the address in a browser. If it is empty there too, look on the source's "
    "website for another feed.",
    "dropping items": "It is polled faster by itself, as far as fetch.fastest lets it. If it stays "
    "so, give it a shorter interval in the feed list.",
    "stale": "Look at the source's website. If there is news, this feed is no longer kept: look "
    "for another one.",
    "gone": "The publisher took it down: remove it from the feed list, or replace it. "
    "After a second 410 it is polled no more; `wirewatch poll` with its name tries once.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one poll, with the history, says."""

    state: str
    note: str = ""
    since: datetime | None = None  # None: this poll
    passing: bool = False  # it may pass by itself


def find(seen: Observation, row: PollRow, past: Past, now: datetime) -> Finding:
    """The state as it looks after this poll."""
    if isinstance(seen.result, FeedError):
        return _failed(seen, seen.result, past)
    polls = (
        _this(seen, row),
        *(poll for poll in past.polls if poll.status != "error"),
    )
    found = (
        _empty(seen, polls, past)
        or _dropping(seen, (_this(seen, row), *past.polls))
        or _stale(row, past.arrivals, now)
        or _moved(seen)
        or _slow(polls)
        or Finding(state="ok")
    )
    garbled = _garbled(seen)
    return replace(found, note="; ".join(filter(None, (found.note, garbled)))) if garbled else found


def settle(seen: Observation, found: Finding) -> Health:
    """The state after this poll: what may pass by itself must be seen twice in a row."""
    before, first = seen.feed.health, seen.feed.failures == 0
    if found.passing and first and before.state not in ("new", found.state):
        return replace(before, rounds=before.rounds if in_trouble(before) else 0)
    same_side = before.since is not None and in_trouble(before) == (found.state in TROUBLE)
    return replace(
        before,
        state=found.state,
        since=before.since if found.state == before.state else found.since or seen.started_at,
        note=found.note,
        rounds=before.rounds + 1 if same_side else _rounds(seen),
    )


def _rounds(seen: Observation) -> int:
    """How many polls a new state has lasted: a failure that was let pass counts."""
    return seen.feed.failures + 1 if isinstance(seen.result, FeedError) else 1


def in_trouble(health: Health) -> bool:
    """Whether the state is one that is alerted."""
    return health.state in TROUBLE


def _this(seen: Observation, row: PollRow) -> PastPoll:
    return PastPoll(
        at=seen.started_at,
        seconds=seen.seconds,
        status=row.status,
        seen=row.seen,
        overlap=row.overlap,
        baseline=row.baseline,
    )


def _failed(seen: Observation, error: FeedError, past: Past) -> Finding:
    state = "not a feed" if error.reason in NO_FEED else "unreachable"
    failing = [poll.at for poll in takewhile(lambda poll: poll.status == "error", past.polls)]
    return Finding(
        state="gone" if is_gone(error) else state,
        note=_said(error),
        since=min([seen.started_at, *failing]),
        passing=passing(error),
    )


def _said(error: FeedError) -> str:
    """What went wrong, in words: not every message is a sentence by itself."""
    if error.reason == "http" or error.reason in NO_FEED:
        return one_line(error.message)
    return one_line(f"{REASONS.get(error.reason, error.reason)}: {error.message}")


def _empty(seen: Observation, good: Sequence[PastPoll], past: Past) -> Finding | None:
    document = next((poll for poll in good if poll.status == "ok"), None)
    empty = document.seen == 0 if document else seen.feed.health.state == "empty"
    if not (empty and past.had_items):
        return None
    return Finding(state="empty", note="it answers with a feed that has no entries any more")


def _dropping(seen: Observation, polls: Sequence[PastPoll]) -> Finding | None:
    wait = max(timedelta(seconds=IN_TIME * seen.feed.interval), LONGEST_IN_TIME)
    rolled = [
        poll.at
        for poll, before in pairwise(polls[: ROLLED_AMONG + 1])
        if poll.overlap == 0
        and poll.seen > 0
        and not poll.baseline
        and before.status != "error"
        and poll.at - before.at <= wait
    ]
    if len(rolled) < ROLLED:
        return None
    note = (
        f"{len(rolled)} of the last {min(len(polls), ROLLED_AMONG)} polls met nothing of what the "
        "poll before had seen: items came and went in between"
    )
    return Finding(state="dropping items", note=note, since=min(rolled))


def _stale(row: PollRow, arrivals: Sequence[datetime], now: datetime) -> Finding | None:
    brought = row.new + row.changed + row.unchanged > (row.overlap or 0)
    if brought or len(arrivals) <= LEAST_PAUSES or arrivals[0] - arrivals[-1] < LEAST_SPAN:
        return None
    usual = sorted(later - earlier for later, earlier in pairwise(arrivals))[-2]
    if now - arrivals[0] <= max(LONGER * usual, QUIET):
        return None
    note = f"nothing new for {span(now - arrivals[0])}; its pauses were {span(usual)} at most"
    return Finding(state="stale", note=note, since=arrivals[0])


def _moved(seen: Observation) -> Finding | None:
    to = moved(seen).to
    return Finding(state="moved", note=f"it moved for good to {one_line(to)}") if to else None


def moved(seen: Observation) -> Move:
    """What is known after this poll of where permanent redirects lead."""
    return after(
        seen.feed.move,
        seen.result if isinstance(seen.result, FeedError) else seen.answer,
        listed=seen.feed.feed.url,
        asked=seen.asked,
        failures=seen.feed.failures + 1,
        now=seen.started_at,
    )


def _garbled(seen: Observation) -> str:
    """What is said of spoilt entries: by this document, or by the last one if it is the same."""
    if isinstance(seen.result, ParsedFeed):
        return noted("; ".join(seen.result.notes))
    return noted(seen.feed.health.note)


def _slow(good: Sequence[PastPoll]) -> Finding | None:
    slow = [poll for poll in good[:SLOW_AMONG] if poll.seconds > SLOW]
    if len(slow) < SLOW_POLLS:
        return None
    note = f"{len(slow)} of its last {len(good[:SLOW_AMONG])} answers took over {SLOW:g} s"
    return Finding(state="slow", note=note, since=slow[-1].at)


def span(time: timedelta) -> str:
    """`3 days`, `5 h`, `40 min`: in the largest unit of which there are two."""
    seconds = max(time.total_seconds(), 0.0)
    for unit, length in (("days", 86_400), ("h", 3_600)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 60:.0f} min"
