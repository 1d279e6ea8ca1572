"""The desk's server: Datasette over evidence and decisions, with our pages in front."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import pwd
import secrets
import socket
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import click
import uvicorn
from datasette.app import DEFAULT_SETTINGS, Datasette, DatasetteClient
from datasette.utils.asgi import Response

from monitor.config_desk import DeskConfig
from monitor.errors import BusyError, MonitorError, StoreError
from monitor.review.metadata import metadata
from monitor.review.served import Served, attach
from monitor.store import connect
from monitor.store.desk import decisions
from monitor.wall import wall_clock

_SETTINGS = {
    "facet_time_limit_ms": 500,  # over a growing table 50 ms are too few, and facets are left out
    "default_page_size": 50,
    "allow_download": False,
    "allow_signed_tokens": False,  # Datasette 1.0: they would be known to it and not to us
    "num_sql_threads": 6,  # pages of ten people beside a slow query of one of them
}

SECRET_FILE = "desk.secret"  # noqa: S105 - the name of a file
"""Signs sessions, so that they outlive a restart. Beside the database, for its owner only."""


def browser(
    database: Path,
    *,
    config: DeskConfig | None = None,
    reviewer: str = "",
    address: str = "127.0.0.1",
    watchlists: tuple[str | Path, ...] = (),
    clock: Callable[[], datetime] = wall_clock,
) -> Datasette:
    """The desk's Datasette on a database that the daemon may be writing. Makes the reviews' file.

    Not `immutable`: that serves stale rows of a live file, then calls it malformed (measured).
    `reviewer` is who judges where the settings name nobody and ask for no login.

    Raises:
        StoreError: there is no such database, or decisions cannot be kept beside it.
    """
    connect.open_reader(database).close()
    _fail_plainly()
    config = config or DeskConfig()
    reviews = decisions.beside(database)
    decisions.create(reviews)
    names = (database.stem, reviews.stem)
    datasette = Datasette(
        [str(database), str(reviews)],
        settings=_known({**_SETTINGS, "base_url": config.base_url}),
        secret=_secret(database.with_name(SECRET_FILE)),
        memory=False,
        **_described(metadata(*names)),
    )
    local = config.reviewer or reviewer or _system_user() if config.login == "none" else ""
    attach(
        datasette,
        Served(
            database=database,
            reviews=reviews,
            config=config,
            now=clock,
            address=address,
            watchlists=watchlists,
            local_reviewer=local,
            names=names,
        ),
    )
    datasette.client = DatasetteClient(datasette)  # 0.65 made its own before there was a desk
    return datasette


def _fail_plainly() -> None:
    """Keep the library rich out of Datasette's handling of failures, on both lines.

    It prints the variables of whatever failed, texts and settings among them, and fails itself over
    an address that leads nowhere.
    """
    # Not at the top: loaded before datasette.app, it would be no plugin of Datasette's.
    from datasette import handle_exception  # noqa: PLC0415

    handle_exception.rich = None


def _known(settings: dict[str, Any]) -> dict[str, Any]:
    """Without what this line of Datasette has no setting for."""
    return {name: value for name, value in settings.items() if name in DEFAULT_SETTINGS}


def _described(found: dict[str, Any]) -> dict[str, Any]:
    """Datasette 0.65 takes queries as metadata, 1.0 as configuration."""
    if hasattr(Datasette, "permission_allowed"):
        return {"metadata": found}
    queries = {
        name: {"queries": database.pop("queries", {})}
        for name, database in found["databases"].items()
    }
    return {"metadata": found, "config": {"databases": queries}}


def _system_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return "reviewer"


def _secret(path: Path) -> str:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip() or secrets.token_hex(32)
    except OSError as error:
        raise StoreError(f"{path}: cannot write beside the database: {error}") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(made := secrets.token_hex(32))
    return made


def serve(
    database: Path,
    *,
    host: str,
    port: int,
    config: DeskConfig | None = None,
    watchlists: tuple[str | Path, ...] = (),
) -> None:
    """Serve until Ctrl-C.

    Raises:
        StoreError: there is no such database, or decisions cannot be kept beside it.
        MonitorError: the address is taken, cannot be used, or would be open to others without a
            login; or another server keeps these decisions.
    """
    config = config or DeskConfig()
    address = _address(host, port)
    _refuse_open_desk(config, host, address)
    with _listen(address, port) as listening, _only_server(database):
        datasette = browser(database, config=config, address=address, watchlists=watchlists)
        asyncio.run(_serve(datasette, listening, config))


async def _serve(datasette: Datasette, listening: socket.socket, config: DeskConfig) -> None:
    await datasette.invoke_startup()
    # Headers of proxies are the guard's to believe, by address; uvicorn believes all of loopback.
    options = uvicorn.Config(
        datasette.app(), log_level="warning", proxy_headers=False, server_header=False, ws="none"
    )
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Desk: http://{shown}:{port}{config.base_url}   (Ctrl-C ends it)")
    await uvicorn.Server(options).serve(sockets=[listening])


def _address(host: str, port: int) -> str:
    try:
        return str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    except (OSError, UnicodeError) as error:
        raise MonitorError(f"cannot listen on {host} port {port}: {error}") from error


def _refuse_open_desk(config: DeskConfig, host: str, address: str) -> None:
    """Before anything listens: what others can reach asks who they are."""
    if config.login != "none":
        return
    if not ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        raise MonitorError(
            f"cannot listen on {host}: others could reach the desk there, and it asks for no "
            'login. Set `login = "password"` or "proxy" under [desk] in wirewatch.toml'
        )
    if config.hosts:
        raise MonitorError(
            f"`hosts` under [desk] names {config.hosts[0]}, by which others could reach the desk, "
            'and it asks for no login. Set `login = "password"` or "proxy" there too'
        )


def _listen(address: str, port: int) -> socket.socket:
    """Our own socket, so that a taken port is an error in words and port 0 tells what it became."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        raise MonitorError(f"cannot listen on {address} port {port}: {error}") from error


def _only_server(database: Path) -> Any:
    """Decisions have one writer, as the evidence has."""
    reviews = decisions.beside(database)
    try:
        return connect.lock(reviews)
    except BusyError as error:
        raise MonitorError(
            f"{reviews}: in use by process {error.owner}, another `wirewatch serve`; stop that one "
            "first, or open its address"
        ) from error


async def front(datasette: Any, request: Any) -> Response:  # noqa: ARG001 - every view is called so
    """The address alone leads to the desk; Datasette's pages stay one link away."""
    return Response.redirect(datasette.urls.path("/-/desk"), status=HTTPStatus.SEE_OTHER)
