"""The network: what hostile servers, names and proxies can do to the program, and to others by it."""

from __future__ import annotations

from benchmarks.proof import (
    network_bombs,
    network_dark,
    network_memory,
    network_moves,
    network_proxies,
)
from benchmarks.proof.network_space import Inside
from benchmarks.proof.row import Row

ROWS = (
    Row(
        name="bombs",
        promise="Bombs, drips, lies and bodies without end are refused or cut off: at most 100 MiB",
        run=network_bombs.run,
        without="own limits: httpx, streaming, with a cap of 5 MiB",
        twin=network_bombs.twin,
        minutes=3,
    ),
    Row(
        name="ssrf",
        promise="No connection to an address that is not public, by any way out, road or spelling",
        run=Inside("network_ssrf.inside"),
        without="an own list of addresses: Python's `is_global`",
        twin=Inside("network_ssrf.without"),
        needs=("namespaces",),
        minutes=3,
    ),
    Row(
        name="rebinding",
        promise="A name that turns to an address within while it is used leads nowhere",
        run=Inside("network_rebinding.inside"),
        without="dialling what was judged: look first, then connect to the name",
        twin=Inside("network_rebinding.without"),
        needs=("namespaces",),
        minutes=3,
    ),
    Row(
        name="moves",
        promise="Redirects to addresses within, to files, in circles and from https to http are "
        "neither followed nor remembered",
        run=network_moves.run,
        without="a judge of addresses, and three polls before a move is believed",
        twin=network_moves.twin,
        minutes=3,
    ),
    Row(
        name="proxies",
        promise="No byte goes to a proxy that only the environment names",
        run=network_proxies.run,
        without="`trust_env=False`",
        twin=network_proxies.twin,
        minutes=3,
    ),
    Row(
        name="dark",
        promise="A failing feed is asked again within 60 s to 6 h whatever Retry-After says, 24 h "
        "where it takes people; it is back at the next poll, told of once as dark and once as "
        "recovered",
        run=network_dark.run,
        without="limits to Retry-After, and given up after three failures",
        twin=network_dark.twin,
        minutes=5,
    ),
    Row(
        name="late",
        promise="Among 1,000 feeds, 32 that drip and 12 on dead hosts delay no other: 99 of 100 "
        "polls within 5 s of their time, no interval missed",
        run=Inside("network_late.inside"),
        without="deadlines, and look-ups in threads of their own",
        twin=Inside("network_late.without"),
        needs=("namespaces",),
        alone=True,
        minutes=7,
        short=False,  # its parts: tests/feeds/test_resolver.py, tests/feeds/test_hostile_servers.py
    ),
    Row(
        name="memory",
        promise="The whole program stays within 250 MB while everything attacks it at once, and "
        "99 of 100 polls of the other 1,000 feeds within 5 s of their time",
        run=network_memory.run,
        without="limits on parsers, turns for what is large, and places for large bodies",
        twin=network_memory.twin,
        alone=True,
        minutes=7,
        short=False,  # its parts: tests/feeds/test_room.py, tests/feeds/test_workers.py
    ),
)
