"""Histories and the state that each comes to. The rule is pure: no database, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from feeds.http import Limits
from feeds.mojibake import garbled_note
from feeds.types import Feed, FeedError, Fetched, FetchState, NotModified, ParsedFeed
from monitor import health
from monitor.health import ADVICE, STATES, TROUBLE, WELL, find, moved, settle, span
from monitor.records import Health, Observation, Past, PastPoll, PollRow, StoredFeed

START = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
URL = "https://one.example/feed"
NEW_URL = "https://one.example/new"
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one poll brings."""

    seen: int = 10
    overlap: int | None = 9
    status: str = "ok"
    seconds: float = 0.2
    error: FeedError | None = None
    moved: str = ""
    notes: tuple[str, ...] = ()
    at: str = URL  # where it came from
    pause: timedelta = QUARTER  # before it
    baseline: bool = False


def failing(reason: str, status: int | None = None) -> Answer:
    error = FeedError(url=URL, reason=reason, message="m", http_status=status)
    return Answer(status="error", seen=0, overlap=None, error=error)


FIRST = Answer(baseline=True, overlap=None)
GOOD = Answer()
SAME = Answer(status="not-modified", seen=0, overlap=None)
EMPTY = Answer(seen=0, overlap=0)
ROLLED = Answer(overlap=0)
SLOW = replace(SAME, seconds=20.0)
DNS = failing("dns")
BUSY = failing("http", 503)
LIMIT = failing("http", 429)
LOST = failing("http", 404)
PAGE = failing("not-a-feed", 200)
GONE = failing("http", 410)
MOVED = Answer(moved=NEW_URL, at=NEW_URL)
MOVED_SAME = replace(SAME, at=NEW_URL, moved=NEW_URL)


@dataclass
class Life:
    """A feed whose polls follow one another, as the store would keep them."""

    feed: StoredFeed = field(
        default_factory=lambda: StoredFeed(
            id=1,
            feed=Feed(url=URL),
            state=FetchState(),
            host="one.example",
            interval=900,
            health=Health(),
            failures=0,
            next_poll_at=START,
            last_success_at=None,
        )
    )
    now: datetime = START
    polls: list[PastPoll] = field(default_factory=list)
    had_items: bool = False

    def poll(self, answer: Answer, arrivals: tuple[datetime, ...] = ()) -> Health:
        self.now += answer.pause
        seen = self._seen(answer)
        row = PollRow(
            status=answer.status,
            seen=answer.seen,
            unchanged=answer.overlap or 0,
            overlap=answer.overlap,
            baseline=answer.baseline,
        )
        past = Past(
            polls=tuple(self.polls[: health.RECENT]), arrivals=arrivals, had_items=self.had_items
        )
        after = settle(seen, find(seen, row, past, self.now))
        failures = self.feed.failures + 1 if answer.error else 0
        self.feed = replace(self.feed, health=after, failures=failures, move=moved(seen))
        self.polls.insert(
            0,
            PastPoll(
                at=self.now,
                seconds=answer.seconds,
                status=answer.status,
                seen=answer.seen,
                overlap=answer.overlap,
                baseline=answer.baseline,
            ),
        )
        self.had_items = self.had_items or answer.seen > 0
        return after

    def _seen(self, answer: Answer) -> Observation:
        found: Fetched | NotModified | FeedError
        if answer.error:
            found = answer.error
        elif answer.status == "ok":
            found = Fetched(url=answer.at, headers={}, body=b"", wire_bytes=1, state=FetchState(),
                            permanent_url=answer.moved)  # fmt: skip
        else:
            found = NotModified(
                url=answer.at, http_status=304, state=FetchState(), permanent_url=answer.moved
            )
        return Observation(
            feed=self.feed,
            started_at=self.now,
            seconds=answer.seconds,
            answer=found,
            result=ParsedFeed(notes=answer.notes) if isinstance(found, Fetched) else found,
            state=FetchState(),
        )


def lived(*answers: Answer) -> Health:
    life = Life()
    return [life.poll(answer) for answer in answers][-1]


# history → state, polls in a row on that side
HISTORIES = {
    "first": ((FIRST,), "ok", 1),
    "lives on": ((FIRST, GOOD, SAME, GOOD), "ok", 4),
    # what may pass by itself is let pass once
    "one outage": ((FIRST, DNS), "ok", 0),
    "two outages": ((FIRST, DNS, DNS), "unreachable", 2),
    "outages apart": ((FIRST, DNS, GOOD, DNS, GOOD, DNS), "ok", 0),
    "server's fault": ((FIRST, BUSY, DNS, LIMIT), "unreachable", 3),
    "never there": ((DNS,), "unreachable", 1),
    "never there, long": ((DNS, DNS, DNS), "unreachable", 3),
    # what stands until somebody does something is believed at once
    "no such page": ((FIRST, LOST), "unreachable", 1),
    "a web page": ((FIRST, PAGE), "not a feed", 1),
    "a web page after an outage": ((FIRST, DNS, PAGE), "not a feed", 2),
    "an outage in between": ((FIRST, PAGE, DNS), "unreachable", 2),
    "gone": ((FIRST, GONE), "gone", 1),
    "gone, again": ((FIRST, GONE, GONE), "gone", 2),
    "gone, and back": ((FIRST, GONE, GOOD), "ok", 1),
    "back": ((FIRST, LOST, LOST, GOOD), "ok", 1),
    "back, and an outage": ((FIRST, LOST, LOST, GOOD, DNS), "ok", 0),
    # empty
    "always empty": ((Answer(seen=0, overlap=None, baseline=True), EMPTY), "ok", 2),
    "emptied": ((FIRST, GOOD, EMPTY), "empty", 1),
    "still empty, by 304": ((FIRST, EMPTY, SAME, SAME), "empty", 3),
    "still empty after an outage": ((FIRST, EMPTY, DNS, DNS, SAME), "empty", 3),
    "still empty after a long time": ((FIRST, EMPTY, *[SAME] * 30), "empty", 31),
    "filled again": ((FIRST, EMPTY, GOOD), "ok", 1),
    # dropping items
    "rolled once": ((FIRST, GOOD, ROLLED, GOOD), "ok", 4),
    "rolled twice": ((FIRST, GOOD, ROLLED, ROLLED), "dropping items", 1),
    "rolled, with others between": ((FIRST, ROLLED, GOOD, SAME, ROLLED), "dropping items", 1),
    "rolls no more": ((FIRST, ROLLED, ROLLED, *[GOOD] * 9), "ok", 1),
    "daily edition": ((FIRST, ROLLED, *[SAME] * 12, ROLLED), "ok", 15),
    "rolled while it failed": ((FIRST, LOST, ROLLED, LOST, ROLLED), "ok", 1),
    "rolled while we slept": (
        (FIRST, *[replace(ROLLED, pause=timedelta(days=1))] * 3), "ok", 4
    ),
    # slow
    "slow": ((FIRST, SLOW, SLOW, SLOW), "slow", 4),
    "slow now and then": ((FIRST, SLOW, SAME, SAME, SLOW, SAME), "ok", 6),
    "quick again": ((FIRST, SLOW, SLOW, SLOW, SAME, SAME, SAME), "ok", 7),
    # moved
    "moved": ((FIRST, MOVED), "moved", 2),
    "moved, by 304": ((FIRST, MOVED, MOVED_SAME), "moved", 3),
    "moved and back": ((FIRST, MOVED, SAME), "ok", 3),
    "sent on for now": ((FIRST, replace(GOOD, at=NEW_URL), replace(SAME, at=NEW_URL)), "ok", 3),
}  # fmt: skip


@pytest.mark.parametrize("name", HISTORIES)
def test_histories(name: str) -> None:
    answers, state, rounds = HISTORIES[name]
    after = lived(*answers)
    assert (after.state, after.rounds) == (state, rounds)


def test_each_state_is_reached_and_says_what_to_do() -> None:
    reached = {state for _, state, _ in HISTORIES.values()} | {"stale", "new"}
    assert reached == set(STATES) == set(ADVICE) == {*WELL, *TROUBLE}
    assert all(ADVICE[state] for state in STATES if state not in ("ok", "new"))


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("dns", "the host name could not be resolved: m"),
        ("internal", "a fault of this program, logged with its traceback: m"),
        ("not-a-feed", "m"),
        ("parse-crash", "m"),
        ("http", "m"),
    ],
)
def test_since_is_the_first_of_the_failures(reason: str, said: str) -> None:
    after = lived(FIRST, failing(reason, 500), failing(reason, 500), failing(reason, 500))
    assert after.since == START + 2 * QUARTER
    assert after.note == said


def test_spoilt_text_is_in_the_note_of_any_state_while_the_document_lasts() -> None:
    spoilt = replace(GOOD, notes=("a page was late", garbled_note(3, 20)))
    said = "3 of 20 entries are garbled: spoilt before they were published"
    assert lived(FIRST, spoilt).note == said
    assert lived(FIRST, spoilt, SAME, SAME).note == said
    both = lived(FIRST, replace(spoilt, moved=NEW_URL, at=NEW_URL))
    assert (both.state, both.note) == ("moved", f"it moved for good to {NEW_URL}; {said}")
    assert lived(FIRST, spoilt, GOOD).note == ""


def test_since_stays_while_the_state_does() -> None:
    assert lived(FIRST, GOOD, GOOD).since == START + QUARTER
    assert lived(FIRST, EMPTY, SAME, SAME).since == START + 2 * QUARTER
    assert lived(FIRST, SLOW, SLOW, SLOW, SLOW).since == START + 2 * QUARTER
    assert lived(FIRST, GOOD, ROLLED, ROLLED, ROLLED).since == START + 3 * QUARTER


def test_slow_is_half_of_what_a_fetch_may_take() -> None:
    assert Limits().total == 2 * health.SLOW


# ── stale ────────────────────────────────────────────────────────────────────────────────────────


def arrivals(*pauses: float) -> tuple[datetime, ...]:
    """The last one at START; pauses in days, the newest last. Newest first, as the store gives."""
    times = [START]
    for pause in reversed(pauses):
        times.append(times[-1] - timedelta(days=pause))
    return tuple(times)


DAILY = (1.0,) * 20
WEEKDAYS = (1.0, 1.0, 1.0, 1.0, 3.0) * 4
BUSY_DESK = (0.02,) * 1_000  # a new item every half hour, for twenty days
WEEKLY = (7.0,) * 12

QUIET = [
    ("daily", DAILY, 3.0, "ok"),
    ("daily", DAILY, 3.1, "stale"),
    ("weekdays", WEEKDAYS, 8.9, "ok"),
    ("weekdays", WEEKDAYS, 9.1, "stale"),
    ("busy", BUSY_DESK, 1.9, "ok"),  # a weekend is no silence, whatever the pauses were
    ("busy", BUSY_DESK, 2.1, "stale"),
    ("weekly", WEEKLY, 20.9, "ok"),
    ("weekly", WEEKLY, 21.1, "stale"),
    ("one outage of thirty days does not hide a silence", (*DAILY, 30.0, *DAILY), 3.1, "stale"),
    ("habits of two long pauses are habits", (*DAILY, 30.0, *DAILY, 30.0), 80.0, "ok"),
    ("eight pauses are none too few", (2.0,) * 8, 6.1, "stale"),
    ("seven are too few", (2.0,) * 7, 100.0, "ok"),
    ("two weeks are none too few", (1.4,) * 10, 5.0, "stale"),
    ("less is too short a time", (1.3,) * 10, 100.0, "ok"),
    ("monthly: too few", (30.0,) * 5, 150.0, "ok"),
    ("no history", (), 100.0, "ok"),
]


@pytest.mark.parametrize(("pauses", "days", "state"), [row[1:] for row in QUIET],
                         ids=[f"{row[0]}, {row[2]} days" for row in QUIET])  # fmt: skip
def test_quiet(pauses: tuple[float, ...], days: float, state: str) -> None:
    life = Life()
    life.poll(FIRST)
    known = arrivals(*pauses) if pauses else ()
    life.now = START + timedelta(days=days) - QUARTER
    after = life.poll(replace(SAME), known)
    assert after.state == state
    if state == "stale":
        assert after.since == START
        assert "nothing new for" in after.note


def test_a_stale_feed_that_brings_something_is_well() -> None:
    life = Life()
    life.poll(FIRST)
    life.now = START + timedelta(days=10)
    assert life.poll(SAME, arrivals(*DAILY)).state == "stale"
    assert life.poll(SAME, arrivals(*DAILY)).rounds == 2
    brought = replace(GOOD, overlap=9, seen=10)
    life.now += QUARTER
    assert life.poll(brought, ()).state == "ok"


def test_what_comes_now_ends_the_silence_before_the_ledger_knows_of_it() -> None:
    """The history is read before the poll is stored: its last arrival is the one before."""
    life = Life()
    life.poll(FIRST)
    life.now = START + timedelta(days=10)
    seen = life._seen(GOOD)
    past = Past(polls=tuple(life.polls), arrivals=arrivals(*DAILY), had_items=True)
    quiet = PollRow(status="ok", seen=10, unchanged=10, overlap=10)
    assert find(seen, quiet, past, life.now).state == "stale"
    assert find(seen, replace(quiet, new=1), past, life.now).state == "ok"


@pytest.mark.parametrize(
    ("hours", "said"), [(0.5, "30 min"), (1.9, "114 min"), (5, "5 h"), (47, "47 h"), (72, "3 days")]
)
def test_spans(hours: float, said: str) -> None:
    assert span(timedelta(hours=hours)) == said
