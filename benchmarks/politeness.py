"""How polite a round is: `wirewatch poll --all` against a server that notes who was asked when.

    python -m benchmarks.politeness [--feeds 1000] [--hosts 100] [--gap 5] [--redirected 10] [--json]

Each host is a loopback address of its own; one feed in ten is redirected to another host. A gap is
what lies between an answer and the next request to the same host. Takes gap x feeds / hosts
seconds, a minute as it stands. Ends with status 1 if a gap was too short.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.measure import must, run, table
from tests.support.hostile import item, rss
from tests.support.polite import Log
from tests.support.servers import HttpServer, Request

SETTINGS = """
database = "polite.db"
feeds = ["feeds.toml"]

[fetch]
allow_private_addresses = true
host_gap = {gap}

[evidence]
keep = false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the server saw."""

    feeds: int
    hosts: int
    requests: int
    wanted_gap: float  # seconds
    shortest_gap: float
    median_gap: float
    too_short: int  # gaps below the wanted one
    seconds: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and fail if a host was crowded."""
    options = _options(arguments)
    figures = _measured(options)
    if options.json:
        print(json.dumps(asdict(figures), indent=2))
    else:
        print(table(list(asdict(figures)), [list(asdict(figures).values())]))
    sys.exit(1 if figures.too_short else 0)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--gap", type=float, default=5.0)
    parser.add_argument("--redirected", type=int, default=10, help="each n-th feed; 0 for none")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def _host(number: int) -> str:
    return f"127.1.{number // 250}.{number % 250 + 1}"


def _measured(options: argparse.Namespace) -> Figures:
    log = Log(answer=_document)
    with (
        tempfile.TemporaryDirectory(prefix="politeness-") as name,
        HttpServer(log.route, host="0.0.0.0") as server,
    ):
        folder = Path(name)
        (folder / "wirewatch.toml").write_text(SETTINGS.format(gap=options.gap))
        (folder / "feeds.toml").write_text("".join(_feeds(options, server.port)))
        command = [
            sys.executable,
            "-c",
            "from monitor.cli import main; main()",
            "poll",
            "--all",
            "--no-alerts",
        ]
        began = time.perf_counter()
        must(run([*command, "--config", str(folder / "wirewatch.toml")]))
        seconds = time.perf_counter() - began
    gaps = log.gaps() or [options.gap]
    return Figures(
        feeds=options.feeds,
        hosts=len(log.times),
        requests=log.requests,
        wanted_gap=options.gap,
        shortest_gap=round(min(gaps), 4),
        median_gap=round(median(gaps), 4),
        too_short=sum(gap < options.gap for gap in gaps),
        seconds=round(seconds, 1),
    )


def _document(request: Request) -> bytes:
    """A feed of its own for each address, so that nothing is taken for a copy of another's."""
    number = sum(ord(char) * 31**place for place, char in enumerate(request.target)) % 10**9
    return rss(item(number))


def _feeds(options: argparse.Namespace, port: int) -> list[str]:
    lines = []
    for number in range(options.feeds):
        host, other = _host(number % options.hosts), _host((number * 7 + 1) % options.hosts)
        elsewhere = options.redirected and number % options.redirected == 0
        path = f"to/{other}:{port}/{number}" if elsewhere else f"feed/{number}"
        lines.append(f'[[feed]]\nurl = "http://{host}:{port}/{path}"\nkind = "press"\n')
    return lines


if __name__ == "__main__":
    main()
