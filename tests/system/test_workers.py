"""Workers that are lost, frozen and cut off: what they had begun is done by others, once."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from tests.support.fleet import GAP, SLACK, Fleet, fleet
from tests.support.postgres import server
from tests.support.program import until


def asked(one: Fleet) -> int:
    return sum(map(len, one.papers.times.values()))


def busy(one: Fleet) -> None:
    """Until polls are under way, of news."""
    before = asked(one)
    one.publish()
    one.make_due()
    until(lambda: asked(one) > before + 2, what="polls")


def freeze(one: Fleet, number: int, seconds: float) -> None:
    group = one.workers[number].pid
    os.killpg(group, signal.SIGSTOP)
    one.publish()
    time.sleep(seconds)
    os.killpg(group, signal.SIGCONT)


def test_nothing_is_lost_or_doubled_when_workers_and_the_database_are(tmp_path: Path) -> None:
    with server(durable=True) as running, fleet(running, tmp_path) as one:
        one.start()
        one.start()
        one.first_round()
        until(lambda: one.count("SELECT count(*) FROM procrastinate_workers") == 4, what="both")
        busy(one)
        one.workers[0].kill()  # its parsers are left to end by themselves
        busy(one)
        freeze(one, 1, 5.0)  # nobody is left meanwhile
        one.start()
        busy(one)
        freeze(one, 1, 6.0)  # the other takes over
        running.stop()
        time.sleep(1.0)
        running.start()
        busy(one)
        one.settle()
        assert (one.lost(), one.twice(), one.miscounted(), one.torn_stories()) == (0, 0, 0, 0)
        assert (one.unsent(), one.unmarked()) == (0, 0)
        assert one.papers.shortest() >= GAP - SLACK
        assert one.end() == [-signal.SIGKILL, 0, 0]
