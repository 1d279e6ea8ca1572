"""Never two requests to one host within the gap: by the server's own log."""

from __future__ import annotations

import asyncio

import pytest

from feeds.errors import TransferError
from feeds.types import Fetched
from monitor.poller import TURN_MOST, Hosts
from tests.support.polite import log_of

GAP = 0.02  # seconds; benchmarks/politeness.py has the real one


def test_a_thousand_feeds_on_a_hundred_hosts() -> None:
    log, answers = log_of(count=1_000, hosts=100, gap=GAP)
    assert sum(isinstance(answer, Fetched) for answer in answers) == 1_000
    assert log.requests == 1_100
    assert len(log.times) == 100
    assert min(log.gaps()) >= GAP


class Rude(Hosts):
    """Asks whom it likes, when it likes."""

    def may(self, host: str) -> bool:
        return True


def test_the_log_would_show_a_poller_without_manners() -> None:
    log, _ = log_of(count=200, hosts=5, gap=GAP, keeper=Rude(GAP))
    assert min(log.gaps()) < GAP


def test_the_log_would_show_redirects_that_nobody_heeds() -> None:
    log, _ = log_of(count=200, hosts=20, gap=GAP, turns=False)
    assert min(log.gaps()) < GAP


def test_a_turn_is_waited_for_and_has_others_wait() -> None:
    async def run() -> None:
        hosts = Hosts(0.01)
        hosts.take("a")
        asyncio.get_running_loop().call_later(0.02, hosts.release, "a")
        async with hosts.turn("a"):
            assert not hosts.may("a")
        assert not hosts.may("a")

    asyncio.run(run())


def test_a_turn_that_does_not_come_is_an_error_that_passes() -> None:
    times = iter([0.0, 0.0, 0.0, TURN_MOST + 1, TURN_MOST + 1, TURN_MOST + 1])
    hosts = Hosts(5.0, clock=lambda: next(times, TURN_MOST + 1))
    hosts.take("a")

    async def run() -> None:
        async with hosts.turn("a"):
            raise AssertionError("it is not free")

    with pytest.raises(TransferError, match="asked by others first") as caught:
        asyncio.run(run())
    assert caught.value.reason == "timeout"
