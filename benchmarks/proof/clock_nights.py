"""Nights when the clocks change: digests and quiet hours by the clock on the wall."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.schedule import DAYS, Quiet, Schedule, next_due, quiet_until
from benchmarks.proof.clock_naive import naive_next_due, naive_quiet_until
from benchmarks.proof.clock_watching import watching
from benchmarks.proof.moved_clock import INTERVAL
from benchmarks.proof.row import Outcome, Scale

ZONES = ("Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Seoul")
HOURS = tuple(time_of_day(hour, minute) for hour in (0, 1, 2, 3, 7, 23) for minute in (0, 30))
QUIET = ((time_of_day(22), time_of_day(7)), (time_of_day(1), time_of_day(2, 30)))

NextDue = Callable[[Schedule, datetime], datetime]
QuietUntil = Callable[[Quiet, datetime], datetime | None]


@dataclass(slots=True)
class Year:
    """What years of digests and quiet hours came to."""

    digests: int = 0
    missed: int = 0
    twice: int = 0
    off: int = 0  # not at the time of day that was asked for
    looks: int = 0
    wrong: int = 0  # quiet when it should not be, not quiet when it should, or until another hour


def nights(scale: Scale, *, naive: bool) -> Outcome:
    """Play years, in every zone."""
    due, quiet = (naive_next_due, naive_quiet_until) if naive else (next_due, quiet_until)
    count = Year()
    years = range(2026, 2026 + scale.of(5, 1))
    for zone in ZONES:
        for year in years:
            for at in HOURS:
                _digests(year, Schedule(days=DAYS["daily"], at=at, zone=zone), due, count)
            sundays = Schedule(days=DAYS["sundays"], at=time_of_day(2, 30), zone=zone)
            _digests(year, sundays, due, count)
            for start, end in QUIET:
                hours = Quiet(start=start, end=end, zone=zone)
                _quiet(year, hours, quiet, count, minutes=scale.of(7, 37))
    figure = (
        f"{len(years)} years in {len(ZONES)} zones, {count.digests:,} digests: {count.missed} left out, "
        f"{count.twice} twice, {count.off} at another hour; {count.looks:,} looks at quiet hours: "
        f"{count.wrong} wrong"
    )
    held = not (count.missed or count.twice or count.off or count.wrong)
    return Outcome(figure=figure, held=held and count.digests > 20_000)


def _digests(year: int, schedule: Schedule, due: NextDue, count: Year) -> None:
    """A year, each digest asked for when the one before was sent."""
    place = ZoneInfo(schedule.zone)
    now = datetime(year, 1, 1, tzinfo=place).astimezone(UTC) - timedelta(seconds=1)
    end = datetime(year + 1, 1, 1, tzinfo=place).astimezone(UTC)
    sent: Counter[date] = Counter()
    while (now := due(schedule, now)) < end:
        local = now.astimezone(place)
        sent[local.date()] += 1
        count.off += (
            local.replace(tzinfo=None, fold=0) != _asked_for(local, schedule.at) or local.fold
        )
    day = date(year, 1, 1)
    while day.year == year:
        wanted = day.weekday() in schedule.days
        count.digests += sent[day]
        count.missed += max(0, wanted - sent[day])
        count.twice += max(0, sent[day] - wanted)
        day += timedelta(days=1)


def _asked_for(local: datetime, at: time_of_day) -> datetime:
    """The time of day that was asked for; as much later as the day skips there."""
    wall = datetime.combine(local.date(), at, tzinfo=local.tzinfo)
    return wall.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None)


def _quiet(year: int, quiet: Quiet, ends: QuietUntil, count: Year, *, minutes: int) -> None:
    """At any moment: quiet if the clock on the wall says so, until it says the end."""
    place = ZoneInfo(quiet.zone)
    now = datetime(year, 1, 1, tzinfo=UTC)
    while now.year == year:
        count.looks += 1
        end = ends(quiet, now)
        clock = now.astimezone(place).time()
        if quiet.start < quiet.end:
            within = quiet.start <= clock < quiet.end
        else:
            within = clock >= quiet.start or clock < quiet.end
        # In the very night one end of it may be a time that the night skips, or has twice.
        count.wrong += (end is not None) is not within and not _changes(now, place, hours=3)
        if end is not None:
            local = end.astimezone(place)
            count.wrong += local.replace(tzinfo=None, fold=0) != _asked_for(local, quiet.end)
        now += timedelta(minutes=minutes)


def _changes(moment: datetime, place: ZoneInfo, *, hours: int) -> bool:
    """Whether the clocks change within so many hours of a moment."""
    near = timedelta(hours=hours)
    before, after = ((moment + by).astimezone(place).utcoffset() for by in (-near, near))
    return before != after


# ── the daemon in such a night ───────────────────────────────────────────────────────────────────

# Where, when the first digest is due (half past two, by the clock on the wall), and when it would be
# again for one who counts hours: Berlin has 02:30 twice, New York has none, and takes 03:30 for it.
NIGHTS = (
    ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), timedelta(hours=1)),
    ("America/New_York", datetime(2026, 3, 8, 7, 30, tzinfo=UTC), timedelta(0)),
)
BEFORE = 90  # seconds before a digest is due at which the daemon starts: for two polls
SLOW = 15  # seconds that the daemon may take to start, and to send
RULE = """
[channel.desk]
type = "slack"
webhook_url = "env:WIREWATCH_SLACK_URL"

[[alert]]
name = "at night"
to = ["desk"]
mode = "digest"
schedule = "daily at 02:30 {zone}"
"""


def on_the_wall(scale: Scale, build: str = "daemon") -> Outcome:
    """The daemon with TZ set, shortly before a digest, and again when its hour seems to come back."""
    with ThreadPoolExecutor(len(NIGHTS)) as together:
        runs = [
            together.submit(_night, scale.folder / zone.partition("/")[2], build, zone, due, again)
            for zone, due, again in NIGHTS
        ]
        came = [run.result() for run in runs]
    gaps = [gap for found, _ in came for gap in found]
    sent = [digests for _, digests in came]
    figure = (
        f"{len(NIGHTS)} nights: {', '.join(map(str, sent))} digests where 1 each is due; longest gap "
        f"between polls {max(gaps):.2f} intervals"
    )
    return Outcome(figure=figure, held=max(gaps) <= 1.2 and sent == [1] * len(NIGHTS))


def _night(
    folder: Path, build: str, zone: str, due: datetime, again: timedelta
) -> tuple[list[float], int]:
    at = due - timedelta(seconds=BEFORE)
    with watching(folder, build, RULE.format(zone=zone), zone=zone, at=at) as watched:
        assert watched.asked(1, 60), watched.log()
        watched.publish()
        watched.asked(2, 1.5 * INTERVAL)
        _sleep_until(watched.began + BEFORE + SLOW)
        if again:
            watched.publish()
            watched.move("step", again.total_seconds() - BEFORE - SLOW)
            _sleep_until(watched.began + 2 * (BEFORE + SLOW))
        return watched.gaps(), watched.told()


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
