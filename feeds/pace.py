"""How often a feed is worth asking, from what it has shown. Pure.

It begins at the configuration's interval and stays within bounds. Quiet feeds are asked less often,
since most polls of most feeds bring nothing; feeds whose window rolls over are asked before it can
do so again, since what comes and goes between two polls is never seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feeds.manners import LEAST

AMONG = 6  # polls that are looked at: fewer say nothing, more take half a day to agree
FEW, MANY = 1 / 3, 2 / 3  # Media Cloud's rss-fetcher: faster under a third, slower over two thirds
FASTER, SLOWER = 0.8, 1.25  # a step; three of them double or halve it
WINDOWS = 0.5  # of the time in which a window rolls: twice in it, as one poll may be late


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Within what the pace of feeds without an interval of their own may move, in seconds."""

    fastest: float = 300.0
    slowest: float = 3_600.0


def next_pace(
    pace: float,
    *,
    start: float,
    bounds: Bounds,
    brought: Sequence[bool],
    window: float | None = None,
) -> float:
    """Seconds between two polls from now on, where it was `pace` and began at `start`.

    `brought`: whether each of the last good polls brought something, newest first. Of AMONG, over
    two thirds in vain make it slower, under a third faster; news after a slow time bring it back to
    `start` at once, since news come together. `window`: seconds in which the whole document is
    replaced at the rate just seen (`window_lasts`); the next poll comes when half of it has.
    """
    lately = brought[:AMONG]
    if lately and lately[0]:
        pace = min(pace, max(start, bounds.fastest))
    vain = lately.count(False) / AMONG
    if len(lately) == AMONG and vain > MANY and not lately[0]:
        pace *= SLOWER
    elif len(lately) == AMONG and vain < FEW and lately[0]:
        pace *= FASTER
    if window is not None:
        pace = min(pace, WINDOWS * window)
    low, high = min(bounds.fastest, start), max(bounds.slowest, start)
    return max(min(pace, high), low, LEAST)


def window_lasts(elapsed: float, *, entries: int, overlap: int) -> float | None:
    """Seconds until a document of `entries` is replaced by others; None if nothing is.

    `overlap` of them were there `elapsed` seconds ago. With a third of them left the window lasts
    1.5 times as long, with none as long as that at most: how often it rolled cannot be known, so
    that each poll halves the pace until something is met again.
    """
    brought = entries - overlap
    return elapsed * entries / brought if brought > 0 and elapsed > 0 else None
