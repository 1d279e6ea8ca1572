"""Rows about the long run: months of polls, a daemon that hangs, and inputs that nobody thought of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import tzinfo
from functools import partial
from typing import Any
from unittest import mock

import feeds.dates
import feeds.urls
import monitor.tagging.shadow
from benchmarks.measure import ROOT
from benchmarks.proof.endurance_watchdog import BACK, WATCHDOG, watchdog
from benchmarks.proof.fuzzing import fuzz
from benchmarks.proof.properties import outcome, properties, tried_machine
from benchmarks.proof.row import Outcome, Row, Scale
from monitor.store import Store
from tests.support.careless import nothing_in_doubt

# ── soak ─────────────────────────────────────────────────────────────────────────────────────────

POLLS, FEEDS, HOSTILE = 50_000, 150, 5  # the last in a hundred
# Of the clocks: an interval a second, and in 50,000 polls more than the three days of the window in
# which copies are looked for, which is filled by the middle.
SPEED = 2_400
MOST_GROWTH = 1.0  # MB per 10,000 polls
# The same in the short form, which is over before the program is warm. What keeps all that it polled
# grows by 500 and more.
MOST_WARMING = 150.0
MOST_FILES, MOST_WAL = 150, 96.0  # open descriptors: as many fetches as there may be, twice; MB
DOCUMENTS = 1_000  # after which a parser is replaced


def soak(scale: Scale, *, keep: bool = False) -> Outcome:
    polls = scale.of(POLLS // 5 if keep else POLLS, 400)
    command = [sys.executable, "-m", "benchmarks.soak", "--json", f"--polls={polls}"]
    command += [f"--feeds={FEEDS}", f"--hostile={HOSTILE}", f"--speed={SPEED}", "--warm-up=0.5"]
    command += [f"--every={scale.of(500, 20)}", *["--keep"] * keep]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    hostile = sum(found["hostile"].values())
    files = [count for _, count in found["files"]]
    half = len(files) // 2
    calm = max(files) <= MOST_FILES and sum(files[half:]) / len(files[half:]) <= 1.5 * max(
        files[:half]
    )
    grown = found["slope"] <= scale.of(1, 0) * MOST_GROWTH + scale.of(0, 1) * MOST_WARMING
    recycled = max(0, found["parsers"] - 4)
    figure = (
        f"{found['polls']:,} polls, {hostile:,} of them hostile, in {found['seconds'] / 60:.1f} min: "
        f"memory {found['slope']:+.2f} MB per 10,000 polls{' (warming up)' * scale.short}, "
        f"{max(files)} open files at most, WAL {found['largest_wal']:.0f} MB at most, {recycled} parsers "
        f"replaced, {found['lost']:,} of {found['served']:,} entries lost"
    )
    held = grown and calm and found["largest_wal"] <= MOST_WAL and found["sound"]
    held = held and not found["lost"] and hostile >= 0.8 * polls * HOSTILE / 100
    return Outcome(figure=figure, held=held and recycled >= 0.8 * polls // DOCUMENTS)


# ── properties ───────────────────────────────────────────────────────────────────────────────────


def _trusting() -> AbstractContextManager[object]:
    """Every address is one."""
    careless = partial(_canonical_of, feeds.urls._host)  # noqa: SLF001
    return mock.patch.object(feeds.urls, "_canonical", careless)


def _canonical_of(host: Callable[[Any], str], url: str) -> object:
    parts = feeds.urls.urlsplit(url.strip())
    return parts._replace(netloc=host(parts)) if parts.netloc else None


def _no_zones() -> AbstractContextManager[object]:
    """A date's zone is not read: what feedparser does with KST."""

    def default(_rest: str, zone: tzinfo, _language: str) -> tzinfo:
        return zone

    return mock.patch.object(feeds.dates, "_zone", default)


def _no_way_back() -> AbstractContextManager[object]:
    """Folding keeps no account of lengths."""
    shadow = monitor.tagging.shadow
    nothing = lambda _self, _before: shadow._Trace()  # noqa: E731, SLF001
    return mock.patch.object(shadow._Step, "trace", nothing)  # noqa: SLF001


def outbox(scale: Scale, *, careless: bool = False) -> Outcome:
    from tests.properties.test_outbox import Outbox  # noqa: PLC0415 - it wants Hypothesis

    lives = scale.of(200, 12)
    forgetting = mock.patch.object(Store, "doubt_unfinished", nothing_in_doubt)
    if not careless:
        came = tried_machine(Outbox, lives, scale.seed)
    else:
        with forgetting:
            came = tried_machine(Outbox, lives, scale.seed)
    return outcome("lives of an outbox", [came], lives)


# ── fuzzing ──────────────────────────────────────────────────────────────────────────────────────

MINUTES = float(os.environ.get("FUZZ_MINUTES", "4"))


def fuzzed(scale: Scale, target: str, *, careless: bool = False) -> Outcome:
    seconds = 3 if scale.short else round(60 * MINUTES)
    came = fuzz(target, scale.folder, seconds=seconds, seed=scale.seed % 2**31, careless=careless)
    figure = (
        f"{came.executions:,} inputs in {seconds / 60:g} min, {came.covered:,} branches reached: "
    )
    figure += came.escape or "0 escapes"
    enough = came.executions >= scale.of(5_000, 50) and came.covered >= 300
    return Outcome(figure=figure, held=not came.escape and came.ended and enough)


def _fuzz_row(target: str, what: str, without: str) -> Row:
    return Row(
        name=f"fuzz_{target}",
        promise=f"inputs that coverage leads to, into {what}: no exception, no crash, none over 5 s",
        run=partial(fuzzed, target=target),
        without=without,
        twin=partial(fuzzed, target=target, careless=True),
        needs=("atheris",),
        minutes=MINUTES + 3,
        short=False,
    )


# At every change tests/properties tries the same with few examples, and that the twins fail.
def _property_row(name: str, promise: str, without: str, spoilt: Any) -> Row:
    run = properties(f"test_{name}", (5_000, 200))
    twin = partial(run, spoilt=spoilt)
    return Row(name=name, promise=promise, run=run, without=without, twin=twin, short=False)


ROWS = (
    Row(
        name="soak",
        promise=(
            f"{POLLS:,} polls, {HOSTILE}% of the answers hostile or broken: memory grows by less than "
            f"{MOST_GROWTH:g} MB per 10,000 polls, files and WAL stay bounded, parsers are replaced, every "
            "honest entry is stored"
        ),
        run=soak,
        without="letting go: all records are kept",
        twin=partial(soak, keep=True),
        minutes=25,
    ),
    Row(
        name="watchdog",
        promise=(
            f"the loop or the writing thread hangs: the service manager notices within {WATCHDOG} s, it "
            f"polls again within {WATCHDOG + BACK} s, no alert is lost or doubled"
        ),
        run=watchdog,
        without="feeding the watchdog by work: a timer feeds it",
        twin=partial(watchdog, by_timer=True),
        minutes=6,
    ),
    _property_row(
        "urls",
        "any address: an answer, one spelling, the bytes of path and query kept",
        "the care for addresses that are none",
        _trusting,
    ),
    _property_row(
        "dates",
        "any date: an answer, and where the standard library has one, the same",
        "reading zones",
        _no_zones,
    ),
    _property_row(
        "text",
        "any text: what is shown is clean, and every place in its folded form leads back to its letters",
        "the account of what folding changed",
        _no_way_back,
    ),
    Row(
        name="outbox",
        promise=(
            "news, sends, lost answers, crashes and retries in any order, on the real store: nothing lost, "
            "no second copy that does not say so"
        ),
        run=outbox,
        without="doubting what a crash interrupted",
        twin=partial(outbox, careless=True),
        short=False,
    ),
    _fuzz_row(
        "parse",
        "decoding, mending and parsing of feeds",
        "mending documents, and forgiving what feedparser fails on",
    ),
    _fuzz_row("tag", "the tagger with the bundled watchlist", "room for half characters"),
    _fuzz_row(
        "pages",
        "list pages, sitemaps, JSON, bundled adapters and articles",
        "the care for addresses that are none",
    ),
)
