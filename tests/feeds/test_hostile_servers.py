"""Servers that want our time, our memory or our sockets: what they get is bounded."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from feeds.fetch import fetch
from feeds.types import Feed, FeedError, Fetched, FetchState
from tests.support.fetching import QUICK, both, fetched
from tests.support.servers import (
    MEBIBYTE,
    Authority,
    HttpServer,
    MuteServer,
    drip,
    drip_after,
    endless,
    gzip_zeros,
    head,
    nested_gzip,
    redirect,
    reply,
)

CHUNKED = head(200, [("Transfer-Encoding", "chunked")])
CODED = "Content-Encoding"


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def failed(server: HttpServer, **options) -> FeedError:
    got = fetched(server.url(), **options)
    assert isinstance(got, FeedError)
    return got


@both
@pytest.mark.parametrize(
    "script",
    [
        drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 99),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 99, gap=0.001),
        drip_after(head(200, [("Content-Length", "1000")])),
        drip_after(CHUNKED, b"1\r\nx\r\n" * 1_000),
        drip_after(b""),
    ],
    ids=["head", "informational", "body", "chunks", "first-byte"],
)
def test_drips_end_at_the_total_limit(http, script):
    with HttpServer(lambda request: script) as server:
        got = failed(server, http=http, limits=QUICK)
    assert got.reason == "timeout"
    assert got.message == "not done after 0.4 s"


@both
def test_silence_ends_at_the_gap(http):
    async def silence(writer):
        await asyncio.sleep(60)

    for answer in (silence, drip_after(head(200, [("Content-Length", "9")]), gap=60)):
        with HttpServer(lambda request, answer=answer: answer) as server:
            got = failed(server, http=http, limits=http.Limits(read_gap=0.2))
        assert (got.reason, got.message) == ("timeout", "nothing came for too long")


@both
@pytest.mark.parametrize("says", [b"", b"\x16\x03\x03\x40\x00" + bytes(999)], ids=["mute", "drip"])
def test_a_tls_handshake_that_never_ends_is_ended(http, says):
    with MuteServer(says) as server:
        before = open_files()
        url = f"https://127.0.0.1:{server.port}/"
        got = fetched(url, http=http, limits=http.Limits(connect=0.3))
        assert isinstance(got, FeedError)
        assert (got.reason, got.message) == ("timeout", "no connection in time")
        assert open_files() <= before + 1  # the server's own end


@both
def test_redirects_do_not_start_the_clock_anew(http):
    async def slow(writer):
        await asyncio.sleep(0.15)
        writer.write(redirect("/"))
        await writer.drain()

    with HttpServer(lambda request: slow) as server:
        got = failed(server, http=http, limits=QUICK)
    assert got.reason == "timeout"
    assert 1 < len(server.requests) < 5


@both
@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (endless(head(200), b"x" * 65_536), "too-large"),
        (endless(CHUNKED, b"10000\r\n" + b"x" * 65_536 + b"\r\n"), "too-large"),
        (endless(CHUNKED, b"1;" + b"y" * 60_000 + b"\r\nx\r\n"), "too-large"),
        (endless(CHUNKED + b"FFFFFFFF\r\n", b"x" * 65_536), "too-large"),
        (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000), "too-large"),
        (endless(CHUNKED + b"0\r\n", b"Trailer: x\r\n" * 1_000), "protocol"),
        (endless(b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 65_536 + b"\r\n"), "protocol"),
        (endless(b"", b"x" * 65_536), "protocol"),
    ],
    ids=[
        "body", "chunks", "chunk-extensions", "one-chunk", "informational", "trailers", "head",
        "status-line",
    ],
)  # fmt: skip
def test_what_never_ends_is_cut_off(http, script, reason):
    with HttpServer(lambda request: script) as server:
        got = failed(server, http=http)
    assert got.reason == reason
    assert got.wire_bytes <= 2.3 * MEBIBYTE


@both
def test_a_head_of_two_megabytes_is_refused(http):
    answer = head(200, [("X", "y" * 2 * MEBIBYTE), ("Content-Length", "0")])
    with HttpServer(lambda request: answer) as server:
        assert failed(server, http=http).reason == "protocol"


def test_a_body_that_announces_its_size_is_refused_unread():
    answer = head(200, [("Content-Length", str(10**12))])
    with HttpServer(lambda request: answer) as server:
        got = failed(server)
    assert (got.reason, got.message) == ("too-large", "more than 2 MiB announced")


def test_the_largest_body_that_passes():
    body = os.urandom(2 * MEBIBYTE)
    with HttpServer(lambda request: reply(body)) as server:
        got = fetched(server.url())
        assert isinstance(got, Fetched)
        assert got.body == body
        server.route = lambda request: reply(body + b"x", length=-1)
        assert failed(server).reason == "too-large"


BOMBS = {
    "gzip thrice": (reply(nested_gzip(2_000, 3), headers=[(CODED, "gzip, gzip, gzip")]), "coding"),
    "gzip": (reply(gzip_zeros(2_000), headers=[(CODED, "gzip")]), "too-large"),
    "200 codings": (reply(b"x", headers=[(CODED, ", ".join(["gzip"] * 200))]), "coding"),
    "200 fields": (reply(b"x", headers=[(CODED, "gzip")] * 200), "coding"),
    "brotli": (reply(b"\xcf\xff\xff\x7f\xf8" * 300, headers=[(CODED, "br")]), "coding"),
    "zstd": (reply(b"x", headers=[(CODED, "zstd")]), "coding"),
    "in a redirect": (
        reply(gzip_zeros(2_000), status=302, headers=[(CODED, "gzip"), ("Location", "/")]),
        "redirects",
    ),
    "in an error": (reply(gzip_zeros(2_000), status=500, headers=[(CODED, "gzip")]), "http"),
}

_CHILD = """
import asyncio, json, sys
from feeds.fetch import fetch
from feeds.http import Client
from feeds.types import Feed, FetchState

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

async def main(good, *bombs):
    async with Client(allow_private_addresses=True) as client:
        await fetch(client, Feed(url=good), FetchState())
        before = peak()
        answers = [await fetch(client, Feed(url=url), FetchState()) for url in bombs]
        print(json.dumps({"reasons": [getattr(a, "reason", None) for a in answers], "grown": peak() - before}))

asyncio.run(main(*sys.argv[1:]))
"""


def test_no_bomb_costs_more_than_a_hundred_mebibytes():
    """One process meets them all; VmHWM is the most memory it ever had."""
    answers = {f"/{n}": answer for n, (answer, _) in enumerate(BOMBS.values())}
    with HttpServer(lambda request: answers.get(request.target, reply(b"ok"))) as server:
        urls = [server.url(path) for path in ("/good", *answers)]
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, *urls], capture_output=True, timeout=60, check=True
        )
    seen = json.loads(done.stdout)
    assert seen["reasons"] == [
        # "/" of the redirect is a good answer of a few bytes: the bomb on the way was not read
        reason if name != "in a redirect" else None
        for name, (_, reason) in BOMBS.items()
    ]
    assert seen["grown"] < 100


@both
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_with_either_library(http, name):
    answer, reason = BOMBS[name]
    with HttpServer(lambda request: answer) as server:
        assert failed(server, http=http).reason == reason


def test_httpx_by_itself_decodes_past_any_cap():
    """The broken twin, kept small: one chunk out of `iter_bytes` is 64 times the cap."""
    import httpx

    cap = MEBIBYTE
    bomb = nested_gzip(64, 3)
    answer = reply(bomb, headers=[(CODED, "gzip, gzip, gzip")])
    with (
        HttpServer(lambda request: answer) as server,
        httpx.stream("GET", server.url(), trust_env=False) as response,
    ):
        first = next(response.iter_bytes())
    assert len(bomb) < 2_000
    assert len(first) > 50 * cap


@both
@pytest.mark.parametrize("stage", ["head", "body", "tls", "lookup"])
def test_a_cancelled_fetch_is_cancelled(http, stage):
    scripts = {"head": drip(b"HTTP/1.1 200 OK"), "body": drip_after(CHUNKED, b"1\r\nx\r\n" * 99)}

    async def main(url):
        async with http.Client(allow_private_addresses=True) as client:
            task = asyncio.create_task(fetch(client, Feed(url=url), FetchState()))
            await asyncio.sleep(0 if stage == "lookup" else 0.15)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}

    if stage == "tls":
        with MuteServer() as server:
            asyncio.run(main(f"https://127.0.0.1:{server.port}/"))
    else:
        with HttpServer(lambda request: scripts.get(stage, reply())) as server:
            asyncio.run(main(server.url()))


@both
def test_nothing_is_left_behind_by_failures(http, tmp_path):
    """No socket, and no task."""
    authority = Authority.make(tmp_path)
    routes = {
        "/long": endless(CHUNKED, b"10000\r\n" + b"x" * 65_536 + b"\r\n"),
        "/drip": drip_after(CHUNKED, b"1\r\nx\r\n" * 99),
        "/coded": reply(b"x", headers=[(CODED, "br")]),
        "/short": reply(b"x", length=9),
        "/gone": reply(status=410),
        "/loop": redirect("/loop"),
    }

    async def main(urls):
        async with http.Client(allow_private_addresses=True, limits=QUICK) as client:
            await fetch(client, Feed(url=urls[-1]), FetchState())
            before = open_files()
            feeds_ = [Feed(url=url) for url in urls * 3]
            got = await asyncio.gather(*(fetch(client, feed, FetchState()) for feed in feeds_))
            assert all(isinstance(answer, FeedError) for answer in got)
            for _ in range(50):  # until the servers have seen their connections end
                await asyncio.sleep(0.02)
                if open_files() <= before:
                    break
            assert open_files() <= before
            assert asyncio.all_tasks() == {asyncio.current_task()}

    with (
        HttpServer(lambda request: routes[request.target]) as server,
        HttpServer(lambda request: reply(), tls=authority.server("127.0.0.1")) as untrusted,
    ):
        asyncio.run(main([untrusted.url(), *(server.url(path) for path in routes)]))


STEPS = 120  # turns of the loop; a fetch from loopback takes some forty


async def cancelled_at(steps: int, fetching) -> None:
    task = asyncio.ensure_future(fetching)
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


@both
def test_a_fetch_can_be_cancelled_at_any_moment_and_leaves_no_socket(http):
    async def main(url):
        async with http.Client(allow_private_addresses=True) as client:
            await fetch(client, Feed(url=url), FetchState())
            before = open_files()
            for steps in range(STEPS):
                await cancelled_at(steps, fetch(client, Feed(url=url), FetchState()))
            for _ in range(50):  # until the server has seen its connections end
                await asyncio.sleep(0.02)
                if open_files() <= before:
                    break
            assert open_files() <= before

    with HttpServer(lambda request: reply(b"x" * 200_000)) as server:
        asyncio.run(main(server.url()))


def test_a_shared_pool_would_keep_what_is_cancelled_at_a_bad_moment():
    """The broken twin, with httpcore 1.0.9: once this fails, one pool for all may be thought of."""
    import httpx

    async def request(transport, url):
        response = await transport.handle_async_request(httpx.Request("GET", url))
        try:
            async for _ in response.aiter_raw():
                pass
        finally:
            await response.aclose()

    async def main(url):
        async with httpx.AsyncHTTPTransport(trust_env=False) as transport:
            for steps in range(STEPS):
                await cancelled_at(steps, request(transport, url))
            return [found for found in transport._pool.connections if not found.is_idle()]

    with HttpServer(lambda request: reply(b"x" * 200_000)) as server:
        assert asyncio.run(main(server.url()))
