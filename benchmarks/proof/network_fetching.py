"""A process that fetches what it is told to, and says what became of it and what memory it took.

    python -m benchmarks.proof.network_fetching guarded NAME=URL …
    python -m benchmarks.proof.network_fetching plain NAME=URL …

`guarded` fetches as the program does; `plain` with httpx as its documentation has it: a stream, and
a cap of 5 MiB on what comes out of it. A name with a star before it is a drip: both have the same
seconds for silence, and the program less than usual for the whole.
"""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CAP = 5 * 2**20  # bytes: where `plain` stops reading
MOST = 1536 * 2**20  # bytes of address space for `plain`: its machine is to survive
PATIENCE = 1  # second after which `plain` is stopped, where nothing else does
QUICK = 0.4  # seconds instead of the program's 30


def peak() -> float:
    """MiB that this process had at most. Not by getrusage: that counts its parent's before exec."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


async def guarded(urls: dict[str, str]) -> dict[str, str]:
    """The reason that each came to nothing for; "" for what came."""
    from feeds.fetch import fetch  # noqa: PLC0415
    from feeds.http import Client  # noqa: PLC0415
    from feeds.limits import Limits  # noqa: PLC0415
    from feeds.types import Feed, FeedError, FetchState  # noqa: PLC0415

    quick = Limits(total=QUICK)
    ends = {}
    async with (
        Client(allow_private_addresses=True) as usual,
        Client(allow_private_addresses=True, limits=quick) as hasty,
    ):
        for name, url in urls.items():
            client = hasty if name.startswith("*") else usual
            found = await fetch(client, Feed(url=url), FetchState())
            ends[name] = found.reason if isinstance(found, FeedError) else ""
    return ends


def plain(urls: dict[str, str]) -> dict[str, str]:
    """The same by httpx alone."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))
    return {name: _plainly(url) for name, url in urls.items()}


def _plainly(url: str) -> str:
    import httpx  # noqa: PLC0415

    try:
        with (
            _patience(),
            httpx.Client(timeout=QUICK, follow_redirects=True, trust_env=False) as client,
            client.stream("GET", url) as answer,
        ):
            size = 0
            for piece in answer.iter_bytes():
                size += len(piece)
                if size > CAP:
                    return "too-large" if size < 2 * CAP else "past its cap"
            return ""
    except httpx.HTTPError as error:
        return type(error).__name__
    except MemoryError:
        return "out of memory"
    except TimeoutError:
        return "no end"


@contextmanager
def _patience() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)


def main() -> None:
    """Fetch, and print one line of JSON."""
    how, *pairs = sys.argv[1:]
    urls = dict(pair.split("=", 1) for pair in pairs)
    ends = asyncio.run(guarded(urls)) if how == "guarded" else plain(urls)
    print(json.dumps({"ends": ends, "peak": peak()}))


if __name__ == "__main__":
    main()
