"""The other feeds' time: among a thousand, 32 that drip and 12 on hosts that are dead.

Inside a namespace, with the guard as it is: the feeds have public addresses, and names by a server
that never answers for eight of the dead; the other four take no connection.
"""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from ipaddress import ip_address

from benchmarks.proof.network_proxies import CARELESS
from benchmarks.proof.network_space import NameServer, have
from benchmarks.proof.network_world import INTERVAL, World
from benchmarks.proof.row import Outcome, Scale
from tests.support.hostile import item, rss
from tests.support.servers import Request, Script, drip, drip_after, head, reply

DRIPS, NAMELESS, MUTE = 32, 8, 4
LATE = 5.0  # seconds, at most, for 99 of 100
_NET = int(ip_address("93.184.0.0"))
_SILENT_PORT = 81
_GAP = 0.5  # seconds between two bytes
_SETTINGS = """watchlists = ["dprk-civilian"]
feeds = ["feeds.toml"]
[log]
format = "json"
"""


def _names(name: str, sixth: bool) -> list[str] | None:
    """`paper7.example` has an address of its own; `dead7.example` is never heard of."""
    host = name.partition(".")[0]
    if host.startswith("dead"):
        return None
    number = int("".join(filter(str.isdigit, host)) or 0)
    place = number + {"paper": 256, "drip": 32_768, "mute": 49_152}.get(
        host.rstrip("0123456789"), 1
    )
    return [] if sixth else [str(ip_address(_NET + place))]


def _dripping(request: Request) -> Script:
    """A byte each half second: of a head, of a body, or of one that is whole after 28 s."""
    number = int(request.target.rpartition("/")[2])
    if number % 3 == 0:
        return drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 99, gap=_GAP)
    if number % 3 == 1:
        return drip_after(head(200, [("Content-Length", "100000")]), gap=_GAP)
    whole = reply(rss(item(number)))
    return drip_after(whole[:-55], whole[-55:], gap=_GAP)


def _watched(scale: Scale, feeds: int, seconds: float, *command: str) -> Outcome:
    have("93.184.0.1/16")
    with ExitStack() as stack:
        stack.enter_context(NameServer(_names))
        silent = stack.enter_context(socket.create_server(("0.0.0.0", _SILENT_PORT), backlog=0))
        _filled(stack, silent)
        world = stack.enter_context(
            World(scale.folder, honest=feeds, hostile=_dripping, port=80,
                  host=lambda n: f"paper{n}.example")
        )  # fmt: skip
        if command:
            world.program.command = command
        world.subscribe(
            [
                *(f"http://drip{n}.example/drip/{n}" for n in range(DRIPS)),
                *(f"http://dead{n}.example/feed" for n in range(NAMELESS)),
                *(f"http://mute{n}.example:{_SILENT_PORT}/feed" for n in range(MUTE)),
            ],
            _SETTINGS,
        )
        with world.program.daemon() as daemon:
            first = world.first_round()
            _slept(daemon.process, seconds)
            found = world.lateness(first)
        dripped = sum(request.target.startswith("/drip/") for request in world.server.requests)
        dead = world.program.count("polls", "error LIKE 'dns%' OR error LIKE 'timeout%'")
    figure = (
        f"{feeds:,} feeds among {DRIPS} that drip ({dripped} times) and {NAMELESS + MUTE} on dead "
        f"hosts: {found.polls:,} polls, 99 of 100 within {found.p99:.2f} s of their time, the last "
        f"within {found.worst:.1f} s, {found.missed} intervals missed"
    )
    real = found.polls >= feeds and dripped >= DRIPS and dead >= NAMELESS + MUTE
    return Outcome(figure=figure, held=found.p99 < LATE and not found.missed and real)


def _filled(stack: ExitStack, silent: socket.socket) -> None:
    """Take the places of a listener that accepts nobody: whoever comes then hears nothing."""
    for _ in range(2):
        connection = stack.enter_context(socket.socket())
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", silent.getsockname()[1]))


def _slept(process: object, seconds: float) -> None:
    end = time.time() + seconds
    while time.time() < end and process.poll() is None:  # type: ignore[attr-defined]
        time.sleep(0.2)


def inside(scale: Scale) -> Outcome:
    """In the namespace: the daemon as it is."""
    return _watched(scale, 1_000, 2.5 * INTERVAL)


def without(scale: Scale) -> Outcome:
    """The build that waits for everybody, for fewer feeds and not as long."""
    return _watched(scale, 300, 1.5 * INTERVAL, *CARELESS[1:], "late")
