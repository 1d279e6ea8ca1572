"""The end of what runs side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Collection


async def until(work: asyncio.Task[None], end: asyncio.Event, seconds: float | None = None) -> None:
    """Wait until some work is done, or its end has come, or its time is up."""
    ending = asyncio.create_task(end.wait())
    try:
        await asyncio.wait((work, ending), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ending.cancel()


async def finished(tasks: Collection[asyncio.Task[None]], seconds: float) -> None:
    """Let tasks finish for so many seconds; then cancel what is left, and wait for that."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
