"""A worker whose clock somebody sets: it ends, and says why; the others go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fleet import Fleet, fleet
from tests.support.postgres import server
from tests.support.program import until


def stepped(one: Fleet, step: int) -> None:
    """Two workers at work; then the clock of one of them is moved."""
    one.start()
    one.start(str(step))
    one.first_round()
    until(lambda: one.count("SELECT count(*) FROM procrastinate_workers") == 4, what="both")
    one.program.config.with_name("clock").touch()


@pytest.mark.parametrize(("step", "words"), [(-3600, "s behind"), (3600, "s ahead of")])
def test_one_whose_clock_is_wrong_ends_and_nothing_is_lost(
    tmp_path: Path, step: int, words: str
) -> None:
    with server() as running, fleet(running, tmp_path) as one:
        stepped(one, step)
        assert one.workers[1].wait(20) == 1
        assert f"{words} the database's; set it" in one.log.read_text()
        one.publish()
        one.make_due()
        one.settle()
        assert (one.lost(), one.twice(), one.unsent(), one.unmarked()) == (0, 0, 0, 0)
        assert one.end() == [0, 1]


def test_one_that_trusts_its_own_clock_goes_on(tmp_path: Path) -> None:
    """The twin."""
    with server() as running, fleet(running, tmp_path, build="trusting") as one:
        stepped(one, 3600)
        one.publish()
        one.make_due()
        one.settle()
        assert one.end() == [0, 0]
