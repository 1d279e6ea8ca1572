"""kill -9 at any moment: nothing that was stored is torn, lost or doubled, and no alert is lost.

`WIREWATCH_KILLS=200 pytest -s tests/system/test_crash.py` prints what 200 kills came to.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pytest

from alerts.deliver import Settlement
from tests.support.learning import LearningDesk, entry
from tests.support.press import Press, article, mention
from tests.support.program import DESK, PATIENCE, Program, members, until
from tests.support.slack import SlackServer, shown

KILLS = int(os.environ.get("WIREWATCH_KILLS", "6"))
SEED = int(os.environ.get("WIREWATCH_SEED", "20261121"))
PAPERS = 8
REPEAT = "(possible repeat)"


@dataclass(slots=True)
class Story:
    """A program under fire, and what it was given."""

    program: Program
    press: Press
    slack: SlackServer
    dice: random.Random
    seconds: float = 0.0  # that a round takes when it is left alone
    kills: Counter[str] = field(default_factory=Counter)
    published: int = 0
    announced: set[str] = field(default_factory=set)  # titles that must have been alerted

    def publish(self) -> None:
        """A new article in every paper; one of them names a plant."""
        number = self.published = self.published + 1
        chosen = number % PAPERS
        for paper in range(PAPERS):
            new = (mention if paper == chosen else article)(number, paper=paper)
            self.press.articles[paper] += (new,)
        self.announced.add(self.press.articles[chosen][-1].title)

    def undisturbed(self) -> None:
        """A round that is left alone. What waits in the outbox goes out at one a second."""
        began = time.monotonic()
        self.program.run("poll", "--all", within=PATIENCE + 3 * len(self.announced))
        self.seconds = time.monotonic() - began

    def kill(self) -> None:
        """Start a round or the daemon, and end it at any moment of its work."""
        words = self.dice.choice((("poll", "--all"), ("run",)))
        if self.program.count_or_none("feeds"):
            self.program.make_due()
        pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        with self.program.start(*words, **pipes) as process:
            self._wait(process)
            if process.poll() is None:
                self.kills[words[0]] += 1
            process.send_signal(signal.SIGKILL)  # its parsers are left to end by themselves
            until(lambda: not members(process.pid), what="the parsers' end")
            assert process.stderr is not None
            # A parser that was being started may say that its parent is gone; we say nothing.
            assert "/monitor/" not in process.stderr.read().decode()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Until any moment of a round, or until shortly after a request or a message came.

        For those it waits longer, as a busy machine takes its time to start a program.
        """
        signs: tuple[tuple[float, Callable[[], int]], ...] = (
            (1.3, lambda: 0),
            (4.0, self.press.asked.total),
            (4.0, lambda: len(self.slack.accepted)),
        )
        rounds, sign = self.dice.choice(signs)
        before, end = sign(), time.monotonic() + self.dice.uniform(0, rounds) * self.seconds
        more = self.dice.uniform(0, 0.3)
        while process.poll() is None and time.monotonic() < end:
            if sign() > before:
                time.sleep(more)
                return
            time.sleep(0.005)


def assert_whole(program: Program) -> None:
    assert program.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert program.rows("PRAGMA foreign_key_check") == []


@pytest.mark.timeout(120 + 20 * KILLS)
def test_kills_at_any_moment(program: Program, slack: SlackServer) -> None:
    with Press(PAPERS) as press:
        story = Story(program=program, press=press, slack=slack, dice=random.Random(SEED))
        under_fire(story, lambda: story.kills.total() == KILLS)
        sys.stdout.write(report(story, slack))
        check(story, slack)


def under_fire(story: Story, enough: Callable[[], bool]) -> None:
    """Kill it until that is enough, then let it finish."""
    program = story.program
    story.slack.delay = 0.2  # so that some kills come between a message and its answer
    program.write(story.press.feeds, DESK)
    story.undisturbed()
    story.publish()
    while not enough():
        if story.dice.random() < 0.6:
            story.publish()
        story.kill()
        assert_whole(program)
    story.undisturbed()
    while program.count("alerts", "state <> 'sent'"):
        story.undisturbed()


@pytest.mark.timeout(120 + 20 * KILLS)
@pytest.mark.parametrize("build", ["after-commit", "unclaimed"])
def test_the_same_with_builds_that_take_no_care(
    program: Program, slack: SlackServer, build: str
) -> None:
    """One sends from memory what it has written off; one sends before it writes anything down."""
    program.command = ("-m", "tests.support.careless", build)
    with Press(PAPERS) as press:
        story = Story(program=program, press=press, slack=slack, dice=random.Random(SEED))

        def unmarked() -> int:
            return sum(not marked for _, marked in arrivals(slack)[1])

        def written_off() -> int:
            rows = program.rows(
                "SELECT payload ->> '$.title' AS title FROM alerts WHERE state = 'sent'"
            )
            return len({row["title"] for row in rows} - set(arrivals(slack)[0]))

        harm = written_off if build == "after-commit" else unmarked
        under_fire(story, lambda: bool(harm()) or story.kills.total() == 10 * KILLS)
        sys.stdout.write(report(story, slack))
    lost = story.announced - set(arrivals(slack)[0])
    if build == "after-commit":
        assert lost, "the harness does not see a loss"
    else:
        assert not lost
        assert unmarked(), "the harness sees no unmarked repeat"


def check(story: Story, slack: SlackServer) -> None:
    program = story.program
    found = {(row["feed"], row["guid"]): row["n"] for row in items(program)}
    given = {(p + 1, a.guid) for p in range(PAPERS) for a in story.press.articles[p]}
    assert found == dict.fromkeys(given, 1)
    assert program.rows("SELECT sum(new) AS n FROM polls")[0]["n"] == len(given)
    assert_whole(program)
    first, again = arrivals(slack)
    assert set(first) == story.announced
    assert len(again) <= story.kills.total()
    assert all(marked for _, marked in again)
    assert program.count("alerts") == len(story.announced)


def items(program: Program) -> list:
    return program.rows("SELECT feed, guid, count(*) AS n FROM items GROUP BY feed, guid")


def arrivals(slack: SlackServer) -> tuple[dict[str, bool], list[tuple[str, bool]]]:
    """Titles that arrived, and those that came again; each with whether it was marked a repeat."""
    first: dict[str, bool] = {}
    again = []
    for message in slack.accepted:
        title = message["blocks"][0]["text"]["text"]
        marked = REPEAT in shown(message)
        if title in first:
            again.append((title, marked))
        else:
            first[title] = marked
    return first, again


def report(story: Story, slack: SlackServer) -> str:
    first, again = arrivals(slack)
    given = sum(map(len, story.press.articles))
    stored = items(story.program)
    return (
        f"\n{story.kills.total()} kills ({story.kills['poll']} of poll, {story.kills['run']} of the "
        f"daemon), seed {SEED}: {given} articles, {given - len(stored)} lost, "
        f"{sum(row['n'] > 1 for row in stored)} stored twice; {len(story.announced)} alerts, "
        f"{len(story.announced - set(first))} lost, {len(again)} came again, "
        f"{sum(marked for _, marked in again)} of these marked, "
        f"{sum(first.values())} marked that had not come before"
    )


def test_kills_while_the_database_is_made(program: Program, slack: SlackServer) -> None:
    """The first start of all: whatever is there afterwards, the next start goes on from it."""
    dice = random.Random(SEED)
    with Press(2) as press:
        press.articles[0] = (article(1),)
        program.write(press.feeds)
        story = Story(program=program, press=press, slack=slack, dice=dice)
        story.undisturbed()
        for _ in range(max(3, KILLS // 5)):
            for file in program.folder.glob(f"{program.database.name}*"):
                file.unlink()
            story.kill()
            if program.database.exists():
                assert_whole(program)
            assert program.run("poll", "--all", "--json").json["polled"] == 2
            assert program.count("items") == 1


# ── why an outbox ────────────────────────────────────────────────────────────────────────────────

# A delivery in steps: what is done between two yields happens whole or not at all, and the program
# may die at each yield.
Steps = Iterator[None]
Sent = list[tuple[str, bool]]


def stored_then_sent(desk: LearningDesk, sent: Sent) -> Steps:
    """Without an outbox: store what is new, then send it."""
    new = desk.poll(entry(1), entry(2, "The mine opens a gallery")).items
    yield
    for item in new:
        sent.append((item.probe.entry.title, False))
        yield


def sent_then_stored(desk: LearningDesk, sent: Sent) -> Steps:
    """The other way round."""
    if desk.count("items") == 1:
        sent.append(("The mine opens a gallery", False))
        yield
        desk.poll(entry(1), entry(2, "The mine opens a gallery"))
        yield


def by_the_outbox(desk: LearningDesk, sent: Sent) -> Steps:
    """As the program does it: stored with its alert, claimed, sent, settled."""
    desk.store.doubt_unfinished()
    desk.poll(entry(1), entry(2, "The mine opens a gallery"))
    yield
    while row := desk.store.claim("desk", desk.now):
        yield
        sent.append(("The mine opens a gallery", row.in_doubt))
        yield
        done = Settlement(alert=row.id, state="sent", in_doubt=False, next_try_at=None, message="")
        desk.store.settle(done, desk.now)
        yield


def baseline(desk: LearningDesk, _: Sent) -> Steps:
    desk.poll(entry(1))
    yield


def live(folder: Path, deliver: Callable[[LearningDesk, Sent], Steps], steps: int) -> Sent:
    """One life of the program, which ends after so many steps."""
    sent: Sent = []
    desk = LearningDesk(folder)
    for _ in islice(deliver(desk, sent), steps):
        pass
    desk.close()
    return sent


@pytest.mark.parametrize(
    ("deliver", "loses", "repeats_unmarked"),
    [
        (stored_then_sent, True, False),
        (sent_then_stored, False, True),
        (by_the_outbox, False, False),
    ],
)
def test_only_the_outbox_loses_nothing_and_marks_what_it_repeats(
    tmp_path: Path,
    deliver: Callable[[LearningDesk, Sent], Steps],
    *,
    loses: bool,
    repeats_unmarked: bool,
) -> None:
    lives = []
    for steps in range(6):
        folder = tmp_path / str(steps)
        folder.mkdir()
        live(folder, baseline, 1)
        lives.append(live(folder, deliver, steps) + live(folder, deliver, 99))
    assert any(not sent for sent in lives) is loses
    assert any(not marked for sent in lives for _, marked in sent[1:]) is repeats_unmarked
