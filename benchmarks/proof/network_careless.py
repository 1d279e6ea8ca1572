"""Builds of the program that trust the network: what the rows of `network` must be able to see.

    python -m benchmarks.proof.network_careless proxies poll --all

Little is imported before it is needed: the parser processes import this module again.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Take the care out, then be the program."""
    _spoil(sys.argv.pop(1))
    from monitor.cli import main as program  # noqa: PLC0415

    program()


def _spoil(how: str) -> None:
    {"proxies": _proxies, "late": _late, "memory": _memory}[how]()


def _proxies() -> None:
    """Uses what proxy the environment names, as HTTP libraries do."""
    from urllib.request import getproxies  # noqa: PLC0415

    from feeds.access import Keys  # noqa: PLC0415

    Keys.proxy = lambda _, url: getproxies().get(url.partition(":")[0], "")  # type: ignore[method-assign]


def _late() -> None:
    """No deadline but for silence, and names looked up where asyncio does."""
    import asyncio  # noqa: PLC0415
    import socket  # noqa: PLC0415

    from feeds import http  # noqa: PLC0415
    from feeds.errors import TransferError  # noqa: PLC0415
    from feeds.limits import Limits  # noqa: PLC0415
    from feeds.resolver import Resolver  # noqa: PLC0415

    async def resolve(_: Resolver, host: str) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None)
        except socket.gaierror as error:
            raise TransferError("dns", str(error)) from None
        return [str(entry[4][0]) for entry in found]

    Resolver.resolve = resolve  # type: ignore[method-assign]
    http.Limits = lambda: Limits(total=3600.0, connect=3600.0)  # type: ignore[misc, assignment]


def _memory() -> None:
    """Every document may take what it likes, up to what the machine can spare, and any number."""
    import asyncio  # noqa: PLC0415

    from feeds import room, workers  # noqa: PLC0415

    spare = 300 * 2**20  # bytes for each process
    start = workers.ParserPool.__init__

    def unlimited(self: workers.ParserPool, **settings: object) -> None:
        start(self, **{**settings, "memory": spare, "turn": asyncio.Semaphore(99)})  # type: ignore[arg-type]

    workers.ParserPool.__init__ = unlimited  # type: ignore[method-assign, assignment]
    workers.TRIAL = workers.DEADLINE
    room.Room.__init__.__defaults__ = (999,)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
