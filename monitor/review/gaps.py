"""What may have been missed, in one line: it stands above everything else on every page. Pure."""

from __future__ import annotations

from monitor.review.times import clock, count, day
from monitor.store.desk.types import Gap, GapsNow

_NAMED = 3  # gaps told in the line; the page of sources has them all


def line(now: GapsNow) -> str:
    """`2 of 41 sources have gaps since yesterday: Harbour Wire 02:10–05:40 (about 30 items), …`.

    "" if nothing was missed, as far as anyone can tell.
    """
    if not now.sources:
        return "No source is subscribed: nothing is being watched."
    if now.last_poll_at is None:
        return f"None of {count(now.sources, 'source')} has been polled yet: nothing is known."
    if not now.gaps:
        return ""
    verb = "has" if now.with_gaps == 1 else "have"
    told = ", ".join(_told(gap) for gap in now.gaps[:_NAMED])
    rest = ", …" if len(now.gaps) > _NAMED else ""
    sources = count(now.sources, "source")
    return f"{now.with_gaps} of {sources} {verb} gaps since yesterday: {told}{rest}"


def _told(gap: Gap) -> str:
    about = f" (about {count(gap.about, 'item')})" if gap.about else ""
    return f"{gap.source} {_span(gap)}{about}"


def _span(gap: Gap) -> str:
    begun = clock(gap.start)
    if gap.end is None:
        return f"since {day(gap.start)} {begun}"
    if gap.end.date() == gap.start.date():
        return f"{begun}–{clock(gap.end)}"
    return f"{day(gap.start)} {begun}–{clock(gap.end)}"


def nothing_new(now: GapsNow) -> str:
    """What an empty queue means: how far it reaches, and what may be missing from it."""
    if now.last_poll_at is None:
        return "Nothing has been polled yet."
    polled = f"{clock(now.last_poll_at)} UTC on {day(now.last_poll_at)}"
    return f"No new stories. The last poll was at {polled}. {_answered(now)}"


def _answered(now: GapsNow) -> str:
    gaps = f"{count(now.with_gaps, 'source')} had gaps since yesterday (see Sources)."
    if now.failing:
        return f"{now.failing} of {count(now.sources, 'source')} did not answer; {gaps}"
    if now.with_gaps:
        return f"All {count(now.sources, 'source')} answered; {gaps}"
    return f"All {count(now.sources, 'source')} answered, without a gap."
