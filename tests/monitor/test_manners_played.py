"""Every manner, lie and failure of a publisher, played by a server: what follows from it.

A case is a feed's life, a poll a line of the script, each when the one before said. Of the last poll
it says when the next one is (`wait`, seconds; up to a tenth more is jitter), how the feed does
(`state`), and what the ledger has of it (`row`: columns; `note`: words in it).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feeds.manners import BACKOFF_MOST, JITTER, LEAST, PASSING_MOST, STOPPED
from tests.support.manners import (
    Play,
    Stage,
    Step,
    ok,
    raw,
    reset,
    same,
    silent,
    status,
    then,
    to,
)
from tests.support.servers import reply

QUARTER, HOUR, DAY = 900.0, 3_600.0, 86_400.0
SIX = 6 * HOUR
PAGE = b"<!doctype html><html><head><title>Log in</title></head><body>Please log in</body></html>"
NEW = "http://new.example/feed"
WEEKEND = "<skipDays><day>Saturday</day><day>Sunday</day></skipDays>"
ALL_HOURS = "<skipHours>" + "".join(f"<hour>{n}</hour>" for n in range(24)) + "</skipHours>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    polls: tuple[Step | float, ...]  # a number: so many seconds pass, whatever was due
    wait: float | tuple[float, float] | None  # None: never again
    state: str = "ok"
    status: str = "ok"
    note: str = ""
    error: str = ""
    row: dict[str, Any] = field(default_factory=dict)
    feed: dict[str, Any] = field(default_factory=dict)  # as its list has it
    sent: str | None = None  # the validators that the last request had: "etag date"; None: any
    asked: int = 1  # requests of the last poll
    pace: float | None = None
    dead: str = ""  # a host that cannot be resolved at the end
    hasty: bool = False  # the last poll waits for nobody


def case(*polls: Step | float, wait: float | tuple[float, float] | None, **other: Any) -> Case:
    return Case(polls=polls, wait=wait, **other)


ETAG = {"etag": '"v1"'}
BOTH = {"etag": '"v1"', "last_modified": "Sat, 21 Nov 2026 05:00:00 GMT"}
FAIL = status(500)
MOVED = {"/feed": to("/new"), "/new": ok(**ETAG)}
MOVED_304 = {"/feed": to("/new"), "/new": same}
AWAY = (MOVED, MOVED_304, MOVED_304)  # three in a row
AT_NEW = {"/new": same}

CASES: dict[str, Case] = {
    # ── conditional requests: RFC 9110 §13, §15.4.5 ──────────────────────────────────────────────
    "the first poll": case(ok(), wait=QUARTER, row={"new": 10, "baseline": 1, "overlap": None}),
    "an ETag goes back": case(ok(**ETAG), same, wait=QUARTER, status="not-modified", sent="etag"),
    "a date goes back": case(ok(last_modified=BOTH["last_modified"]), same, wait=QUARTER, status="not-modified", sent="date"),
    "both go back": case(ok(**BOTH), same, wait=QUARTER, status="not-modified", sent="etag date"),
    "nothing to send back": case(ok(), ok(), wait=QUARTER, status="unchanged", row={"http_status": 200}),
    "the ETag changed, the document did not": case(ok(etag='"a"'), ok(etag='"b"'), wait=QUARTER, status="unchanged"),
    "304 to one who did not ask": case(status(304, b""), wait=QUARTER, state="unreachable", status="error", error="304"),
    "304 with no end to its headers": case(ok(**ETAG), raw(b"HTTP/1.1 304 Not Modified\r\n"), wait=QUARTER, status="error", error="protocol"),
    "after a failure the validators stand": case(ok(**ETAG), FAIL, same, wait=QUARTER, status="not-modified", sent="etag"),
    "what was not understood is asked for in full": case(ok(**ETAG), status(200, PAGE, etag='"p"'), same, wait=QUARTER, state="ok", status="not-modified", sent="etag"),
    "12 hours of 304 end": case(ok(**ETAG), *[same, 1_000.0] * 2, 12 * HOUR, ok(**ETAG), wait=QUARTER, status="unchanged", sent="", note="whole document"),
    "11 hours of 304 do not": case(ok(**ETAG), 11 * HOUR, same, wait=QUARTER, status="not-modified", sent="etag"),
    "a server that lies with 304": case(ok(20, **ETAG), 13 * HOUR, ok(25, **ETAG), wait=QUARTER, row={"new": 5}, note="304 is not to be believed", sent=""),
    "one that does not": case(ok(20, **ETAG), 13 * HOUR, ok(25, etag='"v2"'), wait=QUARTER, row={"new": 5}, note="whole document", sent=""),
    "in full once, and then not again": case(ok(**ETAG), 13 * HOUR, ok(**ETAG), same, wait=QUARTER, status="not-modified", sent="etag"),
    # ── freshness: RFC 9111 §4.2, §5 ─────────────────────────────────────────────────────────────
    "max-age": case(ok(cache_control="max-age=1800"), wait=1_800),
    "max-age of a week": case(ok(cache_control="max-age=604800"), wait=HOUR),
    "max-age in capitals, quoted, among others": case(ok(cache_control='public, MAX-AGE="1800", stale-if-error=9'), wait=1_800),
    "max-age twice: the first": case(ok(cache_control="max-age=1800, max-age=3000"), wait=1_800),
    "max-age less than ours": case(ok(cache_control="max-age=60"), wait=QUARTER),
    "max-age that is no number": case(ok(cache_control="max-age=long"), wait=QUARTER),
    "max-age on a 304": case(ok(**ETAG), then(lambda *_: reply(status=304, headers=[("Cache-Control", "max-age=2000")], length=-1)), wait=2_000, status="not-modified"),
    "s-maxage is not for us": case(ok(cache_control="s-maxage=3000"), wait=QUARTER),
    "no-cache asks for nothing": case(ok(cache_control="no-cache"), wait=QUARTER),
    "no-store beside max-age": case(ok(cache_control="no-store, max-age=3000"), wait=QUARTER),
    "Age is taken off": case(ok(cache_control="max-age=3000", age="1000"), wait=2_000),
    "Age beyond max-age": case(ok(cache_control="max-age=3000", age="9000"), wait=QUARTER),
    "Age that is none": case(ok(cache_control="max-age=3000", age="old"), wait=3_000),
    "Expires": case(ok(expires="in 2400"), wait=2_400),
    "Expires by the server's own wrong clock": case(ok(date="Sat, 21 Nov 2020 06:00:00 GMT", expires="Sat, 21 Nov 2020 06:40:00 GMT"), wait=2_400),
    "Expires without a Date worth the name": case(ok(date="yesterday", expires="in 2400"), wait=QUARTER),
    "Expires: 0": case(ok(expires="0"), wait=QUARTER),
    "Expires in the past": case(ok(expires="in -2400"), wait=QUARTER),
    "Expires in 2099": case(ok(expires="Thu, 01 Jan 2099 00:00:00 GMT"), wait=HOUR),
    "max-age before Expires": case(ok(cache_control="max-age=0", expires="in 2400"), wait=QUARTER),
    # ── what the document says: RSS 2.0, RSS 1.0's syndication module ────────────────────────────
    "ttl": case(ok(channel="<ttl>40</ttl>"), wait=2_400),
    "ttl of a week": case(ok(channel="<ttl>10080</ttl>"), wait=HOUR),
    "ttl that is no number": case(ok(channel="<ttl>often</ttl>"), wait=QUARTER),
    "ttl is remembered over a 304": case(ok(channel="<ttl>40</ttl>", **ETAG), same, wait=2_400, status="not-modified"),
    "ttl is forgotten when it goes": case(ok(channel="<ttl>40</ttl>"), ok(21), wait=QUARTER),
    "the longest hint": case(ok(channel="<ttl>30</ttl>", cache_control="max-age=2000"), wait=2_000),
    "hourly, as WordPress has it": case(ok(channel="<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>"), wait=1_800),
    "hourly without a frequency": case(ok(channel="<sy:updatePeriod>hourly</sy:updatePeriod>"), wait=1_800),
    "four times an hour": case(ok(channel="<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"), wait=QUARTER),
    "daily": case(ok(channel="<sy:updatePeriod>daily</sy:updatePeriod>"), wait=HOUR),
    "a period of its own making": case(ok(channel="<sy:updatePeriod>often</sy:updatePeriod>"), wait=QUARTER),
    "no updates in a period": case(ok(channel="<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>"), wait=QUARTER),
    "skipHours": case(ok(channel="<skipHours><hour>6</hour><hour>7</hour></skipHours>"), wait=(2 * HOUR, 2 * HOUR + 360), note="hours skipped"),
    "skipHours that are over": case(ok(channel="<skipHours><hour>3</hour><hour>4</hour></skipHours>"), wait=QUARTER),
    "skipHours, all of them": case(ok(channel=ALL_HOURS), wait=SIX, note="hours skipped"),
    "skipHours of 24, which is midnight": case(ok(channel="<skipHours><hour>24</hour></skipHours>"), 17.9 * HOUR, ok(21, channel="<skipHours><hour>24</hour></skipHours>"), wait=(1.1 * HOUR, 1.21 * HOUR), note="hours skipped"),
    "skipDays: a weekend": case(ok(channel=WEEKEND), wait=SIX, note="hours skipped"),
    "skipDays that are not today": case(ok(channel="<skipDays><day>Monday</day></skipDays>"), wait=QUARTER),
    "skipDays over a 304": case(ok(channel=WEEKEND, **ETAG), same, wait=SIX, status="not-modified"),
    "a failure waits out no hours": case(ok(channel=WEEKEND), FAIL, wait=QUARTER, status="error"),
    # ── intervals ────────────────────────────────────────────────────────────────────────────────
    "an interval of the list's stands": case(ok(channel="<ttl>40</ttl>" + WEEKEND), wait=300, feed={"interval": 300}, pace=300),
    "a long one too": case(ok(channel="<ttl>40</ttl>"), wait=2 * HOUR, feed={"interval": 7200}, pace=7200),
    "polls in vain slow it down": case(ok(**ETAG), *[same] * 6, wait=QUARTER * 1.25**2, status="not-modified", pace=1_406),
    "to an hour at most": case(ok(**ETAG), *[same] * 14, wait=HOUR, status="not-modified", pace=HOUR),
    "not if the list says how often": case(ok(**ETAG), *[same] * 20, wait=QUARTER, status="not-modified", feed={"interval": 900}, pace=QUARTER),
    "news bring it back": case(ok(**ETAG), *[same] * 14, ok(21), wait=QUARTER, pace=QUARTER),
    "news at every poll make it faster": case(*[ok(20 + n) for n in range(6)], wait=720, pace=720),
    "a half of its window new": case(ok(20), ok(25), wait=QUARTER, pace=QUARTER, row={"overlap": 5}),
    "a fifth of it left": case(ok(20), QUARTER, ok(28), wait=562.5, pace=562, row={"overlap": 2}),
    "a window that rolled": case(ok(20), QUARTER, ok(60), wait=450, pace=450, row={"overlap": 0, "new": 10}, note="polled every"),
    "and again": case(ok(20), QUARTER, ok(60), 450.0, ok(100), wait=300, state="dropping items", pace=300, row={"overlap": 0}),
    "no faster than the fastest": case(ok(20), QUARTER, *[step for n in range(3, 9) for step in (ok(20 * n * 2), 300.0)], ok(900), wait=300, state="dropping items", pace=300),
    "a window that rolled while we were away": case(ok(20), 8 * HOUR, ok(60), wait=QUARTER, pace=QUARTER, row={"overlap": 0}),
    "no hint for one whose window rolls": case(ok(20, channel="<ttl>60</ttl>"), QUARTER, ok(60, channel="<ttl>60</ttl>"), wait=450, pace=450),
    "failures leave the pace": case(ok(20), QUARTER, ok(60), FAIL, wait=450, status="error", pace=450),
    # ── failures ─────────────────────────────────────────────────────────────────────────────────
    "one 500": case(ok(), FAIL, wait=QUARTER, status="error", error="500"),
    "two": case(ok(), FAIL, FAIL, wait=2 * QUARTER, state="unreachable", status="error"),
    "three": case(ok(), *[FAIL] * 3, wait=4 * QUARTER, state="unreachable", status="error"),
    "many that may pass": case(ok(), *[FAIL] * 12, wait=PASSING_MOST, state="unreachable", status="error"),
    "many that will not": case(ok(), *[status(404)] * 12, wait=BACKOFF_MOST, state="unreachable", status="error", error="404"),
    "and then it answers": case(ok(20), *[status(404)] * 12, ok(21), wait=QUARTER, row={"new": 1}),
    "403": case(ok(), status(403), wait=QUARTER, state="unreachable", status="error"),
    "a name that is gone": case(ok(), wait=QUARTER, status="error", error="dns", dead="one.example", asked=0),
    "a silent server": case(ok(), silent, hasty=True, wait=QUARTER, status="error", error="timeout", asked=1),
    "not HTTP": case(ok(), raw(b"220 mail.example ESMTP\r\n"), wait=QUARTER, status="error", error="protocol"),
    "a body cut short": case(ok(), raw(reply(b"x" * 50, length=500)), wait=QUARTER, status="error", error="protocol"),
    "a web page with 200": case(ok(), status(200, PAGE), wait=QUARTER, state="not a feed", status="error", error="not-a-feed"),
    "an empty answer": case(ok(), status(200, b""), wait=QUARTER, state="not a feed", status="error"),
    "204": case(ok(), status(204, b""), wait=QUARTER, state="unreachable", status="error", error="204"),
    "a feed that was emptied": case(ok(), ok(20, size=0), wait=QUARTER, state="empty", row={"seen": 0}),
    "410": case(ok(), status(410), wait=DAY, state="gone", status="error", error="410"),
    "410 twice": case(ok(), status(410), status(410), wait=None, state="gone", status="error"),
    "410 and back": case(ok(), status(410), ok(21), wait=QUARTER, row={"new": 1}),
    # ── Retry-After: RFC 9110 §10.2.3, RFC 6585 §4 ───────────────────────────────────────────────
    "429 for two hours": case(ok(), status(429, retry_after="7200"), wait=7_200, status="error", note="left alone until"),
    "503 for two hours": case(ok(), status(503, retry_after="7200"), wait=7_200, status="error", note="left alone until"),
    "503 until a date": case(ok(), status(503, retry_after="in 7200"), wait=7_200, status="error"),
    "429 until a date, without a Date": case(ok(), status(429, retry_after="in 7200", date="?"), wait=QUARTER, status="error"),
    "429 for ever": case(ok(), status(429, retry_after="999999999999"), wait=SIX, status="error"),
    "429 for no time": case(ok(), status(429, retry_after="0"), wait=QUARTER, status="error"),
    "429 for less than no time": case(ok(), status(429, retry_after="-5"), wait=QUARTER, status="error"),
    "429 in words": case(ok(), status(429, retry_after="later"), wait=QUARTER, status="error"),
    "429 without Retry-After": case(ok(), status(429), wait=QUARTER, status="error"),
    "a minute at least": case(ok(), status(429, retry_after="1"), wait=LEAST, status="error", feed={"interval": 60}),
    # ── redirects: RFC 9110 §15.4 ────────────────────────────────────────────────────────────────
    "301 once": case(MOVED, wait=QUARTER, state="moved", asked=2),
    "301 twice": case(MOVED, MOVED_304, MOVED_304, wait=QUARTER, state="moved", status="not-modified", asked=2),
    "301 three times: asked there": case(*AWAY, AT_NEW, wait=QUARTER, state="moved", status="not-modified", note="asked where it moved to"),
    "308 is the same": case(*[{"/feed": to("/new", 308), "/new": ok()}] * 3, {"/new": ok(21)}, wait=QUARTER, state="moved", row={"new": 1}),
    "302 is not": case(*[{"/feed": to("/new", 302), "/new": ok()}] * 4, wait=QUARTER, status="unchanged", asked=2),
    "301 and 302 in one chain are not": case(*[{"/feed": to("/a"), "/a": to("/new", 302), "/new": ok()}] * 4, wait=QUARTER, status="unchanged", asked=3),
    "three targets are none": case({"/feed": to("/a"), "/a": ok()}, {"/feed": to("/b"), "/b": ok()}, {"/feed": to("/a"), "/a": ok()}, {"/feed": to("/a"), "/a": ok()}, wait=QUARTER, state="moved", status="unchanged", asked=2),
    "taken back in time": case(MOVED, MOVED, ok(**ETAG), ok(**ETAG), wait=QUARTER, status="unchanged"),
    "a failure between does not count": case(MOVED, FAIL, MOVED_304, MOVED_304, AT_NEW, wait=QUARTER, state="moved", status="not-modified"),
    "the target is gone: the list's address": case(*AWAY, {"/new": status(404)}, ok(21), wait=QUARTER, row={"new": 1}, sent=""),
    "and that comes soon": case(*AWAY, {"/new": status(404)}, wait=QUARTER, state="unreachable", status="error"),
    "a 410 there does not stop it": case(*AWAY, {"/new": status(410)}, wait=QUARTER, state="gone", status="error"),
    "the target is a web page": case(*AWAY, {"/new": status(200, PAGE)}, MOVED, wait=QUARTER, state="moved", status="unchanged", asked=2),
    "the target is down for a while": case(*AWAY, {"/new": FAIL}, AT_NEW, wait=QUARTER, state="moved", status="not-modified"),
    "the target is down for longer": case(*AWAY, *[{"/new": FAIL}] * 3, ok(21), wait=QUARTER, row={"new": 1}),
    "after a week the list's is tried": case(*AWAY, 8 * DAY, {"/feed": to("/new"), "/new": ok(**ETAG)}, wait=QUARTER, state="moved", status="unchanged", asked=2, note="tried again"),
    "and followed if it came back": case(*AWAY, 8 * DAY, ok(21), ok(22), wait=QUARTER, row={"new": 1}),
    "if it fails, that is nothing": case(*AWAY, 8 * DAY, {"/feed": status(404)}, wait=QUARTER, state="moved", status="error", note="tried again"),
    "and for a week it is left alone": case(*AWAY, 8 * DAY, {"/feed": status(404)}, {"/new": ok(**ETAG)}, wait=QUARTER, state="moved", status="unchanged", row={"gap_since_at": None}),
    "the target moves on": case(*AWAY, {"/new": to("/newer"), "/newer": ok()}, {"/feed": to("/new"), "/new": to("/newer"), "/newer": ok()}, wait=QUARTER, state="moved", status="unchanged", asked=3),
    "to another host": case(*[{"/feed": to("http://new.example/there"), "/there": ok()}] * 3, {"/there": ok(21)}, wait=QUARTER, state="moved", row={"new": 1}, note="http://new.example"),
    "in a circle": case(ok(), to("/feed"), wait=QUARTER, state="unreachable", status="error", error="redirects", asked=6),
    "to nowhere": case(ok(), status(301), wait=QUARTER, state="unreachable", status="error", error="redirects"),
    "to a file": case(ok(), lambda *_: reply(status=301, headers=[("Location", "file:///etc/passwd")]), wait=QUARTER, state="unreachable", status="error", error="bad-url"),
    # ── one retry: RFC 9110 §9.2.2 ───────────────────────────────────────────────────────────────
    "a reset is tried again at once": case(ok(20), then(reset(), ok(21)), wait=QUARTER, asked=2, row={"new": 1}, note="reset at first"),
    "so is one that is shut": case(ok(20), then(raw(b""), ok(21)), wait=QUARTER, asked=2, row={"new": 1}, note="reset at first"),
    "and once only": case(ok(20), then(reset(), reset()), wait=QUARTER, status="error", error="connect", asked=2),
    "not with a byte of an answer": case(ok(20), reset(b"HTTP/1.1 200 OK\r\n"), wait=QUARTER, status="error", error="connect", asked=1),
    "not a 500": case(ok(20), then(FAIL, ok()), wait=QUARTER, status="error", asked=1),
    "not a silence": case(ok(20), then(silent, ok()), hasty=True, wait=QUARTER, status="error", error="timeout", asked=1),
    "after a redirect too": case(ok(20), {"/feed": to("/new", 302), "/new": then(reset(), ok(21))}, wait=QUARTER, asked=3, row={"new": 1}),
}  # fmt: skip


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


def lived(case: Case, play: Play) -> None:
    """The polls of a case, each when it is due."""
    due = False
    for step in case.polls:
        if isinstance(step, float):
            play.later(step)
            due = True
            continue
        if play.record and not due:
            play.later(play.wait())
        play.poll(step, hasty=case.hasty and step is case.polls[-1])
        due = False
    if case.dead:
        play.later(play.wait())
        play.stage.dead.add(case.dead)
        play.poll({})


def fields(play: Play) -> str:
    names = {"if-none-match": "etag", "if-modified-since": "date"}
    return " ".join(short for name, short in names.items() if name in play.asked[-1].headers)


def outcome(case: Case, stage: Stage, folder: Path) -> dict[str, Any]:
    """What became of it that is not as the case says."""
    with stage.play(folder, **case.feed) as play:
        lived(case, play)
        feed, row = play.feed, play.row
        found: dict[str, Any] = {
            "state": feed.health.state,
            "status": row["status"],
            "asked": len(play.asked),
            **{name: row[name] for name in case.row},
        }
        wanted = {"state": case.state, "status": case.status, "asked": case.asked, **case.row}
        wrong = {name: found[name] for name, want in wanted.items() if found[name] != want}
        if case.sent is not None and fields(play) != case.sent:
            wrong["sent"] = fields(play)
        if case.pace is not None and feed.pace != case.pace:
            wrong["pace"] = feed.pace
        for column, words in (("note", case.note), ("error", case.error)):
            if words not in row[column] or bool(row["error"]) != (case.status == "error"):
                wrong[column] = row[column]
        if not right_wait(case, play):
            wrong["wait"] = play.wait()
        return wrong


def right_wait(case: Case, play: Play) -> bool:
    if case.wait is None:
        return play.feed.next_poll_at == STOPPED
    low, high = case.wait if isinstance(case.wait, tuple) else (case.wait, case.wait * (1 + JITTER))
    return low - 1 <= play.wait() <= high + 1


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, stage: Stage, tmp_path: Path) -> None:
    assert outcome(CASES[name], stage, tmp_path) == {}


def always(value: object) -> object:
    return lambda *_, **__: value


TWINS = {
    "believes every 304": (
        ("monitor.pipeline.conditional", lambda state, **_: state),
        ("a server that lies with 304", "12 hours of 304 end"),
    ),
    "takes caches' time for its own": (
        ("feeds.freshness._age", always(0.0)),
        ("Age is taken off", "Age beyond max-age"),
    ),
    "waits as long as it is told": (
        ("feeds.freshness.HINT_MOST", 10 * DAY),
        ("max-age of a week", "ttl of a week", "Expires in 2099", "daily"),
    ),
    "sleeps through weekends": (
        ("feeds.freshness.SKIP_MOST", timedelta(days=3)),
        ("skipDays: a weekend", "skipHours, all of them"),
    ),
    "asks at one address": (
        ("monitor.pipeline.ask_at", lambda listed, *_: listed),
        ("301 three times: asked there", "to another host"),
    ),
    "moves at the first word": (
        ("feeds.moves.SETTLED", 1),
        ("301 twice", "taken back in time", "three targets are none"),
    ),
    "never looks back": (
        ("monitor.pipeline.ask_at", lambda listed, move, _now: move.to or listed),
        ("after a week the list's is tried", "and followed if it came back", "taken back in time"),
    ),
    "blames a feed for its old address": (
        ("monitor.judge.rechecked_in_vain", always(False)),
        ("if it fails, that is nothing",),
    ),
    "is not to be slowed down, nor hurried": (
        ("monitor.planning.next_pace", lambda pace, **_: pace),
        ("to an hour at most", "a window that rolled", "news at every poll make it faster"),
    ),
    "gives up at the first reset": (
        ("feeds.errors.TransferError.reset", property(always(False), always(None))),
        ("a reset is tried again at once", "so is one that is shut"),
    ),
    "obeys every Retry-After": (
        ("feeds.manners._clamped", lambda asked: asked),
        ("429 for ever",),
    ),
}


@pytest.mark.parametrize("twin", TWINS)
def test_a_careless_twin_is_found_out(
    twin: str, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (target, fault), names = TWINS[twin]
    monkeypatch.setattr(target, fault, raising=False)
    for number, name in enumerate(names):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert failing(CASES[name], stage, folder), name


def failing(case: Case, stage: Stage, folder: Path) -> bool:
    """Whether a case does not come out as it should; a request that nobody expects is that too."""
    try:
        return outcome(case, stage, folder) != {}
    except (KeyError, AssertionError):
        return True
