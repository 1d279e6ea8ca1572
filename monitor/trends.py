"""Bursts, silences and returns: an entity named far more, or far less, than it ever is. Pure.

What is counted are stories, not copies, by the UTC day on which they were first seen, on days when
at least half of the feeds that name the entity answered.

A burst. Stories a day scatter more than chance alone makes them (one event brings several), so
the last HISTORY days are taken for a negative binomial: their mean, and a variance of their own
(Gamma-Poisson; Cameron and Trivedi, Regression Analysis of Count Data, chapter 3). How little a
short history tells of the mean is added to that variance. A day is a burst when so many stories
or more come on fewer than BURST_ODDS of such days, and they are at least LEAST_STORIES.

A silence. The days between one naming day and the next are taken for a Lomax distribution (waiting
times whose rate itself varies), fitted by mean and variance. A wait is a silence when so long a one
or a longer comes in fewer than SILENCE_ODDS of such waits, and it is half as long again as the
longest before.

A return. The first story after such a wait, if so long a one comes in fewer than RETURN_ODDS of
the waits of the HISTORY days before it, however long ago they were. The day after one without feeds
returns nobody: what was missed may only be catching up.

How often these are wrong on counts without any of them: tests/monitor/test_trends.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import exp, inf, lgamma, log, log1p
from statistics import fmean, variance

HISTORY = 180  # days: two seasons; older habits of a newsroom say little of today's
LEAST_DAYS = 28  # with feeds that answered, before anything is said: four weeks of weekdays
LEAST_STORIES = 3  # in a day; two are a coincidence
LEAST_WAITS = 15  # between naming days, before a silence can be told from habit
BURST_ODDS = 1e-4
SILENCE_ODDS = 1e-3
RETURN_ODDS = 1e-4  # each story ends a wait, so more waits are tried than are watched as silences
LONGER = 1.5  # than the longest wait before
LEAST_GAP = 7  # days without a story before one can be a return: of a daily name, none is shorter
MONTH = 30  # days
REST = 7  # days after a burst in which another one of the same entity is the same news


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """An entity's stories by day. Days of which nothing is known are not in `up`."""

    stories: Mapping[date, int]
    up: AbstractSet[date]  # days on which its feeds answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """More stories than a day of this entity's has."""

    day: date
    stories: int
    expected: float  # stories a day
    odds: float  # of as many or more


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A longer wait than this entity's are."""

    since: date  # the last day with a story
    days: int  # on which its feeds answered, since
    expected: float  # days from one naming day to the next
    longest: int  # of them
    odds: float  # of as long a wait or a longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """The first story after a silence."""

    day: date
    since: date  # the last day with a story before
    days: int  # of those between the two on which its feeds answered, `day` included
    a_month: float  # stories in thirty days, before the silence
    odds: float  # of as long a wait or a longer


def burst(series: Series, today: date) -> Burst | None:
    """Whether `today` is a burst so far. After a day without feeds it may only be catching up."""
    count = series.stories.get(today, 0)
    if count < LEAST_STORIES or not {today, today - timedelta(days=1)} <= series.up:
        return None
    days = _observed(series, today)
    if len(days) < LEAST_DAYS:
        return None
    counts = [series.stories.get(day, 0) for day in days]
    mean, size = _fit(counts)
    odds = _tail(count, mean, size)
    if odds >= BURST_ODDS:
        return None
    return Burst(day=today, stories=count, expected=mean, odds=odds)


def silence(series: Series, today: date) -> Silence | None:
    """Whether the entity is silent by the end of the day before `today`."""
    days = _observed(series, today)
    naming = [place for place, day in enumerate(days) if series.stories.get(day, 0)]
    waits = [later - earlier for earlier, later in pairwise(naming)]
    if not waits or series.stories.get(today, 0):
        return None
    wait = len(days) - naming[-1]
    odds = _odds(wait, waits)
    if odds >= SILENCE_ODDS:
        return None
    return Silence(
        since=days[naming[-1]],
        days=wait - 1,
        expected=fmean(waits),
        longest=max(waits),
        odds=odds,
    )


def may_return(series: Series, day: date) -> bool:
    """Whether a story of this day may be a return, as far as the few days before it tell."""
    before = (day - timedelta(days=ago) for ago in range(1, LEAST_GAP))
    return series.stories.get(day, 0) > 0 and not any(series.stories.get(d, 0) for d in before)


def comeback(series: Series, day: date) -> Return | None:
    """Whether `day` has the first story after a silence; `series` goes back to before that."""
    if not may_return(series, day) or not {day, day - timedelta(days=1)} <= series.up:
        return None
    since = max((d for d in series.stories if d < day), default=day)
    days = sorted(d for d in series.up if timedelta() <= since - d < timedelta(days=HISTORY))
    naming = [place for place, d in enumerate(days) if series.stories.get(d, 0)]
    wait = sum(since < d <= day for d in series.up)
    odds = _odds(wait, [later - earlier for earlier, later in pairwise(naming)])
    if odds >= RETURN_ODDS:
        return None
    stories = sum(series.stories.get(d, 0) for d in days)
    return Return(day=day, since=since, days=wait, a_month=MONTH * stories / len(days), odds=odds)


def _odds(wait: int, waits: Sequence[int]) -> float:
    """The odds of so long a wait or a longer one; 1 if one as long as that is no wonder."""
    if len(waits) < LEAST_WAITS or wait <= LONGER * max(waits):
        return 1.0
    return _longer(wait, waits)


def _observed(series: Series, today: date) -> list[date]:
    """The days before today of which something is known, oldest first."""
    earlier = (today - timedelta(days=ago) for ago in range(HISTORY, 0, -1))
    return [day for day in earlier if day in series.up]


def _fit(counts: Sequence[int]) -> tuple[float, float]:
    """Mean and size of the negative binomial of the next day: variance = mean + mean²/size.

    Half a story is added, so that a short or empty history is no certainty (Jeffreys' prior).
    """
    total = sum(counts) + 0.5
    mean = total / len(counts)
    spread = max(variance(counts) - mean, 0.0) / mean**2  # 1/size of the days
    return mean, 1 / (spread + 1 / total)


def _tail(count: int, mean: float, size: float) -> float:
    """The odds of `count` or more."""
    below = sum(exp(_log_mass(n, mean, size)) for n in range(count))
    return max(1 - below, 0.0)


def _log_mass(count: int, mean: float, size: float) -> float:
    chance = mean / (mean + size)
    return (
        lgamma(count + size)
        - lgamma(size)
        - lgamma(count + 1)
        + size * log1p(-chance)
        + count * log(chance)
    )


def _longer(wait: int, waits: Sequence[int]) -> float:
    """The odds of a wait of so many days or more: Lomax, or exponential where that fits."""
    mean, spread = fmean(waits), variance(waits)
    excess = spread - mean**2
    shape = 2 * spread / excess if excess > 0 else inf
    if shape == inf:
        return exp(-wait / mean)
    return exp(-shape * log1p(wait / (mean * (shape - 1))))


def days_up(feeds: AbstractSet[int], answered: Mapping[date, AbstractSet[int]]) -> frozenset[date]:
    """The days on which at least half of these feeds answered."""
    return frozenset(
        day for day, those in answered.items() if feeds and 2 * len(feeds & those) >= len(feeds)
    )


def rested(day: date, bursts: Iterable[date]) -> bool:
    """Whether no burst of the entity was told within the days before."""
    return all(day - told >= timedelta(days=REST) for told in bursts)
