"""Datasette over the database: read-only, with every table and column described."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import click
import uvicorn
from datasette.app import Datasette

from monitor.errors import MonitorError
from monitor.store import connect
from monitor.store.describe import metadata

# Facets over a growing table may take longer than Datasette's 50 ms and would then be left out.
_SETTINGS = {"facet_time_limit_ms": 500, "default_page_size": 50, "allow_download": False}


def browser(database: Path) -> Datasette:
    """Datasette on a database that the daemon may be writing.

    Not `immutable`: that serves stale rows of a live file, then calls it malformed (measured).

    Raises:
        StoreError: there is no such database.
    """
    connect.open_reader(database).close()
    return Datasette(
        [str(database)], metadata=metadata(database.stem), settings=dict(_SETTINGS), memory=False
    )


def serve(database: Path, *, host: str, port: int) -> None:
    """Serve until Ctrl-C.

    Raises:
        StoreError: there is no such database.
        MonitorError: the address is taken or cannot be used.
    """
    asyncio.run(_serve(browser(database), host, port))


async def _serve(datasette: Datasette, host: str, port: int) -> None:
    await datasette.invoke_startup()
    server = uvicorn.Server(uvicorn.Config(datasette.app(), log_level="warning"))
    with _listen(host, port) as listening:
        shown = listening.getsockname()
        click.echo(f"Datasette: http://{shown[0]}:{shown[1]}/   (Ctrl-C ends it)")
        await server.serve(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """Our own socket, so that a taken port is an error in words and port 0 tells what it became."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise MonitorError(f"cannot listen on {host} port {port}: {error}") from error
