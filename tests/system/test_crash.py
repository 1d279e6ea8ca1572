"""Why an outbox. That the program has one, and what a kill -9 does to it: `make proof`, area crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from alerts.deliver import Settlement
from tests.support.learning import LearningDesk, entry

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
