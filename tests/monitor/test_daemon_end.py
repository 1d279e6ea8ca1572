"""The end of the daemon is no fault: a job that it finds under way is not logged as one."""

from __future__ import annotations

import asyncio
import logging

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.daemon import Every, _unless_ended


@pytest.mark.parametrize("guarded", [True, False])
def test_a_job_under_way_at_the_end(guarded: bool, caplog: pytest.LogCaptureFixture) -> None:
    """The twin without the guard shows that the fault would be seen."""

    async def ended() -> None:
        under_way = asyncio.Event()

        async def job() -> None:
            under_way.set()
            await asyncio.sleep(30)

        scheduler = AsyncIOScheduler()
        scheduler.add_job(
            _unless_ended if guarded else job, Every(0.01), args=(job,) if guarded else ()
        )
        scheduler.start()
        await under_way.wait()
        scheduler.shutdown(wait=False)
        for _ in range(5):
            await asyncio.sleep(0)

    with caplog.at_level(logging.ERROR):
        asyncio.run(ended())
    assert bool(caplog.records) is not guarded
