"""The end of what runs side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Collection


async def finished(tasks: Collection[asyncio.Task[None]], seconds: float) -> None:
    """Let tasks finish for so many seconds; then cancel what is left, and wait for that."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
