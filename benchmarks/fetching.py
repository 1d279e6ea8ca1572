"""What asking feeds costs beside the sockets alone: the fetch by itself, and the whole warm round.

    python -m benchmarks.fetching [--feeds 500] [--runs 5] [--asking] [--json]

CPU seconds per 1,000 feeds, from servers in another process, every feed at an address of its own.
The floor is what asyncio's own streams take to connect, send the request, read the answer and
close. Beside it the fetch as the program does it, and httpx.AsyncClient as its documentation has
it; all answers 304, and all 200 with a small document. `round` is `wirewatch poll --all` when every
server says 304, with its start and without. All take turns in one run: read the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import httpx

from benchmarks.measure import must, run, table
from benchmarks.programs import SETTINGS
from benchmarks.samples import Sample
from benchmarks.serving import serving
from feeds.fetch import fetch
from feeds.http import Client
from feeds.types import Feed, FeedError, FetchState

AT_ONCE = 64  # as many as the daemon has under way
FLOOR = "asyncio streams"
OURS = "wirewatch"
ROUND, START = "whole round", "its start"
_HEAD = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: floor\r\nConnection: close\r\n"
    "Accept: */*\r\nAccept-Encoding: gzip\r\n{condition}\r\n"
)

Ask = Callable[[str, str], Awaitable[int]]
"""Ask a URL, with an ETag or "": the status of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The median of all runs of one way to ask."""

    way: str
    answers: str  # 304 | 200
    cpu: float  # seconds per 1,000 feeds
    ratio: float  # to the floor: the median of the ratios of each run


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="fetching-") as name:
        folder = Path(name)
        with serving([_documents(options.feeds)], folder / "served") as served:
            urls = served.urls
            one_round = dict if options.asking else _rounds(folder, urls)
            one_round()  # cold
            runs = [_run(urls, one_round) for _ in range(options.runs)]
    rows = _rows(runs)
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        print(f"{options.feeds} feeds, {AT_ONCE} at a time, the median of {options.runs} runs\n")
        shown = [(row.way, row.answers, row.cpu, row.ratio) for row in rows]
        print(table(("way", "answers", "CPU s per 1,000", "times the floor"), shown))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.fetching", description="Costs of asking.")
    parser.add_argument("--feeds", type=int, default=500, help="how many are asked [500]")
    parser.add_argument("--runs", type=int, default=5, help="the median of so many is shown [5]")
    parser.add_argument("--asking", action="store_true", help="leave out the whole round")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def _documents(feeds: int) -> list[Sample]:
    """Small documents of one entry each: what is measured here is the asking."""
    return [
        Sample(body=_DOCUMENT.format(number=number).encode(), suffix=".rss")
        for number in range(feeds)
    ]


_DOCUMENT = """<rss version="2.0"><channel><title>Feed {number}</title>
<link>https://feed{number}.example/</link><description>News</description>
<item><title>Entry one of feed {number}</title><guid>https://feed{number}.example/1</guid>
<link>https://feed{number}.example/1</link><pubDate>Sun, 01 Nov 2026 12:00:00 GMT</pubDate>
<description>The mill of number {number} went back to work on Sunday.</description></item>
</channel></rss>"""


def _run(urls: Sequence[str], one_round: Callable[[], dict[str, float]]) -> dict[str, float]:
    """CPU seconds per 1,000 feeds, by way and answer."""
    return asyncio.run(_ways(urls)) | one_round()


async def _ways(urls: Sequence[str]) -> dict[str, float]:
    known = await _validators(urls)
    done: dict[str, float] = {}
    context = httpx.create_ssl_context()
    async with (
        Client(allow_private_addresses=True) as client,
        httpx.AsyncClient(verify=context) as plain,
    ):
        ways: dict[str, Ask] = {
            FLOOR: _raw,
            OURS: lambda url, etag: _ours(client, url, etag),
            "httpx.AsyncClient": lambda url, etag: _httpx(plain, url, etag),
        }
        for status, etags in ((304, known), (200, dict.fromkeys(urls, ""))):
            for way, ask in ways.items():
                done[f"{way} {status}"] = await _cost(ask, etags, status)
    return done


async def _validators(urls: Sequence[str]) -> dict[str, str]:
    async with httpx.AsyncClient(trust_env=False) as client:
        return {url: (await client.get(url)).headers["etag"] for url in urls}


async def _cost(ask: Ask, etags: dict[str, str], status: int) -> float:
    waiting = list(etags.items())

    async def worker() -> None:
        while waiting:
            if (said := await ask(*waiting.pop())) != status:
                raise SystemExit(f"an answer was {said} instead of {status}")

    began = time.process_time()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return (time.process_time() - began) * 1_000 / len(etags)


async def _raw(url: str, etag: str) -> int:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    condition = f"If-None-Match: {etag}\r\n" if etag else ""
    writer.write(_HEAD.format(path=parts.path, host=parts.netloc, condition=condition).encode())
    await writer.drain()
    answer = await reader.read(-1)
    writer.close()
    return int(answer[9:12])


async def _ours(client: Client, url: str, etag: str) -> int:
    got = await fetch(client, Feed(url=url), FetchState(etag=etag))
    return 0 if isinstance(got, FeedError) else got.http_status


async def _httpx(client: httpx.AsyncClient, url: str, etag: str) -> int:
    headers = {"Connection": "close"} | ({"If-None-Match": etag} if etag else {})
    return (await client.get(url, headers=headers)).status_code


def _rounds(folder: Path, urls: Sequence[str]) -> Callable[[], dict[str, float]]:
    settings = folder / "wirewatch.toml"
    settings.write_text(SETTINGS.format(watchlist='"dprk-civilian"'), encoding="utf-8")
    lists = {"feeds.toml": urls, "one.toml": urls[:1]}
    for name, listed in lists.items():
        feeds = (f'[[feed]]\nurl = "{url}"\nname = "{n}"\n' for n, url in enumerate(listed))
        (folder / name).write_text("".join(feeds), encoding="utf-8")
    start = [sys.executable, "-c", "from monitor.cli import main; main()"]
    command = [*start, "poll", "--all", "--no-alerts", "--config", str(settings)]
    one = folder / "one.wirewatch.toml"
    one.write_text(
        settings.read_text().replace("feeds.toml", "one.toml").replace("ours.db", "one.db")
    )

    def one_round() -> dict[str, float]:
        alone = must(run([*command[:-1], str(one)])).cpu
        whole = must(run(command)).cpu
        per = 1_000 / len(urls)
        return {
            f"{ROUND} 304": whole * per,
            f"{ROUND}, without {START} 304": (whole - alone) * per,
        }

    return one_round


def _rows(runs: Sequence[dict[str, float]]) -> list[Row]:
    rows = []
    for name in runs[0]:
        way, _, answers = name.rpartition(" ")
        floors = [one[f"{FLOOR} {answers}"] for one in runs]
        costs = [one[name] for one in runs]
        ratio = median(cost / floor for cost, floor in zip(costs, floors, strict=True))
        rows.append(Row(way=way, answers=answers, cpu=median(costs), ratio=ratio))
    return rows


if __name__ == "__main__":
    main()
