"""The desk, served on this machine in a thread, over the evidence of the demo."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import uvicorn

from monitor.demo.findings import run
from monitor.review.server import browser


@dataclass
class Served:
    """A desk that runs in a thread of its own."""

    url: str
    folder: Path
    server: uvicorn.Server
    thread: threading.Thread

    @property
    def reviews(self) -> Path:
        return self.folder / "reviews.db"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


def serve(folder: Path, *, now: datetime | None = None) -> Served:
    """The desk over `folder`/wirewatch.db, on a port of its own; `now` if its clock shall stand."""
    clock = {"clock": lambda: now} if now else {}
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config("", log_level="error", lifespan="off"))
    ready = threading.Event()

    async def main() -> None:
        datasette = browser(folder / "wirewatch.db", reviewer="anna", **clock)
        await datasette.invoke_startup()
        server.config.app = datasette.app()
        asyncio.get_running_loop().call_soon(ready.set)
        await server.serve(sockets=[listening])

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert ready.wait(30), "the desk did not start"
    return Served(url=url, folder=folder, server=server, thread=thread)


def demo(folder: Path) -> None:
    """Some sixty stories, learnt on the real path: two polls of eight feeds on loopback."""
    work = run(folder / "wirewatch.db", on_poll=lambda: None)
    with ThreadPoolExecutor(1) as apart:  # Playwright may have a loop in this thread
        apart.submit(asyncio.run, work).result()
