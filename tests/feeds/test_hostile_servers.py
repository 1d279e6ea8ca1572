"""Servers that want our time, our memory or our sockets: what they get is bounded."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from feeds.fetch import fetch
from feeds.types import Feed, FeedError, Fetched, FetchState
from tests.support.bombs import BOMBS, CHUNKED, CODED, DRIPS, ENDLESS, LIES
from tests.support.fetching import QUICK, both, fetched
from tests.support.servers import (
    MEBIBYTE,
    Authority,
    HttpServer,
    MuteServer,
    drip,
    drip_after,
    endless,
    head,
    nested_gzip,
    redirect,
    reply,
)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def failed(server: HttpServer, **options) -> FeedError:
    got = fetched(server.url(), **options)
    assert isinstance(got, FeedError)
    return got


@both
@pytest.mark.parametrize("script", DRIPS.values(), ids=DRIPS)
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
@pytest.mark.parametrize(("script", "reason"), ENDLESS.values(), ids=ENDLESS)
def test_what_never_ends_is_cut_off(http, script, reason):
    with HttpServer(lambda request: script) as server:
        got = failed(server, http=http)
    assert got.reason == reason
    assert got.wire_bytes <= 2.3 * MEBIBYTE


@both
@pytest.mark.parametrize(("answer", "reason"), LIES.values(), ids=LIES)
def test_lies_are_refused(http, answer, reason):
    with HttpServer(lambda request: answer) as server:
        assert failed(server, http=http).reason == reason


def test_a_body_that_announces_its_size_is_refused_unread():
    answer, reason = LIES["a terabyte announced"]
    with HttpServer(lambda request: answer) as server:
        got = failed(server)
    assert (got.reason, got.message) == (reason, "more than 2 MiB announced")


def test_the_largest_body_that_passes():
    body = os.urandom(2 * MEBIBYTE)
    with HttpServer(lambda request: reply(body)) as server:
        got = fetched(server.url())
        assert isinstance(got, Fetched)
        assert got.body == body
        server.route = lambda request: reply(body + b"x", length=-1)
        assert failed(server).reason == "too-large"


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
